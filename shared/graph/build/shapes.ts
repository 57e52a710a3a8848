/** Builders that arrange elements: axes may be counted from the end (−1 is the last). */
import { TributaryError } from "../../errors.ts";
import { axisOf, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import * as rows from "../operations/structure.ts";

export { fill, stopGradient } from "../operations/structure.ts";
export { broadcastTo } from "./operand.ts";

/** The same elements under another shape; one axis may be −1: whatever is left. */
export function reshape(x: Node, shape: Shape): Node {
  const open = shape.indexOf(-1);
  if (open < 0) return rows.reshape(x, shape);
  const rest = sizeOf(shape.toSpliced(open, 1));
  const length = sizeOf(x.shape) / rest;
  if (!Number.isInteger(length)) {
    throw new TributaryError(
      "shape-mismatch",
      `reshape: Expected a shape that divides ${showShape(x.shape)}, got ${showShape(shape)}`,
    );
  }
  return rows.reshape(x, shape.with(open, length));
}

/** [batch, …rest] as [batch, elements]. */
export const flatten = (x: Node): Node => rows.reshape(x, [x.shape[0] ?? 1, sizeOf(x.shape.slice(1))]);

/** Without an axis of length 1; without all of them when none is named. */
export function squeeze(x: Node, axis?: number): Node {
  if (axis === undefined)
    return rows.reshape(
      x,
      x.shape.filter((length) => length !== 1),
    );
  const at = axisOf(axis, x.shape);
  if (x.shape[at] !== 1)
    throw new TributaryError(
      "shape-mismatch",
      `squeeze: Expected axis ${at} to have length 1, got ${showShape(x.shape)}`,
    );
  return rows.reshape(x, x.shape.toSpliced(at, 1));
}

/** With a new axis of length 1 before `axis` (−1: at the end). */
export function unsqueeze(x: Node, axis: number): Node {
  const at = axisOf(axis, [...x.shape, 1]);
  return rows.reshape(x, x.shape.toSpliced(at, 0, 1));
}

/** An axis of length 1 repeated. */
export const expand = (x: Node, axis: number, size: number): Node => rows.expand(x, axisOf(axis, x.shape), size);

/** Axis i of the result is axis permutation[i] of x; without a permutation the axes are reversed. */
export const transpose = (x: Node, permutation: readonly number[] = [...x.shape.keys()].reverse()): Node =>
  rows.transpose(x, permutation);

/** Two axes exchanged. */
export function swapAxes(x: Node, a: number, b: number): Node {
  const [first, second] = [axisOf(a, x.shape), axisOf(b, x.shape)];
  return rows.transpose(x, [...x.shape.keys()].with(first, second).with(second, first));
}

/** Elements start … start + size − 1 of an axis; a negative start counts from the end. */
export function slice(x: Node, axis: number, start: number, size: number): Node {
  const at = axisOf(axis, x.shape);
  return rows.slice(x, at, start < 0 ? start + x.shape[at]! : start, size);
}

/** Zeros before and after an axis. */
export const pad = (x: Node, axis: number, before: number, after: number): Node =>
  rows.pad(x, axisOf(axis, x.shape), before, after);

/** Tensors one after the other along an axis. */
export const concatenate = (parts: readonly Node[], axis: number): Node =>
  rows.concatenate(parts, axisOf(axis, parts[0]?.shape ?? []));

/** Tensors of one shape side by side along a new axis. */
export const stack = (parts: readonly Node[], axis: number): Node =>
  concatenate(
    parts.map((part) => unsqueeze(part, axis)),
    axis,
  );

/** An axis cut into parts of these sizes. */
export function split(x: Node, axis: number, sizes: readonly number[]): Node[] {
  let start = 0;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== x.shape[axisOf(axis, x.shape)]) {
    throw new TributaryError(
      "shape-mismatch",
      `split: Expected parts that make up axis ${axis} of ${showShape(x.shape)}, got ${sizes.join(" + ")}`,
    );
  }
  return sizes.map((size) => {
    start += size;
    return slice(x, axis, start - size, size);
  });
}

export const reverse = (x: Node, axis: number): Node => rows.reverse(x, axisOf(axis, x.shape));
