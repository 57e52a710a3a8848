import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";
import { shortestInHull } from "../solvers/simplex-quadratic.ts";

/**
 * Multiple gradient descent: the shortest vector in the convex hull of the gradients, solved exactly.
 *
 *     min ‖Jᵀw‖²  on the simplex
 *
 * Facts   J = [[−4,1,1],[6,1,1]]: w = (.6, .4), d = (0, 1, 1) · ⟨gᵢ, d⟩ ≥ ‖d‖² for every i · d = 0 exactly where the point is
 *         Pareto-stationary
 * Source  Désidéri (2012); Sener & Koltun (2018) for networks. No weight is clamped
 */
export const mgda = defineWeighting({
  name: "mgda",
  summary: "The shortest vector in the convex hull of the gradients.",
  needs: "gramian",
  options: z.strictObject({}),
  promises: { nonConflicting: () => true, degree: () => 1 },
  create: () => ({
    init: () => null,
    step: (state, { gramian }) => ({ weights: shortestInHull(gramian), state }),
  }),
});
