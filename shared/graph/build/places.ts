/** Builders that read, add and sort at computed places. */
import { TributaryError } from "../../errors.ts";
import { axisOf, sameShape, showShape } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import * as rows from "../operations/indexing.ts";
import { axisLast } from "../operations/structure.ts";
import { squeeze, unsqueeze } from "./shapes.ts";

export { gather, oneHot, scatterAdd, scatterLast, takeLast } from "../operations/indexing.ts";
export { randomUniform } from "../operations/random.ts";

/** One element of each row: x [… , classes], label […] → […]: the row's class. */
export function pick(x: Node, label: Node): Node {
  if (!sameShape(x.shape.slice(0, -1), label.shape)) {
    throw new TributaryError(
      "shape-mismatch",
      `pick: Expected one index per row of ${showShape(x.shape)}, got ${showShape(label.shape)}`,
    );
  }
  return squeeze(rows.takeLast(x, unsqueeze(label, -1)), -1);
}

/** Σ of the rows of each segment: values [m, …rest], segment index [m] → [segments, …rest]; rows of no segment (−1) are ignored. */
export const segmentSum = (values: Node, segment: Node, segments: number): Node =>
  rows.scatterAdd(values, segment, segments);

export interface Order {
  /** Largest first. @default false */
  readonly descending?: boolean;
}

/** The order that sorts the last axis; equals keep their order, NaN stands last. */
export const argSort = (x: Node, { descending = false }: Order = {}): Node => rows.argSort(x, descending);

/** An axis (the last unless said) in order; gradients follow the elements. */
export function sort(x: Node, { axis = -1, descending = false }: Order & { readonly axis?: number } = {}): Node {
  const { moved, restore } = axisLast(x, axisOf(axis, x.shape));
  return restore(rows.takeLast(moved, rows.argSort(moved, descending)));
}
