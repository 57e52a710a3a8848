/** Margin losses of many classes: one label per row, or several. x[j] are the scores of the classes. */
import { z } from "zod";
import {
  add,
  bceWithLogits,
  constant,
  gather,
  max,
  multiply,
  not,
  oneHot,
  pick,
  relu,
  select,
  square,
  subtract,
  sum,
  unsqueeze,
} from "../../graph/build.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { labelled, oneEntryPerClass, oneOutputPerClass } from "./labels.ts";

const classWeightsSchema = z.array(z.number().min(0)).min(2).optional();

/**
 * Every class that comes within a margin of the label costs.
 *
 *     ℓ(z, y) = w_y·Σ_{j≠y} max(0, m − z_y + z_j)^p / C        c(y) = w_y
 *
 * Shapes  scores [batch, classes], labels [batch] → [batch]
 * Unit    margin, to the power p
 * Facts   0 where z_y leads by m · a class exactly at the margin has slope 0 · two classes, p = 1: half the hinge of z_y − z_j
 * Options p 1 or 2. @default 1
 *         margin m > 0. @default 1
 *         classWeights w, in the numerator and the denominator. @default 1 each
 * When    ranks of classes matter more than probabilities
 * Source  Weston & Watkins (1999), there without 1/C
 */
export const multiMargin = defineLoss({
  name: "multi-margin",
  version: 1,
  unit: "row",
  sparse: true,
  measure: "margin^p",
  inputs: labelled,
  outputs: oneOutputPerClass,
  misfit: ({ classWeights }, { classes }) => oneEntryPerClass({ classWeights }, classes),
  options: z.strictObject({
    p: z.union([z.literal(1), z.literal(2)]).default(1),
    margin: z.number().positive().default(1),
    classWeights: classWeightsSchema,
  }),
  perExample: ({ prediction, target }, { p, margin, classWeights }) => {
    const classes = prediction.shape[1]!;
    const short = relu(add(margin, subtract(prediction, unsqueeze(pick(prediction, target), -1))));
    const cost = select(oneHot(target, classes), 0, p === 1 ? short : square(short));
    const plain = multiply(1 / classes, sum(cost, -1));
    if (classWeights === undefined) return plain;
    const weight = gather(constant(classWeights, [classWeights.length]), target);
    return { value: multiply(weight, plain), normalizer: weight };
  },
});

/**
 * The strongest wrong class must stay a margin below the label.
 *
 *     ℓ(z, y) = max(0, m + max_{j≠y} z_j − z_y)
 *
 * Shapes  scores [batch, classes], labels [batch] → [batch]
 * Unit    margin
 * Facts   two classes: the hinge of z_y − z_j · ∂ℓ/∂z = 1 at the strongest other class (the first of equals), −1 at y, while
 *         ℓ > 0, and 0 at the margin itself · Keras' categorical hinge
 * Option  margin m > 0. @default 1
 * When    a multiclass support vector machine
 * Source  Crammer & Singer (2001)
 */
export const crammerSinger = defineLoss({
  name: "crammer-singer",
  version: 1,
  unit: "row",
  sparse: true,
  measure: "margin",
  inputs: labelled,
  outputs: oneOutputPerClass,
  options: z.strictObject({ margin: z.number().positive().default(1) }),
  perExample: ({ prediction, target }, { margin }) => {
    const others = select(oneHot(target, prediction.shape[1]!), -Infinity, prediction);
    return relu(add(margin, subtract(max(others, -1), pick(prediction, target))));
  },
});

const severalLabels = {
  prediction: fromModel("real", ["batch", "classes"]),
  target: fromData("binary", ["batch", "classes"]),
};

/**
 * Every label of a row must lead every other class by 1.
 *
 *     ℓ(x, Y) = Σ_{j∈Y} Σ_{i∉Y} max(0, 1 − x_j + x_i) / C
 *
 * Shapes  scores [batch, classes], labels as 0 and 1 [batch, classes] → [batch]
 * Unit    margin
 * Facts   0 for a row with no label, or with all · a pair exactly at the margin has slope 0 · one label: multi-margin
 * When    several labels per row, of which the order of scores matters. O(C²) pairs per row
 */
export const multilabelMargin = defineLoss({
  name: "multilabel-margin",
  version: 1,
  unit: "row",
  sparse: true,
  measure: "margin",
  inputs: severalLabels,
  outputs: oneOutputPerClass,
  options: z.strictObject({}),
  perExample: ({ prediction: x, target: y }) => {
    const short = relu(subtract(add(1, unsqueeze(x, 1)), unsqueeze(x, 2))); // [batch, j, i]
    const pairs = multiply(unsqueeze(y, 2), unsqueeze(not(y), 1));
    return multiply(1 / x.shape[1]!, sum(select(pairs, short, 0), [1, 2]));
  },
});

/**
 * The mean over classes of the binary cross-entropies of several labels.
 *
 *     ℓ(x, y) = Σ_c w_c·BCE(x_c, y_c) / C
 *
 * Shapes  logits [batch, classes], labels as 0 and 1 [batch, classes] → [batch]
 * Unit    nats
 * Facts   w = 1: the mean of bce-with-logits over the row's elements · ∂ℓ/∂x_c = w_c·(σ(x_c) − y_c)/C
 * Option  classWeights w, in the numerator only. @default 1 each
 * When    several labels per row, each a probability of its own
 */
export const multilabelSoftMargin = defineLoss({
  name: "multilabel-soft-margin",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: severalLabels,
  outputs: oneOutputPerClass,
  misfit: ({ classWeights }, { classes }) => oneEntryPerClass({ classWeights }, classes),
  options: z.strictObject({ classWeights: classWeightsSchema }),
  perExample: ({ prediction: x, target: y }, { classWeights }) => {
    const each = bceWithLogits(x, y);
    const weighted = classWeights === undefined ? each : multiply(constant(classWeights, [classWeights.length]), each);
    return multiply(1 / x.shape[1]!, sum(weighted, -1));
  },
});
