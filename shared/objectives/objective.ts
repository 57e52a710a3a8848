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
import { add, isFinite, multiply, not, notEqual, scalar, select, subtract, sumAll, toIndex } from "../graph/build.ts";
import { gradient } from "../graph/gradient.ts";
import type { Node } from "../graph/graph.ts";
import type { BoundLoss, Outcome, SumsLoss, UnitLoss, Units } from "../losses/loss.ts";
import { addUp, nonFiniteIn, perRow } from "../losses/terms.ts";

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
  loss: UnitLoss,
  inputs: Readonly<Record<string, Node>>,
  weights: Node,
): ObjectiveOutputs {
  return reduced(loss.units(present(loss, inputs, weights), weights), weights);
}

/** The value of each unit, and 1 for those that count: of non-zero weight, not ignored. */
export interface CountedUnits {
  readonly value: Node;
  readonly counted: Node;
}

/** The units of a loss on a batch, one by one; nothing is said of the values of those that do not count. */
export function countedUnits(loss: UnitLoss, inputs: Readonly<Record<string, Node>>, weights: Node): CountedUnits {
  const { value, ignored, weight } = loss.units(present(loss, inputs, weights), weights);
  const weighted = mask(weight ?? perRow(weights, value.shape));
  return { value, counted: ignored === undefined ? weighted : select(ignored, 0, weighted) };
}

/** The five sums of units that are at hand. */
function reduced({ value, normalizer, ignored, weight }: Units, weights: Node): ObjectiveOutputs {
  const unitWeight = weight ?? perRow(weights, value.shape);
  const weighted = weight === undefined ? perRow(mask(weights), value.shape) : mask(weight);
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

/** What a client reports of an objective that is a function of sums. */
export interface SumsOutputs extends Omit<ObjectiveOutputs, "numerator"> {
  /** S, sum by sum: Σᵢ wᵢ·sᵢ over the rows that are there. */
  readonly sums: Readonly<Record<string, Node>>;
}

/** The sums of a two-phase loss on a batch; its denominator is Σ wᵢ, which only weighs clients. */
export function sumsOutputs(loss: SumsLoss, inputs: Readonly<Record<string, Node>>, weights: Node): SumsOutputs {
  const terms = Object.entries(loss.terms(present(loss, inputs, weights)));
  return {
    sums: Object.fromEntries(terms.map(([name, term]) => [name, addUp(term, weights)])),
    denominator: sumAll(weights),
    count: sumAll(mask(weights)),
    ignored: scalar(0),
    nonFinite: terms.map(([, term]) => nonFiniteIn(term, weights)).reduce(add, scalar(0)),
  };
}

/** Σⱼ ⟨λⱼ, Sⱼ⟩: what has the gradient of F(S) where λ = ∂F/∂S. */
export const linearized = (sums: Readonly<Record<string, Node>>, multipliers: Readonly<Record<string, Node>>): Node =>
  Object.entries(sums)
    .map(([name, node]) => sumAll(multiply(multipliers[name]!, node)))
    .reduce(add, scalar(0));

/** F(S), and λ = ∂F/∂S for each sum; both are 0 where F is not estimable. */
export function outerOutputs(
  loss: SumsLoss,
  sums: Readonly<Record<string, Node>>,
  pace?: Node,
): Required<Outcome> & { readonly multipliers: Readonly<Record<string, Node>> } {
  const { value, empty = scalar(0), details = {} } = loss.of(pace === undefined ? sums : { ...sums, pace });
  const kept = select(empty, 0, value);
  const names = Object.keys(sums);
  const slopes = gradient(
    kept,
    names.map((name) => sums[name]!),
  );
  return { value: kept, empty, details, multipliers: Object.fromEntries(names.map((name, i) => [name, slopes[i]!])) };
}

/** The inputs with zeros in the rows that are not there; parameters of the loss have no rows. */
function present(loss: BoundLoss, inputs: Readonly<Record<string, Node>>, weights: Node): Record<string, Node> {
  const there = mask(weights);
  const kept = Object.entries(inputs).map(([name, node]) => [
    name,
    name in loss.parameters ? node : withoutAbsent(there, node),
  ]);
  return Object.fromEntries(kept) as Record<string, Node>;
}

/** 1 where the weight is not 0, else 0. */
const mask = (weights: Node): Node => notEqual(weights, 0);

/** `node` [batch, …] with zeros in the rows where `present` [batch] is 0, in value and in gradient. */
export function withoutAbsent(present: Node, node: Node): Node {
  const kept = select(perRow(present, node.shape), node, 0);
  return node.dtype === "index" ? toIndex(kept) : kept;
}
