/**
 * Operations that move elements and compute nothing: each is linear, and its vjp moves them back. They take either dtype.
 * `sum` stands here too, since it is what flows back through `expand`.
 */
import { around, sameShape, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import { scalar } from "./leaves.ts";
import type { Table } from "./operation.ts";
import { apply, mismatch, row } from "./operation.ts";

const free = { flops: () => 0 };

export const structure = {
  /** The same elements in the same order, under another shape. */
  reshape: row({
    inputs: ["any"],
    attributes: { shape: "integers" },
    shape: ({ shape }, x) => {
      const wanted = shape.reduce((size, axis) => size * BigInt(axis), 1n);
      if (wanted !== BigInt(sizeOf(x.shape))) {
        throw mismatch(`a shape of ${sizeOf(x.shape)} elements for ${showShape(x.shape)}`, showShape(shape));
      }
      return { shape, dtype: x.dtype };
    },
    vjp: (g, _y, _values, x) => [reshape(g, x.shape)],
    kernel: "alias",
    ...free,
  }),
  /** x itself, through which nothing flows back. */
  stopGradient: row({
    inputs: ["any"],
    attributes: {},
    shape: (_values, x) => x,
    vjp: () => [undefined],
    kernel: "alias",
    ...free,
  }),
  /** An axis of length 1 repeated `size` times. */
  expand: row({
    inputs: ["any"],
    attributes: { axis: "integer", size: "integer" },
    shape: ({ axis, size }, x) => {
      if (x.shape[axis] !== 1) throw mismatch(`axis ${axis} to have length 1`, showShape(x.shape));
      return { shape: x.shape.with(axis, size), dtype: x.dtype };
    },
    vjp: (g, _y, { axis }) => [sum(g, axis)],
    kernel: "expand",
    ...free,
  }),
  /** The sum along an axis, which stays with length 1; 0 along an empty one. */
  sum: row({
    inputs: ["real"],
    attributes: { axis: "integer" },
    shape: ({ axis }, x) => ({ shape: alongAxis(x, axis).with(axis, 1), dtype: "real" }),
    vjp: (g, _y, { axis }, x) => [expand(g, axis, x.shape[axis]!)],
    kernel: "sum",
    flops: (_y, x) => sizeOf(x.shape),
  }),
  /** Axis i of y is axis permutation[i] of x. */
  transpose: row({
    inputs: ["any"],
    attributes: { permutation: "integers" },
    shape: ({ permutation }, x) => {
      if (
        !sameShape(
          permutation.toSorted((a, b) => a - b),
          x.shape.map((_, i) => i),
        )
      ) {
        throw mismatch(`a permutation of the ${x.shape.length} axes of ${showShape(x.shape)}`, showShape(permutation));
      }
      return { shape: permutation.map((axis) => x.shape[axis]!), dtype: x.dtype };
    },
    vjp: (g, _y, { permutation }) => [transpose(g, inverse(permutation))],
    kernel: "permute",
    ...free,
  }),
  /** Elements start … start + size − 1 of an axis. */
  slice: row({
    inputs: ["any"],
    attributes: { axis: "integer", start: "integer", size: "integer" },
    shape: ({ axis, start, size }, x) => {
      const length = alongAxis(x, axis)[axis]!;
      if (start + size > length)
        throw mismatch(`a part of axis ${axis} of length ${length}`, `${start} … ${start + size}`);
      return { shape: x.shape.with(axis, size), dtype: x.dtype };
    },
    vjp: (g, _y, { axis, start, size }, x) => [pad(g, axis, start, x.shape[axis]! - start - size)],
    kernel: "copyBlocks",
    ...free,
  }),
  /** Zeros before and after an axis. */
  pad: row({
    inputs: ["any"],
    attributes: { axis: "integer", before: "integer", after: "integer" },
    shape: ({ axis, before, after }, x) => ({
      shape: x.shape.with(axis, before + alongAxis(x, axis)[axis]! + after),
      dtype: x.dtype,
    }),
    vjp: (g, _y, { axis, before }, x) => [slice(g, axis, before, x.shape[axis]!)],
    kernel: "copyBlocks",
    ...free,
  }),
  /** Tensors one after the other along an axis; their other axes agree. */
  concatenate: row({
    inputs: "same",
    attributes: { axis: "integer" },
    shape: ({ axis }, ...parts) => {
      const first = parts[0]!;
      alongAxis(first, axis);
      for (const part of parts) {
        if (part.shape.length === first.shape.length && sameShape(part.shape.with(axis, 0), first.shape.with(axis, 0)))
          continue;
        throw mismatch(`shapes that agree with ${showShape(first.shape)} outside axis ${axis}`, showShape(part.shape));
      }
      return {
        shape: first.shape.with(
          axis,
          parts.reduce((size, part) => size + part.shape[axis]!, 0),
        ),
        dtype: first.dtype,
      };
    },
    vjp: (g, _y, { axis }, ...parts) => {
      let start = 0;
      return parts.map((part) => {
        const size = part.shape[axis]!;
        start += size;
        return slice(g, axis, start - size, size);
      });
    },
    kernel: "copyBlocks",
    ...free,
  }),
  /** An axis read from its end. */
  reverse: row({
    inputs: ["any"],
    attributes: { axis: "integer" },
    shape: ({ axis }, x) => ({ shape: alongAxis(x, axis), dtype: x.dtype }),
    vjp: (g, _y, { axis }) => [reverse(g, axis)],
    kernel: "reverse",
    ...free,
  }),
} satisfies Table;

/** x's shape, once it is sure that it has this axis. */
export function alongAxis(x: Node, axis: number): Shape {
  if (axis >= x.shape.length) throw mismatch(`an axis of ${showShape(x.shape)}`, `axis ${axis}`);
  return x.shape;
}

export const inverse = (permutation: readonly number[]): readonly number[] =>
  permutation.map((_, axis) => permutation.indexOf(axis));

export const reshape = (x: Node, shape: Shape): Node =>
  sameShape(x.shape, shape) ? x : apply(structure, "reshape", [x], { shape });
export const stopGradient = (x: Node): Node => apply(structure, "stopGradient", [x]);
export const expand = (x: Node, axis: number, size: number): Node => apply(structure, "expand", [x], { axis, size });
export const sum = (x: Node, axis: number): Node => apply(structure, "sum", [x], { axis });
export const transpose = (x: Node, permutation: readonly number[]): Node =>
  apply(structure, "transpose", [x], { permutation });
export const slice = (x: Node, axis: number, start: number, size: number): Node =>
  apply(structure, "slice", [x], { axis, start, size });
export const pad = (x: Node, axis: number, before: number, after: number): Node =>
  apply(structure, "pad", [x], { axis, before, after });
export const concatenate = (parts: readonly Node[], axis: number): Node =>
  apply(structure, "concatenate", parts, { axis });
export const reverse = (x: Node, axis: number): Node => apply(structure, "reverse", [x], { axis });

/** One value everywhere: a scalar constant, repeated. */
export const fill = (value: number, shape: Shape): Node =>
  reshape(expand(reshape(scalar(value), [1]), 0, sizeOf(shape)), shape);

/** x with an axis moved to the end, and the way back. */
export function axisLast(x: Node, axis: number): { readonly moved: Node; readonly restore: (y: Node) => Node } {
  if (axis === x.shape.length - 1) return { moved: x, restore: (y) => y };
  if (around(x.shape, axis).inner === 1) {
    const axes = x.shape.length - 1;
    const moved = reshape(x, [...x.shape.toSpliced(axis, 1), x.shape[axis]!]);
    return { moved, restore: (y) => reshape(y, y.shape.slice(0, axes).toSpliced(axis, 0, y.shape[axes]!)) };
  }
  const permutation = [...x.shape.keys()].filter((i) => i !== axis).concat(axis);
  return { moved: transpose(x, permutation), restore: (y) => transpose(y, inverse(permutation)) };
}
