/**
 * Losses on spike trains: numbers along time, 1 where a neuron fires and 0 elsewhere, as `shared/models/spiking.ts` makes them.
 * Any further axes are neurons, and each train is a unit.
 */
import { z } from "zod";
import {
  constant,
  exp,
  greaterEqual,
  iota,
  matmul,
  multiply,
  relu,
  reshape,
  select,
  square,
  subtract,
  sum,
  swapAxes,
  transpose,
} from "../../graph/build.ts";
import { expm1 } from "../../kernels/math.ts";
import type { Node } from "../../graph/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

/**
 * Van Rossum's distance between two spike trains: the squared distance of their traces, each spike leaving one that decays.
 *
 *     ℓ(s, y) = (1/τ)∫ (f_s(u) − f_y(u))² du,   f_s(u) = Σ_{t·δ ≤ u} sₜ·e^{−(u − t·δ)/τ}
 *
 * The integral over all time is taken exactly, step by step and the tail after the last:
 *
 *     ℓ = ½(1 − q²)·Σ_{t < T−1} fₜ² + ½·f²_{T−1},   f = trace of s − y,   q = e^{−δ/τ}
 *
 * Shapes  trains s and y [batch, time] or [batch, time, …], alike → [batch, …]
 * Unit    spikes², about: one spike against none costs ½
 * Facts   0 at s = y · one spike beside one u away costs 1 − e^{−u/τ} · spikes far apart cost ½ each · τ → ∞ is half the
 *         squared difference of the counts
 * Options tau τ > 0, in the unit of step. @default 10
 *         step δ > 0: the time from one number to the next. @default 1
 * Cost    O(time²) a train
 * When    what matters is when a neuron fires, to within about τ
 * Source  van Rossum (2001), eq. 2.4
 */
export const vanRossum = defineLoss({
  name: "van-rossum",
  version: 1,
  unit: "sequence",
  measure: "spikes²",
  inputs: {
    prediction: fromModel("real", ["batch", "time", "…"]),
    target: fromData("real", ["batch", "time", "…"]),
  },
  outputs: () => "any",
  options: z.strictObject({ tau: z.number().positive().default(10), step: z.number().positive().default(1) }),
  perExample: ({ prediction, target }, { tau, step }) => {
    const trains = timeLast(subtract(prediction, target));
    const traces = matmul(trains, decay(trains.shape[1]!, step / tau));
    return reshape(sum(multiply(square(traces), parts(traces.shape[1]!, step / tau)), 1), withoutTime(prediction));
  },
});

/**
 * Squared difference between the spikes that were fired and those that were wanted.
 *
 *     ℓ(s, n) = (Σₜ sₜ − n)²
 *
 * Shapes  trains s [batch, time] or [batch, time, …], counts n [batch, …] → [batch, …]
 * Unit    spikes²
 * Facts   0 where the counts agree, whenever the spikes come · ∂ℓ/∂sₜ = 2(Σₜ sₜ − n), the same at every step
 * When    rate codes: a class is the neuron that fires most
 * Source  the count loss of Eshraghian et al. (2023), §IV
 */
export const spikeCount = defineLoss({
  name: "spike-count",
  version: 1,
  unit: "sequence",
  measure: "spikes²",
  inputs: {
    prediction: fromModel("real", ["batch", "time", "…"]),
    target: fromData("count", ["batch", "…"]),
  },
  outputs: () => "any",
  options: z.strictObject({}),
  perExample: ({ prediction, target }) => square(subtract(sum(prediction, 1), target)),
});

const withoutTime = ({ shape }: Node): readonly number[] => shape.toSpliced(1, 1);

/** [batch, time, …] → [trains, time]. */
function timeLast(x: Node): Node {
  const [rows, time] = x.shape as readonly [number, number];
  const neurons = sizeOf(x.shape.slice(2));
  return reshape(swapAxes(reshape(x, [rows, time, neurons]), 1, 2), [rows * neurons, time]);
}

/** [time, time]: what a spike at step i is worth at step j ≥ i, q^{j − i}. */
function decay(time: number, rate: number): Node {
  const shape = [time, time];
  const later = subtract(iota(shape), transpose(iota(shape)));
  return select(greaterEqual(later, 0), exp(multiply(-rate, relu(later))), 0);
}

/** [time]: ∫ of the square of a trace of height 1 over its step, and for the last step over all that follows. */
function parts(time: number, rate: number): Node {
  const within = -0.5 * expm1(-2 * rate);
  return constant(
    Array.from({ length: time }, (_, t) => (t < time - 1 ? within : 0.5)),
    [time],
  );
}

/** The losses on spike trains, by name. */
export const spikingLosses = { "van-rossum": vanRossum, "spike-count": spikeCount } as const;
