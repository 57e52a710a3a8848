import type { Optimizer, SgdSpec, Step } from "./optimizer.ts";

/**
 * Gradient descent, with momentum.
 *
 *     g ← ∇ + λθ        v ← μv + g        Δ = −η·v        Nesterov: Δ = −η·(g + μv)
 *
 * Facts   μ = 0: Δ = −η∇ · on a constant gradient v tends to ∇/(1 − μ) · the first v is g itself · the metric is
 *         (1 − μ)/(1 − μᵗ) at step t, Nesterov's (1 − μ)/(1 − μᵗ⁺¹): 1 without momentum
 * Source  Polyak (1964); Nesterov's form as in Sutskever et al. (2013). The rate stays outside v, as in PyTorch, so that a
 *         change of rate does not rescale the memory.
 */
export function sgd({ momentum = 0, nesterov = false, weightDecay = 0 }: Partial<SgdSpec> = {}): Optimizer {
  return {
    name: "sgd",
    init: (size) => ({
      steps: 0,
      numbers: momentum === 0 ? {} : { momentumPower: 1 }, // μᵗ as a product, step by step
      vectors: momentum === 0 ? {} : { velocity: new Float64Array(size) },
    }),
    step(given, state) {
      const before = state.vectors["velocity"];
      const velocity = before && new Float64Array(before.length);
      const delta = descend(given, { momentum, nesterov, weightDecay, before, velocity });
      const power = state.numbers["momentumPower"];
      const numbers = power === undefined ? {} : { momentumPower: power * momentum };
      return [delta, { steps: state.steps + 1, numbers, vectors: velocity === undefined ? {} : { velocity } }];
    },
    metric({ numbers: { momentumPower = 0 } }, size) {
      const left = nesterov ? momentumPower * momentum : momentumPower;
      return new Float64Array(size).fill((1 - momentum) / (1 - left));
    },
  };
}

interface Rule {
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  /** v before the step, and where it goes; neither without momentum. */
  readonly before: Float64Array | undefined;
  readonly velocity: Float64Array | undefined;
}

/** Δ. The loop is a function of its own: beside the making of a new state, V8 discards its compiled form at every step. */
function descend(
  { gradient, parameters, learningRate }: Step,
  { momentum, nesterov, weightDecay, before, velocity }: Rule,
): Float64Array {
  const delta = new Float64Array(gradient.length);
  for (let i = 0; i < delta.length; i++) {
    const g = gradient[i]! + weightDecay * parameters[i]!;
    let direction = g;
    if (before !== undefined && velocity !== undefined) {
      const v = momentum * before[i]! + g;
      velocity[i] = v;
      direction = nesterov ? g + momentum * v : v;
    }
    delta[i] = -learningRate * direction;
  }
  return delta;
}
