import { z } from "zod";
import { exp, log } from "../../kernels/math.ts";
import { defineLoss } from "../loss.ts";
import { errorOf, inputs } from "../regression/error.ts";
import { divide, exp as expOf, multiply } from "../../graph/build.ts";
import { alphaLogitOf, alphaOf, barronOf } from "../regression/adaptive-barron.ts";

/** c² stays within e^±40. */
const widest = exp(20);

/**
 * Barron's loss whose α and c are tuned by validation.
 *
 *     ℓ(p, y) = c²·(b/α)·((q/b + 1)^(α/2) − 1),   q = (e/c)², b = 2 − α
 *
 * Unit    the target's, squared
 * Facts   c²·barron(α, c), so that near 0 it is e²/2 whatever α and c: they say what becomes of large errors, not how fast the
 *         model learns · α = 0.001 + 1.998·σ(alphaLogit), c = exp(logC); one value each, of all clients
 * Options alpha in [0.01, 1.99]: where α begins. @default 1
 *         c > 0, in units of the target: where c begins. @default 1
 * When    outliers that validation rows do not have, or a validation loss that is what is wanted in the end. Where both have
 *         the same outliers, adaptive-barron learns α and c from the errors themselves.
 * Source  Barron (2019) for the loss; Bechtle et al. (2021) for the tuning
 */
export const tunedBarron = defineLoss({
  name: "tuned-barron",
  version: 1,
  unit: "element",
  measure: "target²",
  inputs,
  options: z.strictObject({
    alpha: z.number().min(0.01).max(1.99).default(1),
    c: z
      .number()
      .min(1 / widest)
      .max(widest)
      .default(1),
  }),
  parameters: ({ alpha, c }) => ({
    alphaLogit: { shape: [], initial: alphaLogitOf(alpha) },
    logC: { shape: [], initial: log(c) },
  }),
  learnedBy: "validation",
  perExample: (batch) => {
    const c = expOf(batch["logC"]!);
    return multiply(multiply(c, c), barronOf(divide(errorOf(batch), c), alphaOf(batch["alphaLogit"]!)));
  },
});
