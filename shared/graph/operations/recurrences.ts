/**
 * Recurrences along the last axis: each element is made of the one before it. Risk sets, lists read from their end and discounted
 * sums are these. What flows back through a recurrence is the recurrence the other way round.
 */
import { sameShape, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import { equal, exp, multiply, select, subtract, toReal } from "./elementwise.ts";
import type { Table } from "./operation.ts";
import { apply, mismatch, row } from "./operation.ts";
import { fill, pad, slice } from "./structure.ts";

export const recurrences = {
  /** yᵢ = bᵢ + aᵢ·yᵢ₋₁ (reverse: yᵢ₊₁); the first (last) is b itself, whatever its a. */
  linearScan: row({
    inputs: ["real", "real"],
    attributes: { reverse: "flag" },
    shape: (_values, a, b) => ({ shape: alike(a, b), dtype: "real" }),
    vjp: (g, y, { reverse }, a) => {
      const flow = linearScan(neighbour(a, !reverse), g, !reverse); // what reaches yᵢ, from later elements too
      return [multiply(flow, neighbour(y, reverse)), flow];
    },
    kernel: "linearScan",
    flops: (y) => 2 * sizeOf(y.shape),
  }),
  /**
   * yᵢ = log Σⱼ exp(xⱼ) over j ≤ i in the run of equal segment numbers that i is in: x […, n], segment […, n]. Computed as
   * M + log Σ exp(xⱼ − M) with the largest M so far. −∞ where all so far are −∞; what flows back there is NaN.
   */
  cumulativeLogSumExp: row({
    inputs: ["real", "index"],
    attributes: {},
    shape: (_values, x, segment) => ({ shape: alike(x, segment), dtype: "real" }),
    // ∂yᵢ/∂xⱼ = exp(xⱼ − yᵢ) = exp(xⱼ − yⱼ)·exp(yⱼ − yⱼ₊₁)⋯exp(yᵢ₋₁ − yᵢ): no factor is larger than 1
    vjp: (g, y, _values, x, segment) => [
      multiply(exp(subtract(x, y)), linearScan(shares(y, segment), g, true)),
      undefined,
    ],
    kernel: "cumulativeLogSumExp",
    flops: (y) => 22 * sizeOf(y.shape),
  }),
} satisfies Table;

function alike(x: Node, other: Node) {
  if (x.shape.length === 0) throw mismatch("a last axis", "a scalar");
  if (sameShape(x.shape, other.shape)) return x.shape;
  throw mismatch(`two inputs of the shape ${showShape(x.shape)}`, showShape(other.shape));
}

/** Each element's neighbour: the one before it (reverse: after it), 0 where there is none. */
function neighbour(x: Node, reverse: boolean): Node {
  const [axis, n] = [x.shape.length - 1, x.shape.at(-1)!];
  if (n === 0) return x;
  return reverse ? pad(slice(x, axis, 1, n - 1), axis, 0, 1) : pad(slice(x, axis, 0, n - 1), axis, 1, 0);
}

/** exp(yⱼ − yⱼ₊₁) where j + 1 is of the same segment, else 0. */
function shares(y: Node, segment: Node): Node {
  const [axis, n] = [y.shape.length - 1, y.shape.at(-1)!];
  if (n === 0) return y;
  const [here, next] = [0, 1].map(
    (start) =>
      (x: Node): Node =>
        slice(x, axis, start, n - 1),
  );
  const number = toReal(segment);
  const joined = equal(here!(number), next!(number));
  const ratio = select(joined, subtract(here!(y), next!(y)), fill(-Infinity, joined.shape));
  return pad(exp(ratio), axis, 0, 1);
}

export const linearScan = (a: Node, b: Node, reverse: boolean): Node =>
  apply(recurrences, "linearScan", [a, b], { reverse });
export const cumulativeLogSumExp = (x: Node, segment: Node): Node =>
  apply(recurrences, "cumulativeLogSumExp", [x, segment]);
