import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";
import { fairRoot } from "./fair-root.ts";

/**
 * The Nash bargaining solution: the direction that maximizes the product of all gains.
 *
 *     Gα = 1/α,        d = Jᵀα
 *
 * Facts   ‖d‖² = m · no scale of any row matters to the direction's gains: wᵢ⟨gᵢ, d⟩ = 1 · J = [[−4,1,1],[6,1,1]]:
 *         α = (.5914612, .4070715)
 * Undefined at Pareto-stationary points: weights 0, status "stationary".
 * Source  Navon et al. (2022), equation 2, solved to rounding by Newton's method on ½αᵀGα − Σ ln α
 */
export const nashMtl = defineWeighting({
  name: "nash-mtl",
  summary: "Maximizes the product of all gains.",
  needs: "gramian",
  options: z.strictObject({
    normalize: z.boolean().default(false).describe("Whether the direction has length 1 instead of √m."),
    maxNorm: z.number().positive().optional().describe("A longer direction is shortened to this length."),
  }),
  promises: { nonConflicting: () => true, degree: () => 0 },
  create: ({ normalize, maxNorm }) => ({
    init: () => null,
    step: (state, { gramian }) => {
      const alpha = fairRoot(gramian, 1);
      if (alpha === undefined)
        return { weights: new Float64Array(gramian.length), state, status: "stationary" as const };
      const length = Math.sqrt(gramian.length); // ‖d‖² = αᵀGα = m
      const shrink = normalize ? 1 / length : Math.min(1, (maxNorm ?? Infinity) / length);
      return { weights: alpha.map((value) => value * shrink), state };
    },
  }),
});
