/**
 * How well scores part the positives from the negatives, whatever the threshold. The parts are two histograms of the scores, so
 * that the value is the same under any sharding and no score leaves its client. Scores that are not finite have no part.
 */
import {
  abs,
  add,
  constant,
  divide,
  equal,
  floor,
  isFinite,
  multiply,
  notEqual,
  scatterAdd,
  select,
  sum,
  toIndex,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { Metric, MetricInputs } from "./metric.ts";

/** Scores fall into this many bins, of equal width in x/(1 + |x|): 2.4e-4 wide around 0 and never saturated further out. */
const bins = 8192;

/** The weight of the positives and of the negatives in each bin, the lowest scores first. */
function histograms({ prediction, target, weights }: MetricInputs): { positives: Node; negatives: Node } {
  const score = prediction.shape.length === 1 ? prediction : twoClassScore(prediction);
  const place = divide(score, add(1, abs(score))); // in (−1, 1), rising with the score
  const bin = toIndex(floor(multiply(add(1, place), bins / 2)));
  const counted = multiply(isFinite(place), notEqual(weights, 0));
  const histogram = (label: number): Node =>
    scatterAdd(select(multiply(counted, equal(target, label)), weights, 0), bin, bins);
  return { positives: histogram(1), negatives: histogram(0) };
}

/** z₁ − z₀: the logit of class 1 of two. */
const twoClassScore = (logits: Node): Node => sum(multiply(logits, constant([-1, 1], [2])), 1);

const binary = { measure: "share", better: "higher", targets: ["binary"], parts: histograms } as const;

/**
 * The area under the ROC curve: the chance that a positive scores above a negative, ties counted half.
 *
 *     AUC = Σ_b pos_b·(neg_<b + neg_b/2) / (Σ pos · Σ neg)
 *
 * The rank statistic of binned scores is exact; a pair of scores within one bin counts as a tie, so the value is off by at most
 * half the share of positive–negative pairs that share a bin.
 */
export const auc: Metric = {
  ...binary,
  name: "auc",
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

/**
 * Average precision: the precision at each threshold, weighed by the share of positives it adds; the area under the
 * precision–recall curve as a sum of steps. With rare positives it tells models apart whose AUC is alike.
 *
 *     AP = Σ_b (pos_b/Σ pos) · pos_≥b/(pos_≥b + neg_≥b)
 *
 * Scores within one bin are one threshold, as tied scores are.
 */
export const averagePrecision: Metric = {
  ...binary,
  name: "average-precision",
  value({ positives, negatives }) {
    let [area, found, taken] = [0, 0, 0];
    for (let b = bins - 1; b >= 0; b--) {
      const positive = positives?.[b] ?? 0;
      found += positive;
      taken += positive + (negatives?.[b] ?? 0);
      if (positive > 0) area += (positive * found) / taken;
    }
    return found === 0 ? null : area / found;
  },
};
