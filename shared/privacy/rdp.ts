/**
 * Rényi differential privacy of the sampled Gaussian mechanism, and what it is as (ε, δ).
 *
 *     A_α = E[((1 − q) + q·e^((2z−1)/2σ²))^α],  z ~ N(0, σ²)        ρ(α) = ln A_α / (α − 1)        q = 1: α/(2σ²)
 *     ε(δ) = min over α of  T·ρ(α) + ln(1 − 1/α) − ln(δα)/(α − 1)
 *
 * For whole α the expectation is a finite sum. For others it is two series whose binomials change sign; the signs are kept, and an order
 * whose series does not settle, or cancels to less than its rounding, is left out, never reported.
 *
 * Facts   T rounds cost T times as much at each order · q = 0 costs nothing · more noise, fewer rounds or a larger δ cost less
 * Source  Mironov, Talwar & Zhang (2019), Rényi Differential Privacy of the Sampled Gaussian Mechanism, §3.3; Balle et al. (2020),
 *         Hypothesis Testing Interpretations and Rényi Differential Privacy, theorem 21, for the conversion
 */
import { exp, expm1, log, log1p } from "../kernels/math.ts";
import { logErfc } from "./normal.ts";

/** Order α and ρ(α) of one release. */
export type Curve = readonly (readonly [order: number, rho: number])[];

export interface SampledGaussian {
  readonly sigma: number;
  readonly q: number;
}

/** 1.1 … 10.9 in tenths, 11 … 63, then 128, 256, 512 and 1024. */
export const defaultOrders: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10),
  ...Array.from({ length: 53 }, (_, i) => 11 + i),
  ...[128, 256, 512, 1024],
];

export const gaussianCurve = (mechanism: SampledGaussian, orders: readonly number[] = defaultOrders): Curve =>
  orders.flatMap((order) => {
    const rho = rhoOf(mechanism, order);
    return rho === undefined ? [] : [[order, rho] as const];
  });

/** The smallest ε that any order gives for so many releases; ∞ where none does. */
export function epsilonOf(curve: Curve, releases: number, delta: number): number {
  if (releases === 0) return 0;
  return curve.reduce((least, [order, rho]) => Math.min(least, converted(releases * rho, order, delta)), Infinity);
}

function converted(rho: number, order: number, delta: number): number {
  if (delta * delta + expm1(-rho) > 0) return 0; // the total variation is below δ already
  return Math.max(0, rho + log1p(-1 / order) - log(delta * order) / (order - 1));
}

/** ρ(α) of one release; undefined where it cannot be computed to its last digits. */
export function rhoOf({ sigma, q }: SampledGaussian, order: number): number | undefined {
  if (q === 0) return 0;
  if (q === 1) return order / (2 * sigma * sigma);
  const logA = Number.isInteger(order) ? wholeOrder(sigma, q, order) : brokenOrder(sigma, q, order);
  return logA === undefined ? undefined : Math.max(0, logA) / (order - 1);
}

/** ln Σₖ C(α, k)·(1 − q)^(α−k)·q^k·e^((k²−k)/2σ²) */
function wholeOrder(sigma: number, q: number, order: number): number {
  const [logQ, logRest] = [log(q), log1p(-q)];
  let logBinomial = 0;
  let total = -Infinity;
  for (let k = 0; k <= order; k++) {
    total = logAdd(total, logBinomial + k * logQ + (order - k) * logRest + (k * k - k) / (2 * sigma * sigma));
    logBinomial += log(order - k) - log(k + 1);
  }
  return total;
}

/** Terms below e^this no longer count; so many are tried, and no more may cancel than by this factor. */
const negligible = -30;
const mostTerms = 20_000;
const mostCancelled = log(1e6);

function brokenOrder(sigma: number, q: number, order: number): number | undefined {
  const [logQ, logRest] = [log(q), log1p(-q)];
  const z0 = sigma * sigma * log(1 / q - 1) + 0.5;
  const scale = Math.SQRT2 * sigma;
  const sums = { up: -Infinity, down: -Infinity };
  let [logBinomial, sign] = [0, 1];
  for (let i = 0; i < mostTerms; i++) {
    const j = order - i;
    const below = i * logQ + j * logRest + (i * i - i) / (2 * sigma * sigma) + log(0.5) + logErfc((i - z0) / scale);
    const above = j * logQ + i * logRest + (j * j - j) / (2 * sigma * sigma) + log(0.5) + logErfc((z0 - j) / scale);
    const term = logBinomial + logAdd(below, above);
    if (sign > 0) sums.up = logAdd(sums.up, term);
    else sums.down = logAdd(sums.down, term);
    if (i > order && term < negligible) {
      const logA = logSubtract(sums.up, sums.down);
      return logA !== undefined && sums.up - logA < mostCancelled ? logA : undefined;
    }
    logBinomial += log(Math.abs(j)) - log(i + 1);
    if (j < 0) sign = -sign;
  }
  return undefined;
}

/** ln(eᵃ + eᵇ) */
function logAdd(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  return small === -Infinity ? large : large + log1p(exp(small - large));
}

/** ln(eᵃ − eᵇ); undefined unless a > b. */
function logSubtract(a: number, b: number): number | undefined {
  if (b === -Infinity) return a;
  return a > b ? a + log1p(-exp(b - a)) : undefined;
}
