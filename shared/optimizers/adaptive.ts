import type { AdamSpec, Optimizer } from "./optimizer.ts";

/**
 * Adam: a step measured by running means of the gradient and its square.
 *
 *     m ← β₁m + (1 − β₁)g      v ← β₂v + (1 − β₂)g²      Δ = −η·m̂ / (√v̂ + ε),   m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)
 *     adam: g = ∇ + λθ          adamw: g = ∇, and Δ takes off η·λ·θ besides
 *
 * Facts   the first step is −η·sign g (ε → 0) · λ = 0: adam ≡ adamw · biasCorrection false: m̂ = m, v̂ = v, as in FedAdam ·
 *         the metric is √v̂ + ε, and (√v + ε)/(1 − β₁ᵗ) without bias correction
 * Options ε = 1e-8 is for gradients; 1e-3 for pseudo-gradients (Reddi et al., 2021)
 * Source  Kingma & Ba (2015), algorithm 1; Loshchilov & Hutter (2019), algorithm 2, with η in front of λ as in PyTorch
 */
export function adam({
  kind = "adam",
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  biasCorrection = true,
  weightDecay = 0,
}: Partial<AdamSpec> = {}): Optimizer {
  const coupled = kind === "adam" ? weightDecay : 0;
  const decoupled = kind === "adamw" ? weightDecay : 0;
  return {
    name: kind,
    init: (size) => ({
      steps: 0,
      numbers: { beta1Power: 1, beta2Power: 1 }, // βᵗ as a product, step by step: a power function may differ between engines
      vectors: { mean: new Float64Array(size), square: new Float64Array(size) },
    }),
    step({ gradient, parameters, learningRate }, state) {
      const size = gradient.length;
      const [delta, mean, square] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
      const { mean: meanBefore, square: squareBefore } = state.vectors as { mean: Float64Array; square: Float64Array };
      const beta1Power = state.numbers["beta1Power"]! * beta1;
      const beta2Power = state.numbers["beta2Power"]! * beta2;
      const meanScale = biasCorrection ? 1 / (1 - beta1Power) : 1;
      const squareScale = biasCorrection ? 1 / (1 - beta2Power) : 1;
      for (let i = 0; i < size; i++) {
        const g = gradient[i]! + coupled * parameters[i]!;
        const m = beta1 * meanBefore[i]! + (1 - beta1) * g;
        const v = beta2 * squareBefore[i]! + (1 - beta2) * g * g;
        mean[i] = m;
        square[i] = v;
        const step = (m * meanScale) / (Math.sqrt(v * squareScale) + epsilon);
        delta[i] = -learningRate * (step + decoupled * parameters[i]!);
      }
      return [delta, { steps: state.steps + 1, numbers: { beta1Power, beta2Power }, vectors: { mean, square } }];
    },
    metric({ numbers, vectors }, size) {
      const square = vectors["square"]!;
      const squareScale = biasCorrection ? 1 / (1 - numbers["beta2Power"]!) : 1;
      const gain = biasCorrection ? 1 : 1 - numbers["beta1Power"]!; // how much of a constant gradient the mean has taken up
      return Float64Array.from({ length: size }, (_, i) => (Math.sqrt(square[i]! * squareScale) + epsilon) / gain);
    },
  };
}
