import { z } from "zod";
import { log } from "../../kernels/math.ts";
import { defineWeighting } from "../define-weighting.ts";
import { logSumExp, softmax } from "../softmax.ts";

/**
 * Tilted risk: towards the worst objective for t > 0, away from it for t < 0.
 *
 *     (ln Σ e^{tLᵢ} − ln m)/t        slopes softmax(tL)        t = 0: the mean
 *
 * Facts   (1, 2, 4): t = −1 1.7496000719, t = 1 3.0712337309 · t → ∞: the maximum
 * Source  Li, Beirami, Sanjabi & Smith (2021), TERM
 */
export const term = defineWeighting({
  name: "term",
  summary: "Tilted towards the worst objective, or away from it.",
  needs: "losses",
  options: z.strictObject({ t: z.number().default(1).describe("The tilt, in 1/unit of the losses.") }),
  promises: { degree: () => 1 },
  create: ({ t }) => ({
    init: () => null,
    step: (state, { losses }) => {
      const m = losses.length;
      if (t === 0)
        return { weights: losses.map(() => 1 / m), value: losses.reduce((sum, loss) => sum + loss, 0) / m, state };
      const logits = losses.map((loss) => t * loss);
      return { weights: softmax(logits), value: (logSumExp(logits, log) - log(m)) / t, state };
    },
  }),
});
