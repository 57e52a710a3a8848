/**
 * What losses over sets are made of. The rows of a batch that have one number in `group` and are present (weight not 0) form a
 * set, wherever they stand. Sets are compared row by row with row, [batch, batch]: batches hold few groups.
 *
 *     const rows = inGroups(group, weights);
 *     const margins = relu(subtract(1, subtract(unsqueeze(s, 1), unsqueeze(s, 0))));     // [i, j]
 *     return perGroup(rows, overPairs(rows, ordered, margins), overPairs(rows, ordered, one));
 *
 * A group is one unit. It counts with the weight of its first present row: give all rows of a group one weight. Absent rows
 * have zeros for inputs; whatever a loss computes for them must go through `together` before it is summed.
 */
import { and, broadcastTo, constant, equal, multiply, notEqual, select, sum, unsqueeze } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { Units } from "./loss.ts";

export interface Groups {
  readonly weights: Node;
  /** [batch] 1 where the row is there. */
  readonly present: Node;
  /** [batch, batch] 1 where rows i and j are there and of one group, i = j too. */
  readonly together: Node;
  /** [batch] 1 at the first present row of each group, which stands for the group. */
  readonly leader: Node;
}

export function inGroups(group: Node, weights: Node): Groups {
  const rows = group.shape[0]!;
  const present = notEqual(weights, 0);
  const both = and(unsqueeze(present, 1), unsqueeze(present, 0));
  const together = and(equal(unsqueeze(group, 1), unsqueeze(group, 0)), both);
  const earlier = sum(multiply(together, below(rows)), 1); // how many of the group stand before the row
  return { weights, present, together, leader: and(equal(earlier, 0), present) };
}

/** The units of a set loss: value and normalizer of each row, added up over its group; groups whose normalizer is 0 are ignored. */
export function perGroup({ together, leader, weights }: Groups, value: Node, normalizer?: Node): Units {
  const added = (rows: Node): Node => sum(select(together, unsqueeze(rows, 0), 0), 1);
  const weight = select(leader, weights, 0);
  if (normalizer === undefined) return { value: added(value), weight };
  const total = added(normalizer);
  return { value: added(value), normalizer: total, ignored: equal(total, 0), weight };
}

/** For each row i, Σⱼ f[i, j] over the rows j of its group with `chosen` [batch, batch]. */
export const overPairs = ({ together }: Groups, chosen: Node, f: Node): Node =>
  sum(select(and(together, chosen), f, 0), 1);

/** For each row, the sum of x [batch] over its group. */
export const overGroup = ({ together }: Groups, x: Node): Node => sum(select(together, unsqueeze(x, 0), 0), 1);

/** x [batch] as rows: [i, j] = xᵢ. */
export const alongRows = (x: Node): Node => broadcastTo(unsqueeze(x, 1), [x.shape[0]!, x.shape[0]!]);
/** x [batch] as columns: [i, j] = xⱼ. */
export const alongColumns = (x: Node): Node => broadcastTo(unsqueeze(x, 0), [x.shape[0]!, x.shape[0]!]);

/** [rows, rows] 1 where j < i. */
export const below = (rows: number): Node =>
  constant(
    Array.from({ length: rows * rows }, (_, at) => (at % rows < Math.floor(at / rows) ? 1 : 0)),
    [rows, rows],
  );
