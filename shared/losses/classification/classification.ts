/**
 * Losses on classes, from logits. sp(x) = log(1 + eˣ) is the operation `softplus`: finite at ±10⁴, with slope σ(x) everywhere.
 * Here are yes and no, and levels made of them. Beside them: one class in many (`softmax-cross-entropy.ts`), rare ones
 * (`focal.ts`, `long-tail.ts`), wrong labels (`noisy-labels.ts`), probabilities (`probabilities.ts`, `distributions.ts`, `sparsemax.ts`),
 * margins (`margins.ts`, `class-margins.ts`). Read first: `labels.ts`.
 */
import { z } from "zod";
import {
  add,
  bceWithLogits as crossEntropy,
  constant,
  less,
  multiply,
  negate,
  softplus,
  subtract,
  sum,
  unsqueeze,
} from "../../graph/build.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { crammerSinger, multiMargin, multilabelMargin, multilabelSoftMargin } from "./class-margins.ts";
import { distillation, jsDivergence, klDivergence } from "./distributions.ts";
import { asymmetricFocal, focalBinary, focalSoftmax } from "./focal.ts";
import { ldam, logitAdjustedCrossEntropy } from "./long-tail.ts";
import { hinge, perceptron, softMargin, squaredHinge } from "./margins.ts";
import {
  bootstrappedCrossEntropy,
  generalizedCrossEntropy,
  poly1CrossEntropy,
  symmetricCrossEntropy,
} from "./noisy-labels.ts";
import { positiveUnlabelled } from "./positive-unlabelled.ts";
import { bce, brier, nll } from "./probabilities.ts";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.ts";
import { sparsemax } from "./sparsemax.ts";

const logits = fromModel("real", ["batch", "…"]);

/**
 * Binary cross-entropy on logits.
 *
 *     ℓ(x, y) = c·y′·sp(−x) + (1 − y′)·sp(x),   y′ = y(1 − ε) + ε/2
 *
 * Shapes  logits x [batch] or [batch, …], targets y in [0, 1] alike; each element is a unit
 * Unit    nats
 * Facts   x = 0 → ln 2 (c = 1) · finite at ±10⁴ · ∂ℓ/∂x = (1 − y′)σ(x) − c·y′(1 − σ(x))
 * Options posWeight c > 0: how much a positive counts, in the numerator only. @default 1
 *         labelSmoothing ε in [0, 1). @default 0
 * When    yes or no, or several such questions; its scores are probabilities
 */
export const bceWithLogits = defineLoss({
  name: "bce-with-logits",
  version: 1,
  unit: "element",
  measure: "nats",
  inputs: { prediction: logits, target: fromData("binary", ["batch", "…"]) },
  options: z.strictObject({
    posWeight: z.number().positive().default(1),
    labelSmoothing: z.number().min(0).lt(1).default(0),
  }),
  perExample: ({ prediction: x, target }, { posWeight, labelSmoothing: smoothing }) => {
    const y = smoothing === 0 ? target : add(multiply(1 - smoothing, target), smoothing / 2);
    if (posWeight === 1) return crossEntropy(x, y);
    const positive = multiply(y, softplus(negate(x)));
    const negative = multiply(subtract(1, y), softplus(x));
    return add(multiply(posWeight, positive), negative);
  },
});

/**
 * Cumulative logits for ordered levels 0 … C − 1: logit k answers "is the level above k?".
 *
 *     ℓ(x, y) = Σₖ BCE(xₖ, 1[y > k]),   k = 0 … C − 2
 *
 * Shapes  logits [batch, C − 1], levels [batch] → [batch]
 * Unit    nats
 * Facts   C = 2 is bce-with-logits · all logits 0 → (C − 1)·ln 2 · ∂ℓ/∂xₖ = σ(xₖ) − 1[y > k]
 * When    classes have an order, and a neighbour is a smaller mistake than the far end
 * Source  Cao, Mirjalili & Raschka (2020). Their shared slope for all k is a matter of the head, not of the loss.
 */
export const ordinalCoral = defineLoss({
  name: "ordinal-coral",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: {
    prediction: fromModel("real", ["batch", "thresholds"]),
    target: fromData("level", ["batch"], { below: "levels" }),
  },
  outputs: ({ classes }) => classes - 1,
  options: z.strictObject({}),
  perExample: ({ prediction: x, target }) => {
    const thresholds = constant([...Array(x.shape[1]).keys()], [1, x.shape[1]!]);
    const above = less(thresholds, unsqueeze(target, -1)); // 1[y > k]
    return sum(crossEntropy(x, above), -1);
  },
});

/** The losses on classes, by name. */
export const classificationLosses = {
  "bce-with-logits": bceWithLogits,
  bce,
  "softmax-cross-entropy": softmaxCrossEntropy,
  nll,
  "kl-divergence": klDivergence,
  "js-divergence": jsDivergence,
  distillation,
  "focal-binary": focalBinary,
  "focal-softmax": focalSoftmax,
  "asymmetric-focal": asymmetricFocal,
  "logit-adjusted-cross-entropy": logitAdjustedCrossEntropy,
  ldam,
  "poly1-cross-entropy": poly1CrossEntropy,
  "generalized-cross-entropy": generalizedCrossEntropy,
  "symmetric-cross-entropy": symmetricCrossEntropy,
  "bootstrapped-cross-entropy": bootstrappedCrossEntropy,
  brier,
  hinge,
  "squared-hinge": squaredHinge,
  perceptron,
  "soft-margin": softMargin,
  "multi-margin": multiMargin,
  "crammer-singer": crammerSinger,
  "multilabel-margin": multilabelMargin,
  "multilabel-soft-margin": multilabelSoftMargin,
  sparsemax,
  "ordinal-coral": ordinalCoral,
  "positive-unlabelled": positiveUnlabelled,
} as const;
