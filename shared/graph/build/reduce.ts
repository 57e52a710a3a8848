/** Builders that reduce or scan axes. A reduced axis disappears, unless `keepAxis` leaves it with length 1. */
import { axisOf, sizeOf } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import * as recurrences from "../operations/recurrences.ts";
import * as rows from "../operations/reductions.ts";
import { axisLast, fill, reshape, sum as sumRow } from "../operations/structure.ts";
import { divide, negate, subtract, toIndex } from "./arithmetic.ts";
import { broadcastTo, real } from "./operand.ts";
import { squeeze } from "./shapes.ts";

export interface Along {
  /** Leave a reduced axis in place, with length 1. @default false */
  readonly keepAxis?: boolean;
}
type Axes = number | readonly number[];

const axesOf = (x: Node, axes: Axes): number[] => [axes].flat().map((axis) => axisOf(axis, x.shape));

function reduced(x: Node, axes: number[], { keepAxis = false }: Along, reduce: (x: Node, axis: number) => Node): Node {
  const y = axes.reduce(reduce, x);
  return keepAxis
    ? y
    : reshape(
        y,
        y.shape.filter((_, axis) => !axes.includes(axis)),
      );
}

/** Σ along one axis or several. */
export const sum = (x: Node, axis: Axes, along: Along = {}): Node => reduced(real(x), axesOf(x, axis), along, sumRow);

/** Σ of all elements, a scalar. */
export const sumAll = (x: Node): Node => reshape(sumRow(reshape(real(x), [sizeOf(x.shape)]), 0), []);

/** The mean along one axis or several: NaN (0/0) along an empty one. */
export const mean = (x: Node, axis: Axes, along: Along = {}): Node =>
  divide(sum(x, axis, along), sizeOf(axesOf(x, axis).map((at) => x.shape[at]!)));

/** The mean of all elements, a scalar. */
export const meanAll = (x: Node): Node => divide(sumAll(x), sizeOf(x.shape));

/** The largest along an axis; its gradient goes to the first of equals. */
export const max = (x: Node, axis: Axes, along: Along = {}): Node => reduced(real(x), axesOf(x, axis), along, rows.max);

/** The smallest along an axis; its gradient goes to the first of equals. */
export const min = (x: Node, axis: Axes, along: Along = {}): Node => negate(max(negate(x), axis, along));

/** Where the largest stands along an axis: the first of equals. */
export const argMax = (x: Node, axis: number, along: Along = {}): Node =>
  reduced(real(x), axesOf(x, axis), along, rows.argMax);

/** Where the smallest stands along an axis: the first of equals. */
export const argMin = (x: Node, axis: number, along: Along = {}): Node => argMax(negate(x), axis, along);

/** log Σ exp along an axis. */
export function logSumExp(x: Node, axis = -1, { keepAxis = false }: Along = {}): Node {
  const at = axisOf(axis, x.shape);
  const { moved, restore } = axisLast(x, at);
  const y = restore(rows.logSumExp(moved));
  return keepAxis ? y : squeeze(y, at);
}

/** exp(xᵢ) / Σ exp(xⱼ) along an axis. */
export function softmax(x: Node, axis = -1): Node {
  const { moved, restore } = axisLast(x, axisOf(axis, x.shape));
  return restore(rows.softmax(moved));
}

/** x − log Σ exp(x) along an axis. */
export const logSoftmax = (x: Node, axis = -1): Node => subtract(x, logSumExp(x, axis, { keepAxis: true }));

/** −log softmax(logits)_label, one value per row: logits [batch, classes], labels [batch] → [batch]. Unit: nats. */
export const softmaxCrossEntropy = (logits: Node, labels: Node): Node => rows.softmaxCrossEntropy(logits, labels);

/** log Σ_{j ≠ label} exp(zⱼ) − z_label, one value per row: logits [batch, classes], labels [batch] → [batch]. Unit: nats. */
export const shortfall = (logits: Node, labels: Node): Node => rows.shortfall(logits, labels);

export interface Scan {
  /** From the end towards the start. @default false */
  readonly reverse?: boolean;
  /** Without the element itself. @default false */
  readonly exclusive?: boolean;
}

/** Running sums along an axis. */
export const cumulativeSum = (x: Node, axis = -1, { reverse = false, exclusive = false }: Scan = {}): Node =>
  rows.cumulativeSum(real(x), axisOf(axis, x.shape), { reverse, exclusive });

/**
 * log Σ exp of the elements up to each one, along the last axis: x […, n] → […, n]. Given a segment index alike, each run of
 * equal numbers starts anew.
 */
export const cumulativeLogSumExp = (x: Node, segment?: Node): Node =>
  recurrences.cumulativeLogSumExp(x, segment ?? toIndex(fill(0, x.shape)));

/** yᵢ = bᵢ + aᵢ·yᵢ₋₁ along the last axis (reverse: yᵢ₊₁), starting with b. */
export const linearScan = (a: Node, b: Node, { reverse = false }: Pick<Scan, "reverse"> = {}): Node =>
  recurrences.linearScan(a, b, reverse);

/** 0, 1, 2, … along an axis of `shape` (the last unless said), as reals: exact below 2²⁴ in float32. */
export function iota(shape: readonly number[], axis = -1): Node {
  const at = axisOf(axis, shape);
  const ones = fill(1, [shape[at]!]);
  const counted = rows.cumulativeSum(ones, 0, { reverse: false, exclusive: true });
  return broadcastTo(
    reshape(
      counted,
      shape.map((length, i) => (i === at ? length : 1)),
    ),
    shape,
  );
}
