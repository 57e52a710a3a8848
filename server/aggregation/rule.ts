/**
 * A robust rule: many vectors → one that a few liars cannot move far. It sees every client's own vector, all of equal weight:
 * its mean gradients ∇numₖ/denₖ, all objectives stacked (or its change of the model), so that it chooses once over all objectives.
 *
 *     const { value, selected } = krum(2).choose(rows, { random });
 *
 * Rules are pure, and their rows come sorted by client: the order of arrival reaches no bit. What a rule needs beside the rows (the
 * last aggregate, a trusted row, chance) is in its context. Read next: `coordinate-wise.ts`, `selection.ts`, `centres.ts`,
 * `before.ts` (steps before a rule), `catalogue.ts` (their names) and `robust.ts` (how a rule becomes an aggregator).
 */
import type { Random } from "../../shared/random.ts";

export interface RobustRule {
  readonly name: string;
  /** The least number of rows it is made for: 2f + 3 for Krum. */
  readonly fewest: number;
  /** Of n rows, how many may be anything at all without carrying the value away from the others. */
  readonly withstands: (n: number) => number;
  /** The laws it obeys beside the order of rows. */
  readonly laws: Laws;
  /** `rows` has at least one row, all are of one length and finite. */
  choose(rows: readonly Float64Array[], context: RuleContext): Choice;
}

/**
 * A rule of one's own. An experiment names its module, or takes it from a strategy's (`defineStrategy`):
 *
 *     export default ({ f = 1 }) => defineAggregation({ name: "nearest", … });     // or the rule itself, where it has no options
 *     checkAggregation(nearest({ f: 1 }));                                         // throws with every law it breaks
 *
 *     federation: { aggregation: { rule: module, path: ./nearest.mjs, options: { f: 2 } }, … }
 */
export const defineAggregation = (rule: RobustRule): RobustRule => rule;

export interface Laws {
  /** The order of rows, which is that of the clients' names and never of arrival, has no say; not so where ties or chance decide. */
  readonly permutation: boolean;
  /** choose(x + t) = choose(x) + t */
  readonly translation: boolean;
  /** choose(k·x) = k·choose(x) for k > 0 */
  readonly scaling: boolean;
}

export interface RuleContext {
  /** This round's own fork. */
  readonly random: Random;
  /** What the rule answered in the last round; absent in the first. */
  readonly last?: Float64Array | undefined;
  /** Which row is trusted. */
  readonly root?: number | undefined;
}

export interface Choice {
  readonly value: Float64Array;
  /** The rows that have a part in the value, ascending; null where all have. */
  readonly selected: readonly number[] | null;
}

/** The mean of rows, or of those selected, added in their order. */
export function meanOf(
  rows: readonly Float64Array[],
  selected: readonly number[] = rows.map((_, i) => i),
): Float64Array {
  const mean = new Float64Array(rows[0]!.length);
  for (const i of selected) {
    const row = rows[i]!;
    for (let j = 0; j < mean.length; j++) mean[j] = mean[j]! + row[j]!;
  }
  return divided(mean, selected.length);
}

/** v / n, in place. */
export function divided(v: Float64Array, n: number): Float64Array {
  for (let j = 0; j < v.length; j++) v[j] = v[j]! / n;
  return v;
}

/** Positions in the order of their scores, the smallest first; ties go to the lower position. */
export const ranked = (scores: ArrayLike<number>): number[] =>
  Array.from(scores, (_, i) => i).sort((a, b) => scores[a]! - scores[b]! || a - b);

export const ascending = (positions: readonly number[]): number[] => positions.toSorted((a, b) => a - b);
