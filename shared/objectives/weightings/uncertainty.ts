import { z } from "zod";
import { exp } from "../../kernels/math.ts";
import { at, byObjective, defineWeighting, perObjective } from "../define-weighting.ts";

/**
 * Homoscedastic uncertainty: the log variance sᵢ of each objective is learned beside the model.
 *
 *     Σ ½e^{−sᵢ}·Lᵢ + ½sᵢ        wᵢ = ½e^{−sᵢ},        sᵢ ← sᵢ − rate·½(1 − e^{−sᵢ}·Lᵢ)
 *
 * Facts   the optimum is sᵢ = ln Lᵢ, where every objective adds ½ · the total may be negative: look at the objectives' own losses
 * Source  Kendall, Gal & Cipolla (2018), in the form with logarithms; s is held within ±bound
 */
export const uncertainty = defineWeighting({
  name: "uncertainty",
  summary: "Each objective counts by a learned log variance.",
  needs: "losses",
  options: z.strictObject({
    s: perObjective(z.number()).optional().describe("The first log variances; 0 each when left out."),
    lr: z.number().positive().default(0.025).describe("The rate at which s is learned, a round."),
    bound: z.number().positive().default(10).describe("s stays within ± this."),
  }),
  promises: { degree: () => 1, equivariant: ({ s }) => s === undefined },
  create: ({ s, lr, bound }, objectives) => ({
    init: () => Object.fromEntries(byObjective(s, objectives, 0)),
    step: (state: Readonly<Record<string, number>>, { names, losses }) => {
      const own = at(new Map(Object.entries(state)), names);
      const weights = own.map((value) => 0.5 * exp(-value));
      const next = { ...state };
      names.forEach((name, i) => {
        const slope = 0.5 - weights[i]! * losses[i]!;
        next[name] = Math.max(-bound, Math.min(bound, own[i]! - lr * slope));
      });
      const value = own.reduce((sum, variance, i) => sum + weights[i]! * losses[i]! + 0.5 * variance, 0);
      return { weights, value, state: next };
    },
  }),
});
