import { z } from "zod";
import { exp } from "../../kernels/math.ts";
import { at, byObjective, defineWeighting, perObjective } from "../define-weighting.ts";

/**
 * Impartial losses: a learned scale makes every scaled loss 1.
 *
 *     Σ e^{sᵢ}·Lᵢ − sᵢ        wᵢ = e^{sᵢ},        sᵢ ← sᵢ − rate·(e^{sᵢ}·Lᵢ − 1)
 *
 * Facts   at rest s = −ln L, every wᵢLᵢ = 1 · losses must be above 0
 * Source  Liu et al. (2021), IMTL-L; s is held within ±bound
 */
export const imtlL = defineWeighting({
  name: "imtl-l",
  summary: "A learned scale makes every scaled loss 1.",
  needs: "losses",
  options: z.strictObject({
    s: perObjective(z.number()).optional().describe("The first log scales; 0 each when left out."),
    lr: z.number().positive().default(0.025),
    bound: z.number().positive().default(10).describe("s stays within ± this."),
  }),
  promises: { degree: () => 1, losses: "positive", equivariant: ({ s }) => s === undefined },
  create: ({ s, lr, bound }, objectives) => ({
    init: () => Object.fromEntries(byObjective(s, objectives, 0)),
    step: (state: Readonly<Record<string, number>>, { names, losses }) => {
      const own = at(new Map(Object.entries(state)), names);
      const weights = own.map((value) => exp(value));
      const next = { ...state };
      names.forEach((name, i) => {
        next[name] = Math.max(-bound, Math.min(bound, own[i]! - lr * (weights[i]! * losses[i]! - 1)));
      });
      const value = own.reduce((sum, scale, i) => sum + weights[i]! * losses[i]! - scale, 0);
      return { weights, value, state: next };
    },
  }),
});
