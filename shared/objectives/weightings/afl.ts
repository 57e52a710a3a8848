import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";
import { projectOnSimplex } from "../solvers/simplex-quadratic.ts";

/**
 * Agnostic: an adversary on the simplex, who climbs towards the worst mixture of the objectives.
 *
 *     λ ← Π(λ + rate·L),        w = λ        λ = 1/m at first
 *
 * Facts   rate .1, losses (1, 2, 4): (.2, .3, .5)
 * Source  Mohri, Sivek & Suresh (2019), with objectives in the place of clients
 */
export const afl = defineWeighting({
  name: "afl",
  summary: "An adversary climbs towards the worst mixture.",
  needs: "losses",
  options: z.strictObject({ lr: z.number().positive().default(0.1) }),
  promises: { degree: () => 1 },
  create: ({ lr }, objectives) => ({
    init: () => Object.fromEntries(objectives.map((name) => [name, 1 / objectives.length])),
    step: (state: Readonly<Record<string, number>>, { names, losses }) => {
      const weights = projectOnSimplex(losses.map((loss, i) => state[names[i]!]! + lr * loss));
      return { weights, state: { ...state, ...Object.fromEntries(names.map((name, i) => [name, weights[i]!])) } };
    },
  }),
});
