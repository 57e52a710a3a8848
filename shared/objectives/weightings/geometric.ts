import { z } from "zod";
import { exp, log } from "../../kernels/math.ts";
import { defineWeighting } from "../define-weighting.ts";
import { mustBePositive } from "../positive.ts";

/**
 * The geometric mean of the losses, in logarithms.
 *
 *     exp(1/m·Σ ln Lᵢ)        wᵢ = value/(m·Lᵢ)
 *
 * Facts   (1, 2, 4): value 2, weights (⅔, ⅓, ⅙) · wᵢLᵢ is the same for all: no objective's scale matters
 * Throws  "invalid-option" for a loss that is not above 0
 * Source  Chennupati et al. (2019), GLS
 */
export const geometric = defineWeighting({
  name: "geometric",
  summary: "The geometric mean of the losses.",
  needs: "losses",
  options: z.strictObject({}),
  promises: { degree: () => 1, losses: "positive" },
  create: () => ({
    init: () => null,
    step: (state, { names, losses }) => {
      mustBePositive("geometric", names, losses);
      const value = exp(losses.reduce((sum, loss) => sum + log(loss), 0) / losses.length);
      return { weights: losses.map((loss) => value / (losses.length * loss)), value, state };
    },
  }),
});
