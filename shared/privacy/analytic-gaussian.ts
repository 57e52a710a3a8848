/**
 * The Gaussian mechanism without sampling, exactly: T releases with the noise σ are one release with σ/√T.
 *
 *     δ(ε) = Φ(μ/2 − ε/μ) − e^ε·Φ(−μ/2 − ε/μ)        μ = √T/σ
 *
 * No bound at all, but the smallest ε there is: no other accountant can give a smaller one.
 *
 * Facts   σ = 1, ε = 1: δ = 0.126936737507 · δ = 1e-5, ε = 1: σ = 3.730631634816
 * Source  Balle & Wang (2018), Improving the Gaussian Mechanism for Differential Privacy, theorem 8; Dong, Roth & Su (2019) for √T
 */
import { exp, log } from "../kernels/math.ts";
import { logErfc, upperTail } from "./normal.ts";

export function gaussianDelta(sigma: number, releases: number, epsilon: number): number {
  const mu = Math.sqrt(releases) / sigma;
  if (mu === 0) return 0;
  const [near, farther] = [epsilon / mu - mu / 2, epsilon / mu + mu / 2];
  return Math.max(0, upperTail(near) - exp(epsilon + log(0.5) + logErfc(farther / Math.SQRT2)));
}

/** The smallest ε of so many releases at δ, not below it, to the last digits. */
export function gaussianEpsilon(sigma: number, releases: number, delta: number): number {
  if (gaussianDelta(sigma, releases, 0) <= delta) return 0;
  return leastOf((epsilon) => gaussianDelta(sigma, releases, epsilon) <= delta, 1);
}

/** The smallest σ with which so many releases cost at most ε. */
export function gaussianSigma(epsilon: number, releases: number, delta: number): number {
  return leastOf((sigma) => gaussianDelta(sigma, releases, epsilon) <= delta, 1);
}

/** The least x > 0 that holds, and holds from there on: a bisection down to neighbouring numbers. */
function leastOf(holds: (x: number) => boolean, start: number): number {
  let [low, high] = [0, start];
  while (!holds(high) && high < Number.MAX_VALUE / 4) [low, high] = [high, 2 * high];
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
