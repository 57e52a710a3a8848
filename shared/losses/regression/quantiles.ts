/** Losses whose best constant is not the mean: tilted absolute values and tilted squares. e = p − y. */
import { z } from "zod";
import { add, multiply, negate, relu, square } from "../../graph/build.ts";
import { defineLoss } from "../loss.ts";
import { errorOf, inputs } from "./error.ts";

/**
 * The pinball loss of the q-quantile.
 *
 *     ℓ(p, y) = q·max(−e, 0) + (1 − q)·max(e, 0)
 *
 * Unit    the target's
 * Facts   q = ½ is ½·mae · minimal at the q-quantile of y · ∂ℓ/∂p = −q below y, 1 − q above, 0 at e = 0
 * Option  q in (0, 1): the share of targets that should lie below p. @default 0.5
 * When    a bound that holds with a probability is wanted: one head for q = .05, one for q = .95
 * Source  Koenker & Bassett (1978)
 */
export const quantile = defineLoss({
  name: "quantile",
  version: 1,
  unit: "element",
  measure: "target",
  inputs,
  kinks: [0],
  options: z.strictObject({ q: z.number().gt(0).lt(1).default(0.5) }),
  perExample: (batch, { q }) => {
    const e = errorOf(batch);
    return add(multiply(q, relu(negate(e))), multiply(1 - q, relu(e)));
  },
});

/**
 * The tilted square of the τ-expectile.
 *
 *     ℓ(p, y) = τ·max(−e, 0)² + (1 − τ)·max(e, 0)²
 *
 * Unit    the target's, squared
 * Facts   τ = ½ is ½·mse · minimal at the τ-expectile of y · ∂ℓ/∂p = −2τ|e| below y, 2(1 − τ)e above, continuous
 * Option  tau in (0, 1): how much falling short costs. @default 0.5
 * When    like quantile, but the size of the shortfall matters, not only how often it happens
 * Source  Newey & Powell (1987)
 */
export const expectile = defineLoss({
  name: "expectile",
  version: 1,
  unit: "element",
  measure: "target²",
  inputs,
  options: z.strictObject({ tau: z.number().gt(0).lt(1).default(0.5) }),
  perExample: (batch, { tau }) => {
    const e = errorOf(batch);
    return add(multiply(tau, square(relu(negate(e)))), multiply(1 - tau, square(relu(e))));
  },
});
