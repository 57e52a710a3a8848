/** Distances between the model's distribution and a given one: soft labels, or a teacher. */
import { z } from "zod";
import {
  add,
  exp,
  less,
  log,
  logSoftmax,
  multiply,
  negate,
  select,
  softmax,
  softmaxCrossEntropy,
  softplus,
  subtract,
  sum,
} from "../../graph/build.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { labelled, oneOutputPerClass } from "./labels.ts";

const LN2 = 0.6931471805599453;
const rowsOf = ["batch", "classes"] as const;
const logits = fromModel("real", rowsOf);
const distribution = fromData("distribution", rowsOf);

/**
 * Kullback–Leibler divergence of the model's distribution q from the given one t.
 *
 *     ℓ(q, t) = Σ_c t_c·(log t_c − log q_c),   0·log 0 = 0
 *
 * Shapes  logits or log-probabilities [batch, classes], distributions t [batch, classes] → [batch]
 * Unit    nats
 * Facts   0 where q = t, else positive · = cross-entropy − entropy of t · t one-hot is softmax-cross-entropy ·
 *         ∂ℓ/∂z = softmax(z) − t from logits, −t from log-probabilities · divided by rows, as "batchmean" is
 * Options fromLogits: whether the head gives logits rather than log-probabilities. @default true
 *         logTarget: whether t is given by its logarithm. @default false
 * When    targets are distributions: annotators who disagree, another model's answers
 * Source  Kullback & Leibler (1951)
 */
export const klDivergence = defineLoss({
  name: "kl-divergence",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: { prediction: logits, target: distribution },
  inputsFor: ({ fromLogits, logTarget }) => ({
    ...(!fromLogits && { prediction: fromModel("log-distribution", rowsOf) }),
    ...(logTarget && { target: fromData("log-distribution", rowsOf) }),
  }),
  outputs: oneOutputPerClass,
  options: z.strictObject({ fromLogits: z.boolean().default(true), logTarget: z.boolean().default(false) }),
  perExample: ({ prediction, target }, { fromLogits, logTarget }) => {
    const t = logTarget ? exp(target) : target;
    const there = less(0, t); // a class with t = 0 is skipped, not multiplied: its log-probability may be −∞
    const logT = logTarget ? target : log(select(there, t, 1));
    const logQ = fromLogits ? logSoftmax(prediction) : prediction;
    return sum(select(there, multiply(t, subtract(logT, logQ)), 0), -1);
  },
});

/**
 * Jensen–Shannon divergence: how far both distributions are from their mean m.
 *
 *     ℓ(z, t) = ½·KL(t ‖ m) + ½·KL(p ‖ m),   p = softmax(z), m = (t + p)/2
 *
 * Shapes  logits [batch, classes], distributions t [batch, classes] → [batch]
 * Unit    nats
 * Facts   0 where p = t · at most ln 2, where they have no class in common · symmetric in p and t · finite at ±10⁴
 * When    like kl-divergence, where some targets are wrong and none may cost without limit
 * Source  Lin (1991); as a loss Englesson & Azizpour (2021), there scaled
 */
export const jsDivergence = defineLoss({
  name: "js-divergence",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: { prediction: logits, target: distribution },
  outputs: oneOutputPerClass,
  options: z.strictObject({}),
  perExample: ({ prediction, target: t }) => {
    const there = less(0, t);
    const d = select(there, subtract(log(select(there, t, 1)), logSoftmax(prediction)), 0); // log(t/p)
    const shared = add(multiply(softmax(prediction), softplus(d)), multiply(t, softplus(negate(d))));
    return subtract(LN2, multiply(0.5, sum(select(there, shared, 0), -1))); // log(m/p) = sp(d) − ln 2, log(m/t) = sp(−d) − ln 2
  },
});

/**
 * Distillation: a teacher's softened distribution and the label together.
 *
 *     ℓ(z, u, y) = α·T²·KL(softmax(u/T) ‖ softmax(z/T)) + (1 − α)·CE(z, y)
 *
 * Shapes  logits z and the teacher's logits u [batch, classes], labels y [batch] → [batch]
 * Unit    nats
 * Facts   α = 0 is softmax-cross-entropy · T² keeps the pull of both parts alike as T grows · u is held constant ·
 *         ∂ℓ/∂z = α·T·(softmax(z/T) − softmax(u/T)) + (1 − α)·(softmax(z) − 1_y)
 * Options temperature T > 0: above 1 the teacher's small probabilities are heard. @default 2
 *         alpha α in [0, 1]: how much the teacher counts. @default 0.5
 * When    a large model's answers are at hand for every row, and a small model is wanted
 * Source  Hinton, Vinyals & Dean (2015)
 */
export const distillation = defineLoss({
  name: "distillation",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: { ...labelled, teacher: fromData("real", rowsOf) },
  outputs: oneOutputPerClass,
  options: z.strictObject({
    temperature: z.number().positive().default(2),
    alpha: z.number().min(0).max(1).default(0.5),
  }),
  perExample: ({ prediction, teacher, target }, { temperature, alpha }) => {
    const [own, given] = [multiply(1 / temperature, prediction), multiply(1 / temperature, teacher)];
    const divergence = sum(multiply(softmax(given), subtract(logSoftmax(given), logSoftmax(own))), -1);
    return add(
      multiply(alpha * temperature * temperature, divergence),
      multiply(1 - alpha, softmaxCrossEntropy(prediction, target)),
    );
  },
});
