/** Softmax cross-entropy over classes, given as indices, one-hot rows or soft rows. */
import { z } from "zod";
import {
  add,
  constant,
  equal,
  gather,
  logSumExp,
  multiply,
  or,
  select,
  softmaxCrossEntropy as fused,
  square,
  subtract,
  sum,
  takeLast,
  toIndex,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData } from "../inputs.ts";
import { defineLoss, mustAgree, type Units } from "../loss.ts";
import { labelled, oneEntryPerClass, oneOutputPerClass } from "./labels.ts";

const optionsSchema = z.strictObject({
  classWeights: z.array(z.number().min(0)).min(2).optional(),
  ignoreIndex: z.int().default(-100),
  labelSmoothing: z.number().min(0).lt(1).default(0),
  zLoss: z.number().min(0).default(0),
  classMask: z
    .array(z.boolean())
    .min(2)
    .refine((mask) => mask.some(Boolean), { error: "expected at least one class that takes part" })
    .optional(),
});
type Options = z.output<typeof optionsSchema>;

/**
 * Softmax cross-entropy.
 *
 *     ℓ(z, t) = (1−ε) Σ_c t_c·w_c·(LSE − z_c) + (ε/C) Σ_c w_c·(LSE − z_c) + ζ·(Σ_c t_c·w_c)·LSE²,   LSE = log Σ_c exp z_c
 *     c(t) = Σ_c t_c·w_c          for an index y: t = onehot(y), so w_y
 *
 * Shapes  logits [batch, classes], labels [batch] (index) or rows that sum to 1 [batch, classes] (real) → [batch]
 * Unit    nats
 * Facts   equal logits → ln(classes) · z_y ≫ the rest → 0 · finite at ±10⁴ · index ≡ one-hot ≡ soft ·
 *         two classes ≡ bce on z₁ − z₀ · ∂ℓ/∂z = softmax(z) − t (w = 1, ε = ζ = 0), which sums to 0
 * Options classWeights w, in the numerator and the denominator. @default 1 each
 *         ignoreIndex: rows with this label leave both. @default -100
 *         labelSmoothing ε in [0, 1), over the C classes that are not masked. @default 0
 *         zLoss ζ ≥ 0 keeps LSE near 0. @default 0
 *         classMask: classes marked false leave LSE, targets and smoothing; a row labelled with one is ignored. @default all
 * When    one class in many; its scores are probabilities. The first choice
 * Source  Goodfellow, Bengio & Courville, Deep Learning (2016), §6.2.2.3; Szegedy et al. (2016) for ε
 */
export const softmaxCrossEntropy = defineLoss({
  name: "softmax-cross-entropy",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: { ...labelled, target: [labelled.target, fromData("distribution", ["batch", "classes"])] },
  outputs: oneOutputPerClass,
  misfit: ({ classWeights, classMask }, { classes }) => oneEntryPerClass({ classWeights, classMask }, classes),
  options: optionsSchema,
  perExample: ({ prediction, target }, options) =>
    target.dtype === "index" ? fromLabels(prediction, target, options) : fromRows(prediction, target, options),
});

/** Labels: one fused operation, and around it what the options ask for. */
function fromLabels(prediction: Node, label: Node, options: Options): Units {
  const { weights, masked, kept = [0] } = classesOf(options);
  const marked = equal(label, options.ignoreIndex);
  const ignored = masked === undefined ? marked : or(marked, equal(lookUp(masked, label), 1));
  const known = weights === undefined ? label : toIndex(select(ignored, kept[0]!, label)); // w of no class is NaN, and 0·NaN too
  const logits = keep(prediction, options);
  const place = position(known, options);
  const plain = fused(logits, place);
  const weight = weights === undefined ? undefined : lookUp(weights, place);
  const value = refined(logits, weight === undefined ? plain : multiply(weight, plain), weight, options);
  return weight === undefined ? { value, ignored } : { value, normalizer: weight, ignored };
}

/** One-hot or soft rows t. A class with t = 0 is skipped, not multiplied: its logit may be −∞. */
function fromRows(prediction: Node, target: Node, options: Options): Units {
  mustAgree(prediction, target);
  const { weights } = classesOf(options);
  const logits = keep(prediction, options);
  const t =
    weights === undefined
      ? keep(target, options)
      : multiply(keep(target, options), constant(weights, [weights.length]));
  const normalizer = sum(t, -1); // Σ t_c·w_c
  const plain = sum(select(t, multiply(t, surprise(logits)), 0), -1);
  return { value: refined(logits, plain, normalizer, options), normalizer };
}

/** The plain value with label smoothing and z-loss; `weight` is Σ t_c·w_c, 1 when undefined. */
function refined(logits: Node, plain: Node, weight: Node | undefined, options: Options): Node {
  const { labelSmoothing: smoothing, zLoss } = options;
  const { weights } = classesOf(options);
  let value = plain;
  if (smoothing > 0) {
    const everyClass =
      weights === undefined ? surprise(logits) : multiply(surprise(logits), constant(weights, [weights.length]));
    const even = multiply(smoothing / logits.shape[1]!, sum(everyClass, -1));
    value = add(multiply(1 - smoothing, plain), even);
  }
  if (zLoss > 0) {
    const penalty = multiply(zLoss, square(logSumExp(logits)));
    value = add(value, weight === undefined ? penalty : multiply(weight, penalty));
  }
  return value;
}

/** The classes that take part: their numbers (undefined: all), their weights, and for each class whether it is masked. */
function classesOf({ classMask, classWeights }: Options) {
  if (classMask === undefined || classMask.every(Boolean)) return { weights: classWeights };
  const kept = classMask.flatMap((keeps, c) => (keeps ? [c] : []));
  return {
    kept,
    weights: classWeights && kept.map((c) => classWeights[c]!),
    masked: classMask.map((keeps) => (keeps ? 0 : 1)),
  };
}

/** The columns of x [batch, classes] that take part. */
function keep(x: Node, options: Options): Node {
  const { kept } = classesOf(options);
  if (kept === undefined) return x;
  return takeLast(
    x,
    constant(Array.from({ length: x.shape[0]! }, () => kept).flat(), [x.shape[0]!, kept.length], "index"),
  );
}

/** Where each label stands among the classes that take part; −1, which no operation finds, where it is none of them. */
function position(label: Node, options: Options): Node {
  const { kept, masked } = classesOf(options);
  if (kept === undefined) return label;
  return toIndex(
    lookUp(
      masked.map((_, c) => kept.indexOf(c)),
      label,
    ),
  );
}

/** −log softmax(z) [batch, classes] = LSE − z. */
const surprise = (logits: Node): Node => subtract(logSumExp(logits, -1, { keepAxis: true }), logits);

/** For each label, its class's entry in a list; NaN for a label outside the classes. */
const lookUp = (list: readonly number[], label: Node): Node => gather(constant(list, [list.length]), label);
