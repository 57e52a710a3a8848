import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";
import { fairRoot } from "./fair-root.ts";

/**
 * α-fair gains: the direction that maximizes Σ ⟨gᵢ, d⟩^{1−α}/(1−α), the fairness of resource allocation.
 *
 *     Gw = w^{−1/α},        d = Jᵀw
 *
 * Facts   α = 1 is Nash-MTL · α → ∞: the least gain is maximized · J = [[−4,1,1],[6,1,1]], α = 2: w = (.4713629, .3194542)
 * Undefined at Pareto-stationary points: weights 0, status "stationary".
 * Source  Ban & Ji (2024), equation 6
 */
export const fairgrad = defineWeighting({
  name: "fairgrad",
  summary: "Maximizes α-fair gains.",
  needs: "gramian",
  options: z.strictObject({ alpha: z.number().positive().max(100).default(2) }),
  promises: { nonConflicting: () => true, degree: ({ alpha }) => 1 - (2 * alpha) / (1 + alpha) },
  create: ({ alpha }) => ({
    init: () => null,
    step: (state, { gramian }) => {
      const weights = fairRoot(gramian, alpha);
      return weights === undefined
        ? { weights: new Float64Array(gramian.length), state, status: "stationary" as const }
        : { weights, state };
    },
  }),
});
