/**
 * Spiking neurons: they fire or they do not, which has no slope. A surrogate lends them one on the way back.
 *
 *     forward   s = 1 where v > 0, else 0          backward   ∂s/∂v = k·σ(kv)(1 − σ(kv))
 *
 * A network of such cells is unrolled as any recurrent one (`recurrent.ts`), shows trains [batch, steps, units], and is trained by
 * the losses of `losses/spiking/`.
 */
import { add, greater, multiply, sigmoid, stopGradient, subtract } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { dense } from "./layers.ts";
import type { Place } from "./model.ts";
import type { Cell } from "./recurrent.ts";

/** 1 where v > 0, else 0, with the slope of σ(kv): the two sigmoids below cancel exactly, and only one of them has a gradient. */
export function spike(v: Node, steepness = 4): Node {
  const soft = sigmoid(multiply(steepness, v));
  return add(greater(v, 0), subtract(soft, stopGradient(soft)));
}

export interface SpikingOptions {
  /** How much of the potential is left after a step, in [0, 1). @default 0.9 */
  readonly leak?: number;
  /** A neuron fires above this potential, and loses as much. @default 1 */
  readonly threshold?: number;
  /** k of the surrogate. @default 4 */
  readonly steepness?: number;
}

/**
 * Leaky integrate-and-fire: v ← leak·v + xW + b, a spike where v exceeds the threshold, which is then subtracted. The reset
 * carries no gradient, as usual with surrogates.
 *
 * Source  Neftci, Mostafa & Zenke (2019)
 */
export function spikingCell(place: Place, units: number, options: SpikingOptions = {}): Cell {
  const { leak = 0.9, threshold = 1, steepness = 4 } = options;
  return {
    states: 2,
    step(x, [, potential]) {
      const v = add(multiply(leak, potential!), dense(place, x, units));
      const fired = spike(subtract(v, threshold), steepness);
      return [fired, subtract(v, multiply(threshold, stopGradient(fired)))];
    },
  };
}
