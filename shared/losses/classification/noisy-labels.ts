/** Variants of cross-entropy that listen less, or more, to surprising labels. d and sp: see `labels.ts`. */
import { z } from "zod";
import {
  add,
  expm1,
  logSumExp,
  max,
  multiply,
  negate,
  shortfall,
  sigmoid,
  softmax,
  softplus,
  stopGradient,
  subtract,
  sum,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { defineLoss } from "../loss.ts";
import { labelled, oneOutputPerClass } from "./labels.ts";

const rows = { unit: "row", measure: "nats", inputs: labelled, outputs: oneOutputPerClass } as const;

/**
 * Cross-entropy with the first term of its expansion in 1 − p reweighted.
 *
 *     ℓ(z, y) = −log p + ε·(1 − p),   p = softmax(z)_y
 *
 * Shapes  logits [batch, classes], labels [batch] → [batch]
 * Unit    nats
 * Facts   ε = 0 is softmax-cross-entropy · ∂ℓ/∂z = (1 + ε·p)·(softmax(z) − 1_y)
 * Option  epsilon ≥ −1: above 0, rows that are nearly right keep pulling. @default 1
 * When    a one-number tuning of cross-entropy; try 1, 2, −1
 * Source  Leng et al. (2022)
 */
export const poly1CrossEntropy = defineLoss({
  ...rows,
  name: "poly1-cross-entropy",
  version: 1,
  options: z.strictObject({ epsilon: z.number().min(-1).default(1) }),
  perExample: ({ prediction, target }, { epsilon }) => {
    const d = shortfall(prediction, target);
    return add(softplus(d), multiply(epsilon, sigmoid(d)));
  },
});

/**
 * Generalized cross-entropy: from cross-entropy (q → 0) to the absolute error of probabilities (q = 1).
 *
 *     ℓ(z, y) = (1 − p^q)/q,   p = softmax(z)_y
 *
 * Shapes  logits [batch, classes], labels [batch] → [batch]
 * Unit    nats for q → 0, a probability for q = 1
 * Facts   between 0 and 1/q · ∂ℓ/∂z = p^q·(softmax(z) − 1_y): a label the model finds absurd has no pull
 * Option  q in (0, 1]. @default 0.7
 * When    a good part of the labels is wrong
 * Source  Zhang & Sabuncu (2018)
 */
export const generalizedCrossEntropy = defineLoss({
  ...rows,
  name: "generalized-cross-entropy",
  version: 1,
  options: z.strictObject({ q: z.number().gt(0).max(1).default(0.7) }),
  perExample: ({ prediction, target }, { q }) =>
    multiply(-1 / q, expm1(multiply(-q, softplus(shortfall(prediction, target))))),
});

/**
 * Cross-entropy and reverse cross-entropy together; log 0 of the reverse one is A.
 *
 *     ℓ(z, y) = −α·log p − β·A·(1 − p),   p = softmax(z)_y
 *
 * Shapes  logits [batch, classes], labels [batch] → [batch]
 * Unit    nats
 * Facts   α = 1, β = 0 is softmax-cross-entropy · ∂ℓ/∂z = (α − β·A·p)·(softmax(z) − 1_y)
 * Options alpha ≥ 0. @default 0.1
 *         beta ≥ 0. @default 1
 *         logZero A < 0. @default -4
 * When    some labels are wrong, and cross-entropy alone learns them by heart
 * Source  Wang et al. (2019)
 */
export const symmetricCrossEntropy = defineLoss({
  ...rows,
  name: "symmetric-cross-entropy",
  version: 1,
  options: z.strictObject({
    alpha: z.number().min(0).default(0.1),
    beta: z.number().min(0).default(1),
    logZero: z.number().negative().default(-4),
  }),
  perExample: ({ prediction, target }, { alpha, beta, logZero }) => {
    const d = shortfall(prediction, target);
    return add(multiply(alpha, softplus(d)), multiply(-beta * logZero, sigmoid(d)));
  },
});

const usualBeta = { soft: 0.95, hard: 0.8 } as const;

/**
 * Cross-entropy against a mixture of the label and of what the model itself believes.
 *
 *     soft: ℓ(z, y) = −β·log p_y − (1 − β)·Σ_c p_c·log p_c        hard: −β·log p_y − (1 − β)·log max_c p_c,   p = softmax(z)
 *
 * Shapes  logits [batch, classes], labels [batch] → [batch]
 * Unit    nats
 * Facts   β = 1 is softmax-cross-entropy · p is differentiated in both places · of equal logits the first is the largest
 * Options mode: which of the formulas. @default "soft"
 *         beta β in [0, 1]: how much the label counts. @default 0.95 soft, 0.8 hard
 * When    some labels are wrong and the model is already fair: begin with softmax-cross-entropy
 * Source  Reed et al. (2015)
 */
export const bootstrappedCrossEntropy = defineLoss({
  ...rows,
  name: "bootstrapped-cross-entropy",
  version: 1,
  options: z.strictObject({
    mode: z.enum(["soft", "hard"]).default("soft"),
    beta: z.number().min(0).max(1).optional(),
  }),
  perExample: ({ prediction, target }, { mode, beta = usualBeta[mode] }) => {
    const own = mode === "soft" ? entropy(prediction) : surpriseOfLargest(prediction);
    return add(multiply(beta, softplus(shortfall(prediction, target))), multiply(1 - beta, own));
  },
});

/** −Σ p·log p. */
const entropy = (logits: Node): Node =>
  sum(multiply(softmax(logits), subtract(logSumExp(logits, -1, { keepAxis: true }), logits)), -1);

/** −log max p, from logits moved to 0 so that float32 does not lose it among large ones. */
function surpriseOfLargest(logits: Node): Node {
  const moved = subtract(logits, stopGradient(max(logits, -1, { keepAxis: true })));
  return negate(subtract(max(moved, -1), logSumExp(moved)));
}
