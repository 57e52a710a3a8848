import {
  abs,
  argMax,
  equal,
  greater,
  multiply,
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

/** The share of rows whose decision is the target; of pairs whose better one scores higher. */
export const accuracy: Metric = meanMetric(
  { name: "accuracy", measure: "share", better: "higher", targets: ["binary", "class", "level"], pairs: true },
  (inputs) => equal(decision(inputs), inputs.target),
);

/** −log of the probability given to the target, on average: nats. A single score is a logit, several are a softmax's. */
export const logLoss: Metric = meanMetric(
  { name: "log-loss", measure: "nats", better: "lower", targets: ["binary", "class"], pairs: true },
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
