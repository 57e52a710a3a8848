/**
 * A metric is a few sums over rows, and a number made of them at the very end.
 *
 *     parts   (prediction, target, weights) → named sums, computed in the program beside the loss
 *     merge   batch, thread, client, cohort: sums add            value   the only place that divides
 *
 * So a metric over many clients is the metric of all their rows, whoever holds which, and no row leaves its client. Rows of
 * weight 0 have no part. Where there is nothing to divide by the value is `null`: a state to show, never NaN.
 */
import { multiply, notEqual, select, sumAll } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { TargetFacts, TargetKind } from "../losses/loss.ts";

export interface MetricInputs {
  /**
   * [batch] for a single output, else [batch, outputs]: what the loss sees. Of a loss on pairs, how far the one that ought to score
   * higher stands above the other.
   */
  readonly prediction: Node;
  /** [batch], as the data hold it: a number, 0 or 1, a class or level index. Of a pair: 1. */
  readonly target: Node;
  readonly weights: Node;
  readonly facts: TargetFacts;
  /** Whether rows are pairs. */
  readonly pairs?: true;
  /** [batch] index: rows of one number belong together, all of them in this batch; rows below 0 belong to none. */
  readonly group?: Node;
  /** Of a loss on times until an event: [batch] each. */
  readonly survival?: { readonly time: Node; readonly event: Node };
  /** The units of the objective's loss, where it has any: ℓ of each, and 1 for those that count. */
  readonly units?: { readonly value: Node; readonly counted: Node };
}

/** Named sums: one number each, or a vector such as a histogram. */
export type Parts = Readonly<Record<string, ArrayLike<number>>>;

export interface Metric {
  readonly name: string;
  /** The unit of the value: "share", "nats", "target", … */
  readonly measure: string;
  readonly better: "higher" | "lower";
  readonly targets: readonly TargetKind[];
  /** What it is for, beyond its targets: losses that are 0 for units that are as they should be, or on times. Left out: any loss. */
  readonly losses?: "sparse" | "survival";
  /** Whether it joins the rows of a group, which then stay whole. */
  readonly grouped?: true;
  /** Whether it means something of pairs, too. */
  readonly pairs?: true;
  parts(inputs: MetricInputs): Readonly<Record<string, Node>>;
  value(parts: Parts): number | null;
  /** What is shown beside the value, by name: the bins of a diagram. */
  details?(parts: Parts): Readonly<Record<string, readonly number[]>>;
}

/** No rows: the parts of any metric before there are any. */
export const emptyParts: Readonly<Record<string, Float64Array>> = {};

/** The parts of all rows of a and b together. Sums of counts are exact; the bits of others depend on the order of merging. */
export function mergeParts(a: Parts, b: Parts): Record<string, Float64Array> {
  const merged = Object.fromEntries(Object.entries(a).map(([name, part]) => [name, Float64Array.from(part)]));
  for (const [name, part] of Object.entries(b)) {
    const sum = (merged[name] ??= new Float64Array(part.length));
    for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
  }
  return merged;
}

/** Σ wᵢ·xᵢ over the rows that count; the others are selected away. */
export const weightedSum = (weights: Node, x: Node): Node =>
  sumAll(select(notEqual(weights, 0), multiply(weights, x), 0));

/** The weighted mean of one number per row, and what `finish` makes of it. */
export function meanMetric(
  facts: Omit<Metric, "parts" | "value">,
  perRow: (inputs: MetricInputs) => Node,
  finish = (mean: number): number => mean,
): Metric {
  return {
    ...facts,
    parts: (inputs) => ({ total: weightedSum(inputs.weights, perRow(inputs)), weight: sumAll(inputs.weights) }),
    value: ({ total, weight }) => quotient(total?.[0], weight?.[0], finish),
  };
}

/** A ratio of sums, or what `finish` makes of it; null where there is nothing to divide by. */
export const quotient = (total = 0, weight = 0, finish = (mean: number): number => mean): number | null =>
  weight === 0 ? null : finish(total / weight);
