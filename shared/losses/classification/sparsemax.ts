/** Sparsemax: probabilities that are exactly 0 for classes that stay far behind, and the loss that goes with them. */
import { z } from "zod";
import {
  add,
  cumulativeSum,
  divide,
  iota,
  less,
  max,
  multiply,
  pick,
  select,
  sort,
  square,
  stopGradient,
  subtract,
  sum,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { defineLoss } from "../loss.ts";
import { labelled, oneOutputPerClass } from "./labels.ts";

/**
 * The loss whose gradient is sparsemax(z) − 1_y.
 *
 *     ℓ(z, y) = −z_y + ½·Σ_{j∈S} (z_j² − τ²) + ½,   S = {j: z_j > τ},   τ such that Σ_{j∈S} (z_j − τ) = 1
 *
 * Shapes  logits [batch, classes], labels [batch] → [batch]
 * Unit    logit
 * Facts   0 where z_y leads every other class by 1 · ∂ℓ/∂z = max(z − τ, 0) − 1_y, continuous · adding a constant to z
 *         changes nothing · second derivative diag(s) − s·sᵀ/|S| with s the indicator of S · two classes: a Huber hinge
 * When    few classes are plausible for a row, and exact zeros are welcome
 * Source  Martins & Astudillo (2016)
 */
export const sparsemax = defineLoss({
  name: "sparsemax",
  version: 1,
  unit: "row",
  sparse: true,
  measure: "logit",
  inputs: labelled,
  outputs: oneOutputPerClass,
  options: z.strictObject({}),
  perExample: ({ prediction, target }) => {
    const logits = subtract(prediction, stopGradient(max(prediction, -1, { keepAxis: true }))); // squares of what is small
    const { threshold, support } = thresholdOf(logits);
    const squares = sum(select(support, subtract(square(logits), square(threshold)), 0), -1);
    return add(subtract(multiply(0.5, squares), pick(logits, target)), 0.5);
  },
});

/** τ [batch, 1], and 1 where a class is in S [batch, classes]. The k largest are in S while 1 + k·z₍ₖ₎ > Σ_{j≤k} z₍ⱼ₎. */
function thresholdOf(logits: Node): { readonly threshold: Node; readonly support: Node } {
  const along = { keepAxis: true };
  const sorted = sort(stopGradient(logits), { descending: true });
  const place = add(iota(logits.shape), 1);
  const running = cumulativeSum(sorted);
  const within = less(running, add(1, multiply(place, sorted)));
  const size = sum(within, -1, along);
  const found = divide(subtract(sum(select(within, sorted, 0), -1, along), 1), size);
  const support = less(found, logits);
  return {
    support,
    threshold: divide(subtract(sum(select(support, logits, 0), -1, along), 1), sum(support, -1, along)),
  };
}
