/** Losses whose best constant is not the mean: tilted absolute values and tilted squares. e = p − y. */
import { z } from "zod";
import { add, constant, multiply, negate, relu, slice, square, subtract, sum, unsqueeze } from "../../graph/build.ts";
import { fromData, fromModel } from "../inputs.ts";
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

/**
 * Several quantiles at once: the mean of their pinball losses, and what crossing costs.
 *
 *     ℓ(p, y) = (1/K)·Σ_k [q_k·max(y − p_k, 0) + (1 − q_k)·max(p_k − y, 0)] + κ·Σ_k max(p_k − p_{k+1}, 0)
 *
 * Shapes  prediction [batch, quantiles], one output for each q in ascending order, target [batch] → [batch]
 * Unit    the target's
 * Facts   one q is quantile · κ = 0: the quantiles are learned independently · many q with κ = 0: half the continuous ranked
 *         probability score · slope 0 where p_k = y, and where two neighbours are equal
 * Options quantiles: ascending, each in (0, 1). @default [0.1, 0.5, 0.9]
 *         crossing κ ≥ 0: a quantile above the next one is pulled back. @default 0
 * When    an interval, or a rough distribution, is wanted of one model
 * Source  Koenker & Bassett (1978); Bondell, Reich & Wang (2010) on crossing
 */
export const multiQuantile = defineLoss({
  name: "multi-quantile",
  version: 1,
  unit: "row",
  measure: "target",
  inputs: { prediction: fromModel("real", ["batch", "quantiles"]), target: fromData("real", ["batch"]) },
  outputs: (_target, { quantiles }) => quantiles.length,
  options: z.strictObject({
    quantiles: z
      .array(z.number().gt(0).lt(1))
      .min(1)
      .refine((list) => list.every((q, k) => k === 0 || list[k - 1]! < q), { error: "expected ascending quantiles" })
      .default([0.1, 0.5, 0.9]),
    crossing: z.number().min(0).default(0),
  }),
  perExample: ({ prediction, target }, { quantiles, crossing }) => {
    const q = constant(quantiles, [quantiles.length]);
    const e = subtract(prediction, unsqueeze(target, -1));
    const pinballs = add(multiply(q, relu(negate(e))), multiply(subtract(1, q), relu(e)));
    const plain = multiply(1 / quantiles.length, sum(pinballs, -1));
    if (crossing === 0 || quantiles.length === 1) return plain;
    const steps = quantiles.length - 1;
    const falls = relu(subtract(slice(prediction, -1, 0, steps), slice(prediction, -1, 1, steps)));
    return add(plain, multiply(crossing, sum(falls, -1)));
  },
});
