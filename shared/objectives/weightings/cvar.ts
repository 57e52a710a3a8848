import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";

/**
 * The mean of the worst share of the objectives.
 *
 *     k = fraction·m        weights 1/k for the ⌊k⌋ largest losses, the rest of 1 for the next; the first of a tie goes first
 *
 * Facts   top half of (1, 2, 4): 10/3, weights (0, ⅓, ⅔) · fraction 1: the mean
 * Source  Rockafellar & Uryasev (2000)
 */
export const cvar = defineWeighting({
  name: "cvar",
  summary: "The mean of the worst share of the objectives.",
  needs: "losses",
  options: z.strictObject({ fraction: z.number().gt(0).max(1).default(0.5) }),
  promises: { degree: () => 1 },
  create: ({ fraction }) => ({
    init: () => null,
    step: (state, { losses }) => {
      const counted = Math.max(fraction * losses.length, 1);
      const weights = new Float64Array(losses.length);
      const order = Array.from(losses, (_, i) => i).sort((i, j) => losses[j]! - losses[i]! || i - j);
      let left = counted;
      for (const i of order) {
        const taken = Math.max(0, Math.min(1, left));
        weights[i] = taken / counted;
        left -= 1;
      }
      return { weights, value: weights.reduce((sum, weight, i) => sum + weight * losses[i]!, 0), state };
    },
  }),
});
