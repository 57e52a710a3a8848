/**
 * An objective is a loss on a head against a target, with a weight, at some clients.
 *
 * What a client computes for one objective are five sums over its rows. It never divides them: sums of disjoint rows add,
 * so any sharding gives the numbers of one machine, and the coordinator divides once, by the global denominator.
 *
 *     numerator    Σ wᵢ·ℓᵢ        denominator  Σ wᵢ·cᵢ
 *     count        units of non-zero weight, not ignored        ignored      units of non-zero weight the loss leaves out
 *     nonFinite    units whose ℓ is NaN or ±∞
 *
 *     const { numerator, denominator } = objectiveOutputs(mse.bind({}), { prediction, target }, weights);
 *     const gradients = gradient(numerator, parameters);
 *
 * Weight 0 takes a row away as if it had never been there, in value and in gradient: it is selected away, never multiplied,
 * on its way into the loss (so that no cotangent of it leaves) and on its way out, for 0·∞ is NaN.
 */
import {
  add,
  broadcastTo,
  isFinite,
  multiply,
  not,
  notEqual,
  reshape,
  scalar,
  select,
  subtract,
  sumAll,
  toIndex,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { BoundLoss } from "../losses/loss.ts";
import type { Shape } from "../tensor/shape.ts";

export interface ObjectiveOutputs {
  readonly numerator: Node;
  readonly denominator: Node;
  readonly count: Node;
  readonly ignored: Node;
  readonly nonFinite: Node;
}

/**
 * The five sums, each of shape [], of a loss on a batch.
 *
 * Shapes  every input [batch, …]; weights [batch], 0 for an absent, ignored or padded row
 */
export function objectiveOutputs(
  loss: BoundLoss,
  inputs: Readonly<Record<string, Node>>,
  weights: Node,
): ObjectiveOutputs {
  const present = mask(weights);
  const safe = Object.fromEntries(Object.entries(inputs).map(([name, node]) => [name, withoutAbsent(present, node)]));
  const { value, normalizer, ignored, weight } = loss.units(safe, weights);
  const unitWeight = weight ?? perRow(weights, value.shape);
  const weighted = mask(unitWeight);
  const counted = ignored === undefined ? weighted : select(ignored, 0, weighted);
  const total = (node: Node): Node => sumAll(select(counted, node, 0));
  return {
    numerator: total(multiply(unitWeight, value)),
    denominator: total(normalizer === undefined ? unitWeight : multiply(unitWeight, normalizer)),
    count: sumAll(counted),
    ignored: ignored === undefined ? scalar(0) : sumAll(subtract(weighted, counted)),
    nonFinite: total(not(isFinite(value))),
  };
}

/** 1 where the weight is not 0, else 0. */
const mask = (weights: Node): Node => notEqual(weights, 0);

/** `node` [batch, …] with zeros in the rows where `present` [batch] is 0, in value and in gradient. */
export function withoutAbsent(present: Node, node: Node): Node {
  const kept = select(perRow(present, node.shape), node, 0);
  return node.dtype === "index" ? toIndex(kept) : kept;
}

/** A number per row [batch], laid out beside every element of the row [batch, …]. */
export function perRow(perRowValue: Node, shape: Shape): Node {
  const aligned = reshape(perRowValue, [shape[0]!, ...shape.slice(1).map(() => 1)]);
  return broadcastTo(aligned, shape);
}

/** Σᵢ scaleᵢ·numeratorᵢ: the one loss that local steps descend. `scales` are the task's constants, wᵢ/(Dᵢ·pₖ) each. */
export function combinedLoss(numerators: readonly Node[], scales: readonly Node[]): Node {
  return numerators.map((numerator, i) => multiply(scales[i]!, numerator)).reduce(add);
}
