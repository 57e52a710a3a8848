/**
 * Losses on real targets. Shapes: prediction and target [batch] or [batch, …], alike; each element is a unit. e = p − y.
 * Here are the two everyone begins with; the others stand by what they are for: errors that must not rule (`robust.ts`,
 * `barron.ts`), quantiles (`quantiles.ts`), relative errors (`relative.ts`), counts (`counts.ts`), densities (`densities.ts`).
 */
import { z } from "zod";
import { abs, multiply, square } from "../../graph/build.ts";
import { defineLoss } from "../loss.ts";
import { adaptiveBarron } from "./adaptive-barron.ts";
import { barron } from "./barron.ts";
import { negativeBinomial, poissonNll, tweedie } from "./counts.ts";
import { gammaNll, gaussianNll } from "./densities.ts";
import { errorOf, inputs } from "./error.ts";
import { expectile, multiQuantile, quantile } from "./quantiles.ts";
import { cosineDistance, mape, msle } from "./relative.ts";
import { huber, logCosh, smoothL1 } from "./robust.ts";

/**
 * Squared error.
 *
 *     ℓ(p, y) = e²        half: e²/2
 *
 * Unit    the target's, squared
 * Facts   0 at p = y · symmetric in e · half ≡ ½ · ℓ · ∂ℓ/∂p = 2e (half: e)
 * Option  half: the ½ of textbooks, which turns the slope 2e into e. @default false
 * When    the mean of the target is wanted, and errors are about equally large everywhere
 */
export const mse = defineLoss({
  name: "mse",
  version: 1,
  unit: "element",
  measure: "target²",
  inputs,
  options: z.strictObject({ half: z.boolean().default(false) }),
  perExample: (batch, { half }) => {
    const squared = square(errorOf(batch));
    return half ? multiply(0.5, squared) : squared;
  },
});

/**
 * Absolute error.
 *
 *     ℓ(p, y) = |e|
 *
 * Unit    the target's
 * Facts   0 at p = y · symmetric in e · ∂ℓ/∂p = sign e, and 0 at e = 0
 * When    the median is wanted, or a few targets are far off
 */
export const mae = defineLoss({
  name: "mae",
  version: 1,
  unit: "element",
  measure: "target",
  inputs,
  options: z.strictObject({}),
  perExample: (batch) => abs(errorOf(batch)),
});

/** The losses on real targets, by name. */
export const regressionLosses = {
  mse,
  mae,
  huber,
  "smooth-l1": smoothL1,
  "log-cosh": logCosh,
  barron,
  "adaptive-barron": adaptiveBarron,
  quantile,
  "multi-quantile": multiQuantile,
  expectile,
  mape,
  msle,
  "cosine-distance": cosineDistance,
  "poisson-nll": poissonNll,
  "negative-binomial": negativeBinomial,
  tweedie,
  "gaussian-nll": gaussianNll,
  "gamma-nll": gammaNll,
} as const;
