/**
 * What losses over sets are made of. The rows of a batch that have one number in `group` and are present (weight not 0) form a
 * set, wherever they stand. There are three ways to look at them:
 *
 *     slots    one number per group, [batch]: group k's at place k, the rest empty      totals, units
 *     lists    the rows group by group, each group in an order of its own (`lists.ts`)  ranks, risk sets: O(n log n)
 *     pairs    rows beside rows, [batch, batch]                                         comparisons: O(n²), so of small batches
 *
 *     const rows = inGroups(group, weights);
 *     const margins = relu(subtract(1, subtract(alongRows(s), alongColumns(s))));                // [i, j]
 *     return perGroup(rows, totals(rows, overPairs(rows, ordered, margins)), totals(rows, overPairs(rows, ordered)));
 *
 * A group is one unit. It counts with the weight of its first present row: give all rows of a group one weight. Absent rows
 * have zeros for inputs; what a loss computes for them is dropped by `totals` and `overPairs`.
 */
import {
  and,
  argSort,
  broadcastTo,
  concatenate,
  cumulativeSum,
  equal,
  fill,
  gather,
  multiply,
  notEqual,
  scatterAdd,
  scatterLast,
  select,
  slice,
  subtract,
  sum,
  takeLast,
  toIndex,
  toReal,
  unsqueeze,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { Units } from "./loss.ts";

export interface Groups {
  /** [batch] 1 where the row is there. */
  readonly present: Node;
  /** [batch] index: which of the groups a row is in, counted from 0; −1 for a row that is not there. */
  readonly number: Node;
  /** The weight of each group, slot by slot; 0 in empty slots. */
  readonly weight: Node;
}

export function inGroups(group: Node, weights: Node): Groups {
  const rows = group.shape[0]!;
  const present = notEqual(weights, 0);
  const order = argSort(select(present, group, Infinity)); // equal groups stay in the order of their rows
  const [ids, there] = [group, present].map((x) => takeLast(toReal(x), order));
  const first = multiply(there!, subtract(1, joined(ids!)));
  const sorted = toIndex(subtract(cumulativeSum(first), 1));
  return {
    present,
    number: toIndex(select(present, scatterLast(toReal(sorted), order, rows), -1)),
    weight: scatterAdd(select(first, takeLast(weights, order), 0), sorted, rows),
  };
}

/** 1 where an element [n] equals the one before it; the first has none. */
export function joined(x: Node): Node {
  const n = x.shape[0]!;
  return n === 0 ? toReal(x) : concatenate([fill(0, [1]), equal(slice(x, 0, 1, n - 1), slice(x, 0, 0, n - 1))], 0);
}

/** Slots: for each group the sum of x [batch] over its rows. */
export const totals = ({ present, number }: Groups, x: Node): Node =>
  scatterAdd(select(present, x, 0), number, number.shape[0]!);

/** Each row's slot: [batch] by group → [batch] by row; 0 for a row that is not there. */
export const ofGroup = ({ present, number }: Groups, slots: Node): Node => select(present, gather(slots, number), 0);

/** The units of a set loss, slot by slot; groups whose normalizer is 0 are ignored. Without a normalizer each group counts 1. */
export function perGroup({ weight }: Groups, value: Node, normalizer?: Node): Units {
  return normalizer === undefined ? { value, weight } : { value, normalizer, ignored: equal(normalizer, 0), weight };
}

/** [batch, batch] 1 where rows i and j are there and of one group, i = j too. */
export function together({ present, number }: Groups): Node {
  return and(equal(alongRows(number), alongColumns(number)), and(alongRows(present), alongColumns(present)));
}

/** For each row i, Σⱼ f[i, j] over the rows j of its group with `chosen` [batch, batch]; their number when f is left out. */
export const overPairs = (rows: Groups, chosen: Node, f: Node | number = 1): Node =>
  sum(select(and(together(rows), chosen), f, 0), 1);

/** x [batch] as rows: [i, j] = xᵢ. */
export const alongRows = (x: Node): Node => broadcastTo(unsqueeze(x, 1), [x.shape[0]!, x.shape[0]!]);
/** x [batch] as columns: [i, j] = xⱼ. */
export const alongColumns = (x: Node): Node => broadcastTo(unsqueeze(x, 0), [x.shape[0]!, x.shape[0]!]);
