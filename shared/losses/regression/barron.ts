/** Barron's family: one loss with a knob from squares to something that ignores outliers altogether. */
import { z } from "zod";
import { expm1, log1p, multiply, negate, square } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { defineLoss } from "../loss.ts";
import { errorOf, inputs } from "./error.ts";

/**
 * Barron's general robust loss.
 *
 *     ℓ(p, y) = (b/α)·((q/b + 1)^(α/2) − 1),   q = (e/c)²,   b = |α − 2|
 *     α = 2: q/2        α = 0: log(1 + q/2)        α = −∞: 1 − e^(−q/2)
 *
 * Unit    none: errors are in units of c
 * Facts   α = 2, c = 1 is mse with half · α = 1: Charbonnier, smooth mae · 0: Cauchy · −2: Geman–McClure · −∞: Welsch ·
 *         grows with |e| and with α · q/2 near 0 for every α · ∂ℓ/∂p = (e/c²)·(q/b + 1)^(α/2 − 1) ·
 *         |∂ℓ/∂p| ≤ |e|/c² for α ≤ 2, and ≤ 1/c for α ≤ 1
 * Options alpha ≤ 8, or "-Infinity": the lower, the less an outlier counts. @default 1
 *         c > 0, in units of the target: how large an ordinary error is. @default 1
 * When    outliers of unknown weight: try α = 1, 0, −2; for α < 1 it is not convex, so start from a fitted model
 * Source  Barron (2019)
 */
export const barron = defineLoss({
  name: "barron",
  version: 1,
  unit: "element",
  measure: "c²",
  inputs,
  options: z.strictObject({
    alpha: z.union([z.number().max(8), z.literal("-Infinity")]).default(1),
    c: z.number().positive().default(1),
  }),
  perExample: (batch, { alpha, c }) => barronOf(square(multiply(1 / c, errorOf(batch))), alpha),
});

/** ℓ of q = (e/c)². */
function barronOf(q: Node, alpha: number | "-Infinity"): Node {
  if (alpha === "-Infinity") return negate(expm1(multiply(-0.5, q)));
  if (alpha === 2) return multiply(0.5, q);
  if (alpha === 0) return log1p(multiply(0.5, q));
  const b = Math.abs(alpha - 2);
  return multiply(b / alpha, expm1(multiply(alpha / 2, log1p(multiply(1 / b, q)))));
}
