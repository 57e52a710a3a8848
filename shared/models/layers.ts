/**
 * Layers: functions from a place and nodes to a node. The place names and owns the parameters; everything else is arithmetic
 * of the graph. Normalizations, attention and recurrent cells have files of their own beside this one.
 */
import {
  add,
  conv2d as convolve,
  divide,
  erf,
  gather,
  greaterEqual,
  matmul,
  multiply,
  relu,
  reshape,
  select,
  sigmoid,
  tanh,
} from "../graph/build.ts";
import type { PaddingChoice } from "../graph/build/images.ts";
import type { Node } from "../graph/graph.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Place } from "./model.ts";

/**
 * y = xW + b over the last axis.
 *
 * Shapes  x [batch, …, inputs] → [batch, …, outputs]; `weight` [inputs, outputs], `bias` [outputs]
 */
export function dense(place: Place, x: Node, outputs: number, { bias = true } = {}): Node {
  const inputs = x.shape.at(-1)!;
  const weight = place.parameter("weight", [inputs, outputs], { kind: "weight", fanIn: inputs, fanOut: outputs });
  const y = matmul(x, weight);
  return bias ? add(y, place.parameter("bias", [outputs], { kind: "bias", fanIn: inputs })) : y;
}

export interface ConvolutionOptions {
  readonly stride?: number;
  readonly padding?: PaddingChoice;
  readonly groups?: number;
  readonly bias?: boolean;
}

/**
 * Cross-correlation with `filters` kernels of `size` × `size`, channels last.
 *
 * Shapes  x [batch, H, W, C] → [batch, H′, W′, filters]; `weight` [size, size, C/groups, filters], `bias` [filters]
 */
export function conv2d(place: Place, x: Node, filters: number, size: number, options: ConvolutionOptions = {}): Node {
  const { stride = 1, padding = "same", groups = 1, bias = true } = options;
  const channels = x.shape[3]! / groups;
  const fanIn = size * size * channels;
  const role = { kind: "weight", fanIn, fanOut: (size * size * filters) / groups } as const;
  const y = convolve(x, place.parameter("weight", [size, size, channels, filters], role), { stride, padding, groups });
  return bias ? add(y, place.parameter("bias", [filters], { kind: "bias", fanIn })) : y;
}

/**
 * Row `index` of a table of learned vectors.
 *
 * Shapes  index [batch, …] in [0, size) → [batch, …, width]; `weight` [size, width]
 */
export function embedding(place: Place, index: Node, size: number, width: number): Node {
  const role = { kind: "weight", fanIn: 1, fanOut: width } as const; // one row of the one-hot product is read: one number enters
  return gather(place.parameter("weight", [size, width], role), index);
}

/**
 * Each number is 0 with probability `rate` while training, and 1/(1 − rate) times itself otherwise, so that its mean stays.
 * Chance is keyed by example and step: the same mask on any client, thread or batch position.
 */
export function dropout(place: Place, x: Node, rate: number): Node {
  if (rate === 0 || !place.training) return x;
  const uniform = reshape(place.uniform(sizeOf(x.shape.slice(1))), x.shape);
  return select(greaterEqual(uniform, rate), divide(x, 1 - rate), 0);
}

/** x + f(x), where f's result has x's shape. */
export const residual = (x: Node, layer: (x: Node) => Node): Node => add(x, layer(x));

/** x·Φ(x), with the normal distribution's Φ through erf — Hendrycks & Gimpel (2016). */
export const gelu = (x: Node): Node => multiply(multiply(0.5, x), add(1, erf(divide(x, Math.SQRT2))));

/** What stands between layers. */
export const activations = { relu, tanh, sigmoid, gelu, none: (x: Node): Node => x } as const;
