/**
 * The rows of a batch as lists: group by group, each group in an order of its own, so that what runs along a list is one scan.
 *
 *     const list = inLists(rows, target, { descending: true });            // the most relevant first, ties as the rows stand
 *     const logSums = cumulativeLogSumExp(list.take(s), list.number);      // over the list down to each place
 *
 * Rows that are not there have the number −1 and stand before all lists. Sorting is O(n log n) and has no gradient; gradients
 * follow the rows that are taken.
 */
import {
  and,
  argSort,
  concatenate,
  cumulativeLogSumExp,
  cumulativeSum,
  fill,
  linearScan,
  not,
  scatterAdd,
  scatterLast,
  select,
  slice,
  subtract,
  takeLast,
  toIndex,
  toReal,
  type Order,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { joined, type Groups } from "./groups.ts";

export interface Lists {
  /** [batch] index: which row stands at each place. */
  readonly order: Node;
  /** [batch] index: which group each place belongs to, −1 where the row is not there. */
  readonly number: Node;
  /** x [batch] by row → by place. */
  take(x: Node): Node;
  /** Slots: for each group the sum of x [batch] by place. */
  totals(x: Node): Node;
}

/** The rows by group, within it by `key` [batch]; equals in the order of the rows. */
export function inLists({ number }: Groups, key: Node, order: Order = {}): Lists {
  const byKey = argSort(toReal(key), order);
  const byGroup = argSort(takeLast(toReal(number), byKey)); // stable: within a group they stay as they are
  return listsOf(toIndex(takeLast(toReal(byKey), byGroup)), number);
}

function listsOf(order: Node, number: Node): Lists {
  const take = (x: Node): Node => takeLast(toReal(x), order);
  const sorted = toIndex(take(number));
  return { order, number: sorted, take, totals: (x) => scatterAdd(x, sorted, x.shape[0]!) };
}

/** Each row's place in its list, counted from 1: [batch] by row. */
export function ranks(rows: Groups, key: Node, order: Order = {}): Node {
  const list = inLists(rows, key, order);
  return scatterLast(places(list.number), list.order, key.shape[0]!);
}

/** At each place, how far along its run of equal numbers it stands, counted from 1. */
export const places = (runs: Node): Node => linearScan(joined(runs), fill(1, runs.shape));

/** Which run of equal keys each place belongs to, counted through all lists: [batch] index. `key` [batch] by place. */
export function runsOf({ number }: Lists, key: Node): Node {
  const same = and(joined(number), joined(key));
  return toIndex(subtract(cumulativeSum(not(same)), 1));
}

/** Slots: for each run of equal numbers, x [batch] at the run's last place. */
export function atEnds(runs: Node, x: Node): Node {
  const n = runs.shape[0]!;
  if (n === 0) return x;
  const last = concatenate([not(slice(joined(runs), 0, 1, n - 1)), fill(1, [1])], 0);
  return scatterAdd(select(last, x, 0), runs, n);
}

/** Slots: log Σ exp of x [batch] over each group. Empty slots hold 0. */
export function logSumExpOf({ number }: Groups, x: Node): Node {
  const list = listsOf(argSort(toReal(number)), number);
  return atEnds(list.number, cumulativeLogSumExp(list.take(x), list.number));
}
