import { z } from "zod";
import { add, multiply, square, sum, tanh, unsqueeze } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { defineLoss } from "../loss.ts";
import { errorOf, inputs } from "../regression/error.ts";

/** Weights of the hidden units: steps of one, two, … in turn, so that no two units are alike. */
const steepness = (hidden: number): number[] => Array.from({ length: hidden }, (_, h) => 1 + (h >> 1));
/** Where they bend: left and right of 0 in turn, further and further out. */
const bends = (hidden: number): number[] =>
  Array.from({ length: hidden }, (_, h) => (h % 2 === 0 ? 1 : -1) * (1 + (h >> 1)));

/**
 * A small network as a loss: half the squared error, and a correction of prediction and target that validation writes.
 *
 *     ℓ(p, y) = ½(p − y)² + Σ_h a_h·tanh(u_h·p + v_h·y + b_h)
 *
 * Shapes  prediction, target [batch, …]; parameters: a, u, v, b [hidden]
 * Unit    the target's, squared
 * Facts   begins as mse with half: every a is 0, u = −v · |correction| ≤ Σ|a|, so what is learned is bounded · may be below 0
 * Option  hidden: how many units. @default 6
 * When    what is wanted in the end has no loss to descend, or the training targets are wrong in a way that no named loss
 *         knows. Standardize the target: tanh bends where p and y are of order 1.
 * Source  Bechtle et al. (2021)
 */
export const networkLoss = defineLoss({
  name: "network-loss",
  version: 1,
  unit: "element",
  measure: "target²",
  inputs,
  options: z.strictObject({ hidden: z.int().min(1).max(64).default(6) }),
  parameters: ({ hidden }) => ({
    a: { shape: [hidden], initial: 0 },
    u: { shape: [hidden], initial: steepness(hidden) },
    v: { shape: [hidden], initial: steepness(hidden).map((weight) => -weight) },
    b: { shape: [hidden], initial: bends(hidden) },
  }),
  learnedBy: "validation",
  perExample: (batch) => {
    const [a, u, v, b] = ["a", "u", "v", "b"].map((name) => batch[name]!) as [Node, Node, Node, Node];
    const [p, y] = [batch.prediction, batch.target].map((x) => unsqueeze(x, -1)) as [Node, Node];
    const units = tanh(add(add(multiply(u, p), multiply(v, y)), b));
    return add(multiply(0.5, square(errorOf(batch))), sum(multiply(a, units), -1));
  },
});
