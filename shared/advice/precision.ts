/**
 * How precisely a loss finds the middle of a given noise, computed from the noise itself.
 *
 *     V(ℓ) = E[(ψ − Eψ)²] / E[ψ′]²,   ψ = ∂ℓ/∂e
 *
 * n rows leave the variance V/n in what is estimated, so V(a)/V(b) says how many times as many rows a needs as b for the same
 * precision: 1 for the squared error on Gaussian noise against 1.05 for Huber's, and 41 against 1.6 when one residual in ten is
 * twenty times as wide.
 *
 * Source: Huber (1964), (4); Barron (2019), (1) for his family.
 */
import { pow } from "../kernels/math.ts";
import type { Sketch } from "./sketch.ts";

/** ψ and ψ′ of a loss, at an error e. */
export type Influence = (e: number) => readonly [slope: number, curvature: number];

export const squared: Influence = (e) => [2 * e, 2];

export const huberOf =
  (delta: number): Influence =>
  (e) => [Math.max(-delta, Math.min(delta, e)), Math.abs(e) <= delta ? 1 : 0];

/** Barron's general loss for α < 2: ψ = (e/c²)·uᵅᐟ²⁻¹, u = 1 + (e/c)²/(2 − α). */
export const barronOf =
  (alpha: number, c: number): Influence =>
  (e) => {
    const q = (e / c) * (e / c);
    const b = 2 - alpha;
    const u = 1 + q / b;
    const power = pow(u, alpha / 2 - 1);
    return [(e / (c * c)) * power, (power / (c * c)) * (1 - q / u)];
  };

/** V of a smooth loss on noise about 0; Infinity where the noise lies beyond the reach of the loss. */
export function varianceOf(noise: Sketch, influence: Influence): number {
  let [sum, squares, curvature] = [0, 0, 0];
  for (const [e, count] of noise.entries()) {
    const [slope, bend] = influence(e);
    sum += count * slope;
    squares += count * slope * slope;
    curvature += count * bend;
  }
  const n = noise.count;
  return curvature <= 0 ? Infinity : (n * Math.max(0, squares - (sum * sum) / n)) / (curvature * curvature);
}

/** V of the absolute error, 1/(4·f(0)²), with the density f near 0 from the rows within a quarter of `scale`. */
export function absoluteVariance(noise: Sketch, scale: number): number {
  const near = shareBeyond(noise, -Infinity, 0.25 * scale) - shareBeyond(noise, -Infinity, -0.25 * scale);
  const density = near / (0.5 * scale);
  return 1 / (4 * density * density);
}

/** The share of numbers in (low, high]. */
export function shareBeyond(noise: Sketch, low: number, high: number): number {
  let count = 0;
  for (const [value, times] of noise.entries()) if (value > low && value <= high) count += times;
  return noise.count === 0 ? 0 : count / noise.count;
}
