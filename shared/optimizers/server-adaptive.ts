import type { AdagradSpec, Optimizer, YogiSpec } from "./optimizer.ts";

interface Rule {
  readonly beta1: number;
  readonly epsilon: number;
  readonly initialSquare: number;
  /** βᵢ of the bias correction; neither is corrected when left out. */
  readonly corrected?: { readonly beta2: number };
  /** (v, g²) → the next v */
  readonly square: (before: number, squared: number) => number;
}

/** Δ = −η·m/(√v + ε) with m ← β₁m + (1 − β₁)g, and v as the rule says. Bias correction as Flower has it: η·√(1 − β₂ᵗ)/(1 − β₁ᵗ). */
function measured(name: string, { beta1, epsilon, initialSquare, corrected, square: nextSquare }: Rule): Optimizer {
  const gainOf = (numbers: Readonly<Record<string, number>>): number =>
    corrected === undefined ? 1 : Math.sqrt(1 - numbers["beta2Power"]!) / (1 - numbers["beta1Power"]!);
  return {
    name,
    init: (size) => ({
      steps: 0,
      numbers: { beta1Power: 1, beta2Power: 1 },
      vectors: { mean: new Float64Array(size), square: new Float64Array(size).fill(initialSquare) },
    }),
    step({ gradient, learningRate }, state) {
      const { mean, square } = state.vectors as { mean: Float64Array; square: Float64Array };
      const numbers = {
        beta1Power: state.numbers["beta1Power"]! * beta1,
        beta2Power: state.numbers["beta2Power"]! * (corrected?.beta2 ?? 1),
      };
      const rate = learningRate * gainOf(numbers);
      const nextMean = mean.map((m, i) => beta1 * m + (1 - beta1) * gradient[i]!);
      const next = square.map((v, i) => nextSquare(v, gradient[i]! * gradient[i]!));
      const delta = nextMean.map((m, i) => (-rate * m) / (Math.sqrt(next[i]!) + epsilon));
      return [delta, { steps: state.steps + 1, numbers, vectors: { mean: nextMean, square: next } }];
    },
    metric({ numbers, vectors }) {
      const gain = gainOf(numbers) * (1 - numbers["beta1Power"]!);
      return vectors["square"]!.map((v) => (Math.sqrt(v) + epsilon) / gain);
    },
  };
}

/**
 * FedAdagrad at the coordinator:   v ← v + g²
 *
 * Facts   on a constant g with β₁ = 0 and ε → 0 step t is −η·sign(g)/√t
 * Source  Reddi et al. (2021), algorithm 2
 */
export const adagrad = ({ beta1 = 0, epsilon = 1e-3, initialSquare = 0 }: Partial<AdagradSpec> = {}): Optimizer =>
  measured("adagrad", { beta1, epsilon, initialSquare, square: (v, squared) => v + squared });

/**
 * FedYogi at the coordinator:   v ← v − (1 − β₂)·g²·sign(v − g²)
 *
 * Facts   on a constant g and ε → 0 the step tends to within a factor of 1 ± (1 − β₂) of −η·sign(g)
 * Source  Zaheer et al. (2018); Reddi et al. (2021), algorithm 2
 */
export const yogi = ({
  beta1 = 0.9,
  beta2 = 0.99,
  epsilon = 1e-3,
  biasCorrection = false,
  initialSquare = 0,
}: Partial<YogiSpec> = {}): Optimizer =>
  measured("yogi", {
    beta1,
    epsilon,
    initialSquare,
    ...(biasCorrection && { corrected: { beta2 } }),
    square: (v, squared) => v - (1 - beta2) * squared * Math.sign(v - squared),
  });
