import {
  abs,
  add,
  argMax,
  constant,
  divide,
  equal,
  floor,
  greater,
  isFinite,
  multiply,
  notEqual,
  scatterAdd,
  select,
  softmaxCrossEntropy,
  softplus,
  subtract,
  sum,
  toIndex,
  toReal,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { meanMetric, type Metric, type MetricInputs } from "./metric.ts";

/**
 * The class or level that a prediction stands for, as a real [batch]: 1 where a single score is above 0; the first largest of
 * one score per class; the number of positive scores of an ordinal head, which has one fewer than levels.
 */
export function decision({ prediction, facts }: MetricInputs): Node {
  if (prediction.shape.length === 1) return greater(prediction, 0);
  if (prediction.shape[1] === facts.classes) return toReal(argMax(prediction, 1));
  return sum(greater(prediction, 0), 1);
}

/** The share of rows whose decision is the target. */
export const accuracy: Metric = meanMetric(
  { name: "accuracy", measure: "share", better: "higher", targets: ["binary", "class", "level"] },
  (inputs) => equal(decision(inputs), inputs.target),
);

/** −log of the probability given to the target, on average: nats. A single score is a logit, several are a softmax's. */
export const logLoss: Metric = meanMetric(
  { name: "log-loss", measure: "nats", better: "lower", targets: ["binary", "class"] },
  ({ prediction, target }) =>
    prediction.shape.length === 1
      ? softplus(multiply(subtract(1, multiply(2, target)), prediction))
      : softmaxCrossEntropy(prediction, toIndex(target)),
);

/** How many levels the decision is off, on average. */
export const meanAbsoluteLevelError: Metric = meanMetric(
  { name: "mean-absolute-level-error", measure: "levels", better: "lower", targets: ["level"] },
  (inputs) => abs(subtract(decision(inputs), inputs.target)),
);

/** Scores fall into this many bins, of equal width in x/(1 + |x|): 2.4e-4 wide around 0 and never saturated further out. */
const bins = 8192;

/**
 * The area under the ROC curve: the chance that a positive scores above a negative, ties counted half.
 *
 *     AUC = Σ_b pos_b·(neg_<b + neg_b/2) / (Σ pos · Σ neg)
 *
 * The parts are two histograms, so that the value is the same under any sharding and no score leaves its client. The rank
 * statistic of binned scores is exact; a pair of scores within one bin counts as a tie, so the value is off by at most half
 * the share of positive–negative pairs that share a bin. Scores that are not finite have no part.
 */
export const auc: Metric = {
  name: "auc",
  measure: "share",
  better: "higher",
  targets: ["binary"],
  parts({ prediction, target, weights }) {
    const score = prediction.shape.length === 1 ? prediction : twoClassScore(prediction);
    const place = divide(score, add(1, abs(score))); // in (−1, 1), rising with the score
    const bin = toIndex(floor(multiply(add(1, place), bins / 2)));
    const counted = multiply(isFinite(place), notEqual(weights, 0));
    const histogram = (label: number): Node =>
      scatterAdd(select(multiply(counted, equal(target, label)), weights, 0), bin, bins);
    return { positives: histogram(1), negatives: histogram(0) };
  },
  value({ positives, negatives }) {
    let [won, below, all] = [0, 0, 0];
    for (let b = 0; b < bins; b++) {
      const [positive, negative] = [positives?.[b] ?? 0, negatives?.[b] ?? 0];
      won += positive * (below + negative / 2);
      below += negative;
      all += positive;
    }
    return all * below === 0 ? null : won / (all * below);
  },
};

/** z₁ − z₀: the logit of class 1 of two. */
const twoClassScore = (logits: Node): Node => sum(multiply(logits, constant([-1, 1], [2])), 1);
