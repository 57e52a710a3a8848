/**
 * Normalizations: numbers shifted and scaled to mean 0 and variance 1 over some axes, then by a learned γ and β.
 *
 *     y = γ·(x − μ)/√(σ² + ε) + β        layer: over an example's numbers · group: over groups of channels ·
 *                                         batch: over the rows (and positions) of the batch, per channel
 *
 * σ² is the biased variance (divided by n). Only batch normalization mixes rows; it takes the mask of rows that are there,
 * so that padding has no part in μ and σ², and keeps running statistics of them for prediction.
 */
import { add, divide, maximum, mean, multiply, reshape, select, sqrt, square, subtract, sum } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { TributaryError } from "../errors.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Place } from "./model.ts";

/** Over the last axis — Ba, Kiros & Hinton (2016). Shapes: x [batch, …, width] → the same; `scale` γ and `shift` β [width]. */
export function layerNormalization(place: Place, x: Node, { epsilon = 1e-5 } = {}): Node {
  return affine(place, standardized(x, [-1], epsilon));
}

/**
 * Over the positions and channels of each of `groups` groups of channels — Wu & He (2018).
 * Shapes: x [batch, …, channels] → the same; `scale` and `shift` [channels]. Throws "invalid-program" when groups do not divide channels.
 */
export function groupNormalization(place: Place, x: Node, groups: number, { epsilon = 1e-5 } = {}): Node {
  const channels = x.shape.at(-1)!;
  if (channels % groups !== 0) {
    throw new TributaryError(
      "invalid-program",
      `Expected a number of groups that divides ${channels} channels, got ${groups}`,
    );
  }
  const grouped = reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1, -1)), groups, channels / groups]);
  return affine(place, reshape(standardized(grouped, [1, 3], epsilon), x.shape));
}

export interface BatchNormalizationOptions {
  readonly epsilon?: number;
  /** The part of a running statistic that a batch replaces, as in PyTorch. @default 0.1 */
  readonly momentum?: number;
}

/**
 * Over the rows that are there and all positions, per channel — Ioffe & Szegedy (2015).
 * Shapes: x [batch, …, channels] → the same; `scale`, `shift`, and the buffers `mean` and `variance`, [channels].
 * While training a batch is its own measure, and the buffers move towards it (variance unbiased, as in PyTorch); in
 * prediction the buffers are the measure. Without any row the buffers stay.
 */
export function batchNormalization(place: Place, x: Node, options: BatchNormalizationOptions = {}): Node {
  const { epsilon = 1e-5, momentum = 0.1 } = options;
  const channels = x.shape.at(-1)!;
  const runningMean = place.parameter("mean", [channels], { kind: "constant", value: 0 }, "buffer");
  const runningVariance = place.parameter("variance", [channels], { kind: "constant", value: 1 }, "buffer");
  if (!place.training) {
    return affine(place, divide(subtract(x, runningMean), sqrt(add(runningVariance, epsilon))));
  }
  place.mixesRows();
  const positions = sizeOf(x.shape.slice(1, -1));
  const there = reshape(place.present, [place.batch, 1, 1]);
  const rows = select(there, reshape(x, [place.batch, positions, channels]), 0);
  const count = multiply(sum(place.present, 0), positions);
  const size = maximum(count, 1);
  const mu = divide(sum(rows, [0, 1]), size);
  const centred = select(there, subtract(rows, mu), 0);
  const squares = sum(square(centred), [0, 1]);
  const variance = divide(squares, size);
  const unbiased = divide(squares, maximum(subtract(count, 1), 1));
  const moved = (old: Node, seen: Node): Node =>
    select(count, add(multiply(1 - momentum, old), multiply(momentum, seen)), old);
  place.move("mean", moved(runningMean, mu));
  place.move("variance", moved(runningVariance, unbiased));
  const normal = divide(centred, sqrt(add(variance, epsilon)));
  return affine(place, reshape(normal, x.shape));
}

/** (x − μ)/√(σ² + ε) over some axes. */
function standardized(x: Node, axes: readonly number[], epsilon: number): Node {
  const centred = subtract(x, mean(x, axes, { keepAxis: true }));
  const variance = mean(square(centred), axes, { keepAxis: true });
  return divide(centred, sqrt(add(variance, epsilon)));
}

function affine(place: Place, x: Node): Node {
  const channels = x.shape.at(-1)!;
  const scale = place.parameter("scale", [channels], { kind: "constant", value: 1 });
  const shift = place.parameter("shift", [channels], { kind: "constant", value: 0 });
  return add(multiply(x, scale), shift);
}
