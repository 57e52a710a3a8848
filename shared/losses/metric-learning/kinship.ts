/** Who is of one class and who is not, among the rows of a group. */
import {
  and,
  concatenate,
  equal,
  fill,
  greater,
  iota,
  max,
  negate,
  not,
  notEqual,
  select,
  sum,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { alongColumns, alongRows, together, type Groups } from "../groups.ts";
import { fromData, fromModel } from "../inputs.ts";

/** Embeddings with their classes, in groups. */
export const labelled = {
  prediction: fromModel("real", ["batch", "features"]),
  target: fromData("class", ["batch"], { below: "classes" }),
  group: fromData("group", ["batch"]),
} as const;

export interface Kinship {
  /** [i, j] 1 where j is another row of i's group, and of its class. */
  readonly positive: Node;
  /** [i, j] 1 where j is of i's group, and of another class. */
  readonly negative: Node;
  /** [i, j] 1 where j is another row of i's group. */
  readonly others: Node;
  /** [batch] 1 where a row has both positives and negatives. */
  readonly anchor: Node;
}

/** `kin` [batch]: equal for rows that belong together. */
export function kinship(rows: Groups, kin: Node): Kinship {
  const place = iota([kin.shape[0]!]);
  const others = and(together(rows), notEqual(alongRows(place), alongColumns(place)));
  const same = equal(alongRows(kin), alongColumns(kin));
  const [positive, negative] = [and(others, same), and(others, not(same))];
  return { others, positive, negative, anchor: and(greater(sum(positive, 1), 0), greater(sum(negative, 1), 0)) };
}

/** The largest of the chosen along the last axis, which stays with length 1; `none` where nothing is larger. */
export function largest(chosen: Node, f: Node, none: number): Node {
  const candidates = select(chosen, f, none);
  const base = fill(none, candidates.shape.with(-1, 1));
  return max(concatenate([base, candidates], -1), -1, { keepAxis: true });
}

/** The smallest of the chosen along the last axis, which stays with length 1; `none` where nothing is smaller. */
export const smallest = (chosen: Node, f: Node, none: number): Node => negate(largest(chosen, negate(f), -none));
