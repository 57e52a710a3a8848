import type { SgdSpec } from "../optimizers/optimizer.ts";
import { sgd } from "../optimizers/sgd.ts";

export interface LocalSteps {
  readonly optimizer: Omit<SgdSpec, "kind" | "learningRate">;
  /** ηₗ */
  readonly learningRate: number;
  /** τ */
  readonly steps: number;
}

/**
 * How far local steps carry a model for each unit of slope it starts with: what a proximal step at the coordinator must be scaled by.
 *
 *     s(a) = (1 − (1 − ηₗa)^τ) / a           τ plain steps on a loss of curvature a;  s(0) = ηₗτ
 *
 * On ½a(θ − b)² the local change is −s·a(θ − b), while the loss has the slope a(θ − b): the coordinator sees s times the gradient, and
 * θ = soft(θ + Δ, λs) holds exactly where a(θ − b) = −λ·sign θ. With the threshold λ·ηₗτ on a steep loss (ηₗaτ ≫ 1) the penalty
 * would be too strong: local steps end at the local minimum, where a constant pull would go on.
 * With momentum, s is what the same steps do to the slope 1 + a·x from x = 0, computed by taking them.
 *
 * @param curvature a ≥ 0, in units of the mean loss per parameter²; 0 (slopes hardly change on the way) when it is not known
 */
export function effectiveSteps({ optimizer, learningRate, steps }: LocalSteps, curvature: number): number {
  const descent = sgd(optimizer);
  const x = new Float64Array(1);
  let state = descent.init(1);
  for (let i = 0; i < steps; i++) {
    const [delta, next] = descent.step(
      { gradient: Float64Array.of(1 + curvature * x[0]!), parameters: x, learningRate },
      state,
    );
    x[0] = x[0]! + delta[0]!;
    state = next;
  }
  return 0 - x[0]!;
}
