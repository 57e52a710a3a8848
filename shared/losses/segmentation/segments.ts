/**
 * Rows that share a number in `group`, as segments: found by sorting, so that a batch of images costs n·log n and never
 * [pixels, pixels]. Absent rows (weight 0) stand together in a last segment, which has no weight.
 */
import {
  argSort,
  concatenate,
  cumulativeSum,
  equal,
  fill,
  gather,
  not,
  notEqual,
  scatterAdd,
  select,
  slice,
  subtract,
  toIndex,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";

export interface Segments {
  /** [batch] index: the segment of each row. */
  readonly of: Node;
  /** [batch]: the weight of each segment, that of its first row; 0 where there is no such segment. */
  readonly weight: Node;
}

export function segmentsOf(group: Node, weights: Node): Segments {
  const rows = group.shape[0]!;
  const key = select(notEqual(weights, 0), group, Infinity);
  const order = argSort(key); // stable: a group's first row stays its first
  const sorted = gather(key, order);
  const first =
    rows === 0
      ? sorted
      : concatenate([fill(1, [1]), not(equal(slice(sorted, 0, 1, rows - 1), slice(sorted, 0, 0, rows - 1)))], 0);
  const rank = subtract(cumulativeSum(first), 1);
  return {
    of: toIndex(scatterAdd(rank, order, rows)),
    weight: scatterAdd(select(first, gather(weights, order), 0), toIndex(rank), rows),
  };
}
