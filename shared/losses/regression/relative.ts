/** Losses of errors that are relative: to the target, to its order of magnitude, or to the lengths of two vectors. */
import { z } from "zod";
import { abs, divide, log1p, maximum, multiply, normalize, relu, square, subtract, sum } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { errorOf, inputs } from "./error.ts";

/**
 * Absolute error in percent of the target.
 *
 *     ℓ(p, y) = 100·|e| / max(|y|, ε)
 *
 * Unit    percent
 * Facts   0 at p = y · ∂ℓ/∂p = 100·sign e / max(|y|, ε), and 0 at e = 0 · targets near 0 weigh most
 * Option  eps ε > 0, in units of the target: what divides for targets nearer to 0. @default 1e-7
 * When    targets are positive, far from 0, and of many sizes
 */
export const mape = defineLoss({
  name: "mape",
  version: 1,
  unit: "element",
  measure: "percent",
  inputs,
  options: z.strictObject({ eps: z.number().positive().default(1e-7) }),
  perExample: (batch, { eps }) => multiply(100, divide(abs(errorOf(batch)), maximum(abs(batch.target), eps))),
});

/**
 * Squared error of logarithms: an error of one order of magnitude costs the same at any size.
 *
 *     ℓ(p, y) = (log(1 + max(p, 0)) − log(1 + max(y, 0)))²
 *
 * Unit    nats, squared
 * Facts   0 at p = y · ∂ℓ/∂p = 2Δ/(1 + p) for p > 0, and 0 for p ≤ 0: a head that has fallen below 0 does not come back
 * When    sizes, prices, durations: the ratio matters. Or train mse on a target with `transform: log1p`
 */
export const msle = defineLoss({
  name: "msle",
  version: 1,
  unit: "element",
  measure: "nats²",
  inputs: { prediction: inputs.prediction, target: fromData("non-negative", ["batch", "…"]) },
  kinks: [0],
  options: z.strictObject({}),
  perExample: ({ prediction, target }) => {
    const size = (x: Node): Node => log1p(relu(x));
    return square(subtract(size(prediction), size(target)));
  },
});

/**
 * One minus the cosine of the angle between two vectors.
 *
 *     ℓ(p, y) = 1 − ⟨p, y⟩ / (‖p‖·‖y‖)
 *
 * Shapes  prediction and target [batch, dimensions] → [batch]
 * Unit    cosine
 * Facts   0 for parallel, 1 for orthogonal, 2 for opposite vectors · does not change with the length of either ·
 *         a zero vector has the cosine 0 and the gradient 0 · ∂ℓ/∂p = −(I − uuᵀ)v / ‖p‖ with u, v of length 1
 * When    only the direction matters: embeddings
 */
export const cosineDistance = defineLoss({
  name: "cosine-distance",
  version: 1,
  unit: "row",
  measure: "cosine",
  inputs: {
    prediction: fromModel("real", ["batch", "dimensions"]),
    target: fromData("real", ["batch", "dimensions"]),
  },
  outputs: () => "any",
  options: z.strictObject({}),
  perExample: ({ prediction, target }) => subtract(1, sum(multiply(normalize(prediction), normalize(target)), -1)),
});
