/**
 * Reading and adding at computed places. Each reader's vjp is an adder and the other way round: gather ⇄ scatterAdd (rows),
 * takeLast ⇄ scatterLast (within the last axis).
 *
 * An index outside its range is refused where data are read; should one come here, readers give NaN, adders ignore what
 * was meant for it (in value and in gradient), and oneHot gives zeros.
 */
import { sameShape, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import { isFinite, select } from "./elementwise.ts";
import type { Table } from "./operation.ts";
import { apply, mismatch, row } from "./operation.ts";
import { expand, fill, reshape } from "./structure.ts";

const free = { flops: () => 0 };

export const indexing = {
  /** Rows by number: x [n, …rest], index [m…] → [m…, …rest]. */
  gather: row({
    inputs: ["real", "index"],
    attributes: {},
    shape: (_values, x, index) => {
      if (x.shape.length === 0) throw mismatch("rows to gather from", "a scalar");
      return { shape: [...index.shape, ...x.shape.slice(1)], dtype: "real" };
    },
    vjp: (g, _y, _values, x, index) => [scatterAdd(g, index, x.shape[0]!), undefined],
    kernel: "gather",
    ...free,
  }),
  /** The sum of the rows of v that name the same place: v [m…, …rest], index [m…] → [size, …rest]; the sum over segments. */
  scatterAdd: row({
    inputs: ["real", "index"],
    attributes: { size: "integer" },
    shape: ({ size }, v, index) => {
      const outer = index.shape.length;
      if (!sameShape(v.shape.slice(0, outer), index.shape)) {
        throw mismatch(`one index for each row of ${showShape(v.shape)}`, showShape(index.shape));
      }
      return { shape: [size, ...v.shape.slice(outer)], dtype: "real" };
    },
    vjp: (g, _y, _values, v, index) => [whereInside(gather(g, index), index, g.shape[0]!, v.shape), undefined],
    kernel: "scatterAdd",
    flops: (_y, v) => sizeOf(v.shape),
  }),
  /** Elements of each row by number: x [… , n], index [… , k] → [… , k]. */
  takeLast: row({
    inputs: ["real", "index"],
    attributes: {},
    shape: (_values, x, index) => {
      matchingRows(x, index);
      return { shape: index.shape, dtype: "real" };
    },
    vjp: (g, _y, _values, x, index) => [scatterLast(g, index, x.shape.at(-1)!), undefined],
    kernel: "takeLast",
    ...free,
  }),
  /** Each row's elements added at their places: v [… , k], index [… , k] → [… , size]. */
  scatterLast: row({
    inputs: ["real", "index"],
    attributes: { size: "integer" },
    shape: ({ size }, v, index) => {
      matchingRows(v, index);
      if (!sameShape(v.shape, index.shape))
        throw mismatch(`an index of shape ${showShape(v.shape)}`, showShape(index.shape));
      return { shape: v.shape.with(-1, size), dtype: "real" };
    },
    vjp: (g, _y, { size }, v, index) => [whereInside(takeLast(g, index), index, size, v.shape), undefined],
    kernel: "scatterLast",
    flops: (_y, v) => sizeOf(v.shape),
  }),
  /** 1 at the place an index names, 0 elsewhere: index […] → [… , size]. */
  oneHot: row({
    inputs: ["index"],
    attributes: { size: "integer" },
    shape: ({ size }, index) => ({ shape: [...index.shape, size], dtype: "real" }),
    vjp: () => [undefined],
    kernel: "oneHot",
    ...free,
  }),
  /** The order that sorts the last axis, ascending or descending; equals keep their order, NaN stands last. */
  argSort: row({
    inputs: ["real"],
    attributes: { descending: "flag" },
    shape: (_values, x) => {
      if (x.shape.length === 0) throw mismatch("a last axis to sort", "a scalar");
      return { shape: x.shape, dtype: "index" };
    },
    vjp: () => [undefined],
    kernel: "argSort",
    flops: (y) => sizeOf(y.shape) * (32 - Math.clz32(y.shape.at(-1)!)), // n·log₂ n comparisons
  }),
} satisfies Table;

function matchingRows(x: Node, index: Node): void {
  if (
    x.shape.length === 0 ||
    index.shape.length !== x.shape.length ||
    !sameShape(x.shape.with(-1, 0), index.shape.with(-1, 0))
  ) {
    throw mismatch(`an index whose rows match those of ${showShape(x.shape)}`, showShape(index.shape));
  }
}

/** `read`, with zeros where the index lies outside 0 … size − 1: what was ignored has no influence. `index` leads the axes of `shape`. */
function whereInside(read: Node, index: Node, size: number, shape: Shape): Node {
  const inside = isFinite(gather(fill(1, [size]), index));
  const rest = sizeOf(shape.slice(index.shape.length));
  const mask = expand(reshape(inside, [sizeOf(index.shape), 1]), 1, rest);
  return select(reshape(mask, shape), read, fill(0, shape));
}

export const gather = (x: Node, index: Node): Node => apply(indexing, "gather", [x, index]);
export const scatterAdd = (v: Node, index: Node, size: number): Node =>
  apply(indexing, "scatterAdd", [v, index], { size });
export const takeLast = (x: Node, index: Node): Node => apply(indexing, "takeLast", [x, index]);
export const scatterLast = (v: Node, index: Node, size: number): Node =>
  apply(indexing, "scatterLast", [v, index], { size });
export const oneHot = (index: Node, size: number): Node => apply(indexing, "oneHot", [index], { size });
export const argSort = (x: Node, descending: boolean): Node => apply(indexing, "argSort", [x], { descending });
