/**
 * A clip that finds its place: it moves to where a share γ of the clients is not shortened, by a count of them that is noised too.
 *
 *     b̃ = (Σₖ (bₖ − ½) + N(0, σ_b²)) / m + ½        bₖ = 1 where ‖Δₖ‖ ≤ C
 *     C ← C·e^(−η(b̃ − γ))                            arithmetic: C − η(b̃ − γ)
 *     z_Δ = (z⁻² − (2σ_b)⁻²)^(−½)                     of the sum's own noise, so that both together cost what z does
 *
 * Facts   z = 1, σ_b = 5: z_Δ = 1.005037815 · from 0.1 to a median of 1 takes some 40 rounds
 * Source  Andrew, Thakkar, McMahan & Ramaswamy (2021), Differentially Private Learning with Adaptive Clipping, algorithm 1, theorem 1
 */
import { exp } from "../kernels/math.ts";

export interface AdaptiveClipRule {
  /** γ, the share of clients that are not shortened. */
  readonly quantile: number;
  /** η */
  readonly learningRate: number;
  /** Whether it moves by a factor, and so stays above 0. */
  readonly geometric: boolean;
}

/** b̃, of so many who took part and so many of them who were not shortened. */
export const noisyShare = (unclipped: number, took: number, noise: number, expected: number): number =>
  (unclipped - took / 2 + noise) / expected + 0.5;

export function nextClip(clip: number, share: number, { quantile, learningRate, geometric }: AdaptiveClipRule): number {
  const step = learningRate * (share - quantile);
  return geometric ? clip * exp(-step) : Math.max(0, clip - step);
}

/** z_Δ; undefined where the count's noise is too small for any: 2σ_b ≤ z. */
export function splitNoise(noiseMultiplier: number, countNoise: number): number | undefined {
  const rest = 1 / (noiseMultiplier * noiseMultiplier) - 1 / (4 * countNoise * countNoise);
  return rest > 0 ? 1 / Math.sqrt(rest) : undefined;
}
