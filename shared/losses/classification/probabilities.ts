/** Losses on probabilities: given as such, given by their logarithms, or squared. */
import { z } from "zod";
import {
  add,
  constant,
  gather,
  lessEqual,
  log,
  log1p,
  maximum,
  multiply,
  negate,
  oneHot,
  pick,
  select,
  softmax,
  square,
  stopGradient,
  subtract,
  sum,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { labelled, oneEntryPerClass, oneOutputPerClass, splitIgnored } from "./labels.ts";

/** Below this p(1 − p) the slope of bce no longer grows: 10⁻¹² as float32 holds it, which is what PyTorch divides by. */
const LEAST_VARIANCE = 9.999999960041972e-13;

/**
 * Binary cross-entropy on probabilities.
 *
 *     ℓ(p, y) = −y·max(log p, −100) − (1 − y)·max(log(1 − p), −100)
 *
 * Shapes  probabilities p in [0, 1] and targets y [batch] or [batch, …]; each element is a unit
 * Unit    nats
 * Facts   ∂ℓ/∂p = (p − y)/max(p(1 − p), 10⁻¹²) · p = 0, y = 1 → 100, slope −10¹² · p = y → 0, slope 0
 * When    the model gives probabilities and nothing else. With logits at hand bce-with-logits is exact everywhere
 */
export const bce = defineLoss({
  name: "bce",
  version: 1,
  unit: "element",
  measure: "nats",
  inputs: { prediction: fromModel("probability", ["batch", "…"]), target: fromData("binary", ["batch", "…"]) },
  options: z.strictObject({}),
  perExample: ({ prediction: p, target: y }) => {
    const inside = lessEqual(LEAST_VARIANCE, multiply(p, subtract(1, p)));
    const steepest = multiply(1 / LEAST_VARIANCE, subtract(p, y));
    const nothing = subtract(p, stopGradient(p)); // 0 with slope 1: it carries the slope that the edge is given
    const edge = add(stopGradient(clampedEntropy(p, y)), multiply(stopGradient(steepest), nothing));
    return select(inside, clampedEntropy(select(inside, p, 0.5), y), edge);
  },
});

function clampedEntropy(p: Node, y: Node): Node {
  const surprise = (logarithm: Node): Node => negate(maximum(logarithm, -100));
  return add(multiply(y, surprise(log(p))), multiply(subtract(1, y), surprise(log1p(negate(p)))));
}

/**
 * Negative log-likelihood of log-probabilities.
 *
 *     ℓ(p, y) = −w_y·p_y        c(y) = w_y
 *
 * Shapes  log-probabilities [batch, classes], labels [batch] → [batch]
 * Unit    nats
 * Facts   after a log-softmax it is softmax-cross-entropy · ∂ℓ/∂p = −w_y at y, 0 elsewhere
 * Options classWeights w, in the numerator and the denominator. @default 1 each
 *         ignoreIndex: rows with this label leave both. @default -100
 * When    the model ends in log-probabilities. With logits at hand softmax-cross-entropy does both in one
 */
export const nll = defineLoss({
  name: "nll",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: { prediction: fromModel("log-distribution", ["batch", "classes"]), target: labelled.target },
  outputs: oneOutputPerClass,
  misfit: ({ classWeights }, { classes }) => oneEntryPerClass({ classWeights }, classes),
  options: z.strictObject({
    classWeights: z.array(z.number().min(0)).min(2).optional(),
    ignoreIndex: z.int().default(-100),
  }),
  perExample: ({ prediction, target }, { classWeights, ignoreIndex }) => {
    const { ignored, known } = splitIgnored(target, ignoreIndex);
    const plain = negate(pick(prediction, known));
    if (classWeights === undefined) return { value: plain, ignored };
    const weight = gather(constant(classWeights, [classWeights.length]), known);
    return { value: multiply(weight, plain), normalizer: weight, ignored };
  },
});

/**
 * The squared error of a row of probabilities.
 *
 *     ℓ(z, y) = Σ_c (p_c − 1[c = y])²,   p = softmax(z)
 *
 * Shapes  logits [batch, classes], labels [batch] → [batch]
 * Unit    probability, squared
 * Facts   between 0 and 2 · equal logits → 1 − 1/classes · ∂ℓ/∂z_j = 2p_j·(g_j − Σ_k p_k·g_k), g = p − 1_y
 * When    calibrated probabilities are wanted, and a confident mistake should not cost without limit
 * Source  Brier (1950)
 */
export const brier = defineLoss({
  name: "brier",
  version: 1,
  unit: "row",
  measure: "probability²",
  inputs: labelled,
  outputs: oneOutputPerClass,
  options: z.strictObject({}),
  perExample: ({ prediction, target }) =>
    sum(square(subtract(softmax(prediction), oneHot(target, prediction.shape[1]!))), -1),
});
