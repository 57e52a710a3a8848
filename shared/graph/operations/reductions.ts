/** Operations that bring an axis down to one value, run along it, or normalize it. */
import { sameShape, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import { multiply, select, subtract } from "./elementwise.ts";
import { oneHot, scatterLast } from "./indexing.ts";
import type { Table, Typed } from "./operation.ts";
import { apply, mismatch, row } from "./operation.ts";
import { alongAxis, axisLast, expand, fill, reshape, sum } from "./structure.ts";

export const reductions = {
  /** The largest along an axis, which stays with length 1; a NaN counts as the largest. The first of equals takes the whole gradient. */
  max: row({
    inputs: ["real"],
    attributes: { axis: "integer" },
    shape: ({ axis }, x) => ({ shape: someAlongAxis(x, axis).with(axis, 1), dtype: "real" }),
    vjp: (g, _y, { axis }, x) => {
      const { restore } = axisLast(x, axis);
      const last = (node: Node) => axisLast(node, axis).moved;
      return [restore(scatterLast(last(g), last(argMax(x, axis)), x.shape[axis]!))];
    },
    kernel: "max",
    flops: (_y, x) => sizeOf(x.shape),
  }),
  /** Where the largest stands along an axis, which stays with length 1: the first of equals, the first NaN if there is one. */
  argMax: row({
    inputs: ["real"],
    attributes: { axis: "integer" },
    shape: ({ axis }, x) => ({ shape: someAlongAxis(x, axis).with(axis, 1), dtype: "index" }),
    vjp: () => [undefined],
    kernel: "argMax",
    flops: (_y, x) => sizeOf(x.shape),
  }),
  /** yᵢ = Σⱼ xⱼ over j ≤ i (reverse: j ≥ i; exclusive: without i itself). */
  cumulativeSum: row({
    inputs: ["real"],
    attributes: { axis: "integer", reverse: "flag", exclusive: "flag" },
    shape: ({ axis }, x) => ({ shape: alongAxis(x, axis), dtype: "real" }),
    vjp: (g, _y, { axis, reverse, exclusive }) => [cumulativeSum(g, axis, { reverse: !reverse, exclusive })],
    kernel: "cumulativeSum",
  }),
  /**
   * log Σⱼ exp(xⱼ) along the last axis, which stays with length 1; computed as M + log Σⱼ exp(xⱼ − M) with the largest M,
   * and M itself when that is not finite. Along an empty axis −∞.
   */
  logSumExp: row({
    inputs: ["real"],
    attributes: {},
    shape: (_values, x) => ({ shape: withLast(x, 1), dtype: "real" }),
    vjp: (g, _y, _values, x) => [multiply(expandLast(g, x), softmax(x))],
    kernel: "logSumExp",
    flops: (_y, x) => 12 * sizeOf(x.shape),
  }),
  /** exp(xᵢ) / Σⱼ exp(xⱼ) along the last axis; NaN where the largest is not finite. */
  softmax: row({
    inputs: ["real"],
    attributes: {},
    shape: (_values, x) => ({ shape: withLast(x), dtype: "real" }),
    vjp: (g, y) => [multiply(y, subtract(g, expandLast(sum(multiply(g, y), y.shape.length - 1), y)))],
    kernel: "softmax",
    flops: (_y, x) => 13 * sizeOf(x.shape),
  }),
  /** log Σⱼ exp(zⱼ) − z_label for each row of logits [batch, classes]; NaN for a label outside the classes. */
  softmaxCrossEntropy: row({
    inputs: ["real", "index"],
    attributes: {},
    shape: (_values, logits, labels) => rowsWithLabels(logits, labels),
    vjp: (g, _y, _values, logits, labels) => [softmaxCrossEntropySlope(logits, labels, g), undefined],
    kernel: "softmaxCrossEntropy",
    flops: (_y, logits) => 13 * sizeOf(logits.shape),
  }),
  /** s·(softmax(z) − onehot(label)) for each row: ∂ℓ/∂z of the row before, in one pass, with s [batch] what flows back into ℓ. */
  softmaxCrossEntropySlope: row({
    inputs: ["real", "index", "real"],
    attributes: {},
    shape: (_values, logits, labels, scales) => slopeOfRows(logits, labels, scales),
    // y = s·(p − onehot):  ∂/∂z = s·p·(g − Σ g·p),  ∂/∂s = Σ g·(p − onehot)
    vjp: (g, _y, _values, logits, labels, scales) =>
      slopesOfShares(g, softmax(logits), oneHot(labels, logits.shape[1]!), scales),
    kernel: "softmaxCrossEntropySlope",
    flops: (_y, logits) => 15 * sizeOf(logits.shape),
  }),
  /** log Σ_{j ≠ label} exp(zⱼ) − z_label for each row of logits [batch, classes]; NaN for a label outside the classes. */
  shortfall: row({
    inputs: ["real", "index"],
    attributes: {},
    shape: (_values, logits, labels) => rowsWithLabels(logits, labels),
    vjp: (g, _y, _values, logits, labels) => [shortfallSlope(logits, labels, g), undefined],
    kernel: "shortfall",
    flops: (_y, logits) => 13 * sizeOf(logits.shape),
  }),
  /** s·(q − onehot(label)) for each row, q the softmax of the others and 0 at the label: the slope of the row before, in one pass. */
  shortfallSlope: row({
    inputs: ["real", "index", "real"],
    attributes: {},
    shape: (_values, logits, labels, scales) => slopeOfRows(logits, labels, scales),
    // y = s·(q − onehot):  ∂/∂z = s·q·(g − Σ g·q),  ∂/∂s = Σ g·(q − onehot)
    vjp: (g, _y, _values, logits, labels, scales) => {
      const label = oneHot(labels, logits.shape[1]!);
      const q = softmax(select(label, fill(-Infinity, logits.shape), logits));
      return slopesOfShares(g, q, label, scales);
    },
    kernel: "shortfallSlope",
    flops: (_y, logits) => 15 * sizeOf(logits.shape),
  }),
} satisfies Table;

function someAlongAxis(x: Node, axis: number) {
  if (alongAxis(x, axis)[axis] === 0) throw mismatch(`at least one element along axis ${axis}`, showShape(x.shape));
  return x.shape;
}

/** One number per row of logits [batch, classes], which have labels [batch]. */
function rowsWithLabels(logits: Node, labels: Node): Typed {
  const [batch, classes] = logits.shape;
  if (batch === undefined || classes === undefined || logits.shape.length !== 2) {
    throw mismatch("logits [batch, classes]", showShape(logits.shape));
  }
  if (labels.shape.length !== 1 || labels.shape[0] !== batch) {
    throw mismatch(`${batch} labels, one per row of logits`, showShape(labels.shape));
  }
  return { shape: labels.shape, dtype: "real" };
}

/** Logits, their labels, and what flows back into each row. */
function slopeOfRows(logits: Node, labels: Node, scales: Node): Typed {
  const { shape } = rowsWithLabels(logits, labels);
  if (!sameShape(scales.shape, shape))
    throw mismatch(`${shape[0]} scales, one per row of logits`, showShape(scales.shape));
  return { shape: logits.shape, dtype: "real" };
}

/** What flows back through y = s·(p − onehot) into the logits of the shares p, the labels and s. */
function slopesOfShares(g: Node, p: Node, label: Node, scales: Node): [Node, undefined, Node] {
  const along = (x: Node): Node => expandLast(reshape(x, [x.shape[0]!, 1]), p);
  const total = (x: Node): Node => reshape(sum(x, 1), [x.shape[0]!]);
  return [
    multiply(along(scales), multiply(p, subtract(g, along(total(multiply(g, p)))))),
    undefined,
    total(multiply(g, subtract(p, label))),
  ];
}

function withLast(x: Node, length?: number) {
  if (x.shape.length === 0) throw mismatch("a last axis", "a scalar");
  return length === undefined ? x.shape : x.shape.with(-1, length);
}

const expandLast = (x: Node, like: Node): Node => expand(x, like.shape.length - 1, like.shape.at(-1)!);

export const max = (x: Node, axis: number): Node => apply(reductions, "max", [x], { axis });
export const argMax = (x: Node, axis: number): Node => apply(reductions, "argMax", [x], { axis });
export const cumulativeSum = (x: Node, axis: number, options: { reverse: boolean; exclusive: boolean }): Node =>
  apply(reductions, "cumulativeSum", [x], { axis, ...options });
export const logSumExp = (x: Node): Node => apply(reductions, "logSumExp", [x]);
export const softmax = (x: Node): Node => apply(reductions, "softmax", [x]);
export const softmaxCrossEntropy = (logits: Node, labels: Node): Node =>
  apply(reductions, "softmaxCrossEntropy", [logits, labels]);
export const shortfall = (logits: Node, labels: Node): Node => apply(reductions, "shortfall", [logits, labels]);
const shortfallSlope = (logits: Node, labels: Node, scales: Node): Node =>
  apply(reductions, "shortfallSlope", [logits, labels, scales]);
const softmaxCrossEntropySlope = (logits: Node, labels: Node, scales: Node): Node =>
  apply(reductions, "softmaxCrossEntropySlope", [logits, labels, scales]);
