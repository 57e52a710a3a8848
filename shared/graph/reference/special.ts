/* eslint-disable no-restricted-properties -- the oracle must not share its approximations with the kernels it judges; it never reaches a model */
/**
 * erf, log Γ and its derivatives in float64, by textbook series: slow, and accurate to about 1e-14 (absolute where the
 * function crosses zero).
 *
 * Source: Abramowitz & Stegun (1964), 7.1.6, 7.1.14, 6.1.40, 6.3.18, 6.4.12, and the reflection formulas 6.1.17, 6.3.7, 6.4.7.
 */

export function erf(x: number): number {
  if (Math.abs(x) > 3) return Math.sign(x) * (1 - erfcTail(Math.abs(x)));
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum; // e^{−x²}·Σ 2ⁿx²ⁿ⁺¹/(2n+1)!!: no cancellation
}

/** 1 − erf x for x > 3, by its continued fraction from the inside out. */
function erfcTail(x: number): number {
  let fraction = x;
  for (let n = 60; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

const FAR = 16; // from here on, eight terms of the asymptotic series are exact to float64

/** log |Γ(x)|. */
export function lgamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - lgamma(1 - x);
  let product = 1;
  let z = x;
  for (; z < FAR; z++) product *= z;
  const series = asymptotic(z, [
    1 / 12,
    -1 / 360,
    1 / 1260,
    -1 / 1680,
    1 / 1188,
    -691 / 360360,
    1 / 156,
    -3617 / 122400,
  ]);
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}

/** ψ(x) = (log Γ(x))'. */
export function digamma(x: number): number {
  if (x < 0.5) return digamma(1 - x) - (Math.PI * Math.cos(Math.PI * x)) / Math.sin(Math.PI * x);
  let sum = 0;
  let z = x;
  for (; z < FAR; z++) sum -= 1 / z;
  const series = asymptotic(z, [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160]);
  return sum + Math.log(z) - 0.5 / z - series / z;
}

/** ψ'(x). */
export function trigamma(x: number): number {
  if (x < 0.5) return (Math.PI / Math.sin(Math.PI * x)) * (Math.PI / Math.sin(Math.PI * x)) - trigamma(1 - x);
  let sum = 0;
  let z = x;
  for (; z < FAR; z++) sum += 1 / (z * z);
  const series = asymptotic(z, [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510]);
  return sum + 1 / z + 0.5 / (z * z) + series / (z * z);
}

/** Σ cₙ/z²ⁿ⁺¹, smallest terms first. */
const asymptotic = (z: number, coefficients: readonly number[]): number =>
  coefficients.reduceRight((sum, coefficient) => coefficient + sum / (z * z), 0) / z;
