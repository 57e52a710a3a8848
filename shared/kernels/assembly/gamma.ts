import { log1pOf, logOf } from "./logarithm";
import { mapSingle } from "./lanes";
import { cosineNear, sineNear } from "./trigonometric";

/**
 * ln|Γ(x)| and its first two derivatives, in float64 (float32: computed in float64, rounded once). Errors in float64:
 *
 *     lgamma     x > 0: ≤ 6 ulp             x < 0: ≤ 8 ulp or 4e-15 absolute, the larger (it has zeros there)
 *     digamma    ≤ 8 ulp or 4e-15 absolute, the larger (zero at 1.46163…, and one between every two poles)
 *     trigamma   x > 0: ≤ 6 ulp             x < 0: ≤ 16 ulp
 *
 * Poles (0, −1, −2, …): lgamma ∞, trigamma ∞, digamma NaN (±0: ∓∞).
 */

// ln Γ(2 + t) = t·P(t) on |t| ≤ ½ (Chebyshev fit, mpmath), lowest power first
const nearTwo = memory.data<f64>([
  0.42278433509846713, 0.3224670334241132, -0.06735230105319814, 0.02058080842778457, -0.0073855510286681535, 0.002890510330738737,
  -0.0011927539120010226, 0.0005096695248853096, -0.00022315475074520367, 9.945750909889392e-5, -4.4926351103833334e-5, 2.050726741605779e-5,
  -9.438458716242811e-6, 4.374374916915131e-6, -2.0449201467015115e-6, 9.578663334114758e-7, -4.303558760359961e-7, 2.0304806751615227e-7,
  -1.3412819758517287e-7, 6.379047507619774e-8,
]);

// B₂ⱼ/(2j·(2j − 1)), j = 1 … 7: ln Γ(x) = (x − ½)·ln x − x + ½·ln 2π + Σ B₂ⱼ/(2j·(2j − 1)·x²ʲ⁻¹)
const stirling = memory.data<f64>([
  0.08333333333333333, -0.002777777777777778, 0.0007936507936507937, -0.0005952380952380953, 0.0008417508417508417, -0.0019175269175269176,
  0.00641025641025641,
]);
// B₂ⱼ/(2j): ψ(x) = ln x − 1/(2x) − Σ B₂ⱼ/(2j·x²ʲ)
const bernoulliOver = memory.data<f64>([
  0.08333333333333333, -0.008333333333333333, 0.003968253968253968, -0.004166666666666667, 0.007575757575757576, -0.021092796092796094,
  0.08333333333333333,
]);
// B₂ⱼ: ψ′(x) = 1/x + 1/(2x²) + Σ B₂ⱼ/x²ʲ⁺¹
const bernoulli = memory.data<f64>([
  0.16666666666666666, -0.03333333333333333, 0.023809523809523808, -0.03333333333333333, 0.07575757575757576, -0.2531135531135531,
  1.1666666666666667,
]);

/** Σ c[j]·z^j, j < count. */
function series(c: usize, count: i32, z: f64): f64 {
  let sum: f64 = 0;
  for (let j = count - 1; j >= 0; j--) sum = load<f64>(c + (<usize>j << 3)) + z * sum;
  return sum;
}

/** The distance of x from the nearest integer, exactly, in [−½, ½]. */
function fromInteger(x: f64): f64 {
  return x - nearest(x);
}

const pi: f64 = 3.141592653589793, piLow: f64 = 1.2246467991473532e-16;

/** |sin πf| for |f| ≤ ½. */
function sinPi(f: f64): f64 {
  const a = abs(f);
  if (a <= 0.25) return sineNear(pi * a, piLow * a);
  return cosineNear(pi * (0.5 - a), piLow * (0.5 - a));
}

/** cot πf for |f| ≤ ½, f ≠ 0. */
function cotPi(f: f64): f64 {
  const a = abs(f), b = 0.5 - a;
  const value = a <= 0.25 ? cosineNear(pi * a, piLow * a) / sineNear(pi * a, piLow * a) : sineNear(pi * b, piLow * b) / cosineNear(pi * b, piLow * b);
  return f < 0 ? -value : value;
}

function lgammaOfPositive(x: f64): f64 {
  if (x < 0.5) return x * series(nearTwo, 20, x) - (x < 1e-20 ? logOf(x) : logOf(x) + log1pOf(x)); // Γ(x) = Γ(x + 2)/(x·(x + 1))
  if (x < 1.5) return (x - 1) * series(nearTwo, 20, x - 1) - log1pOf(x - 1); // Γ(x) = Γ(x + 1)/x
  if (x < 10) {
    let product: f64 = 1;
    while (x >= 2.5) {
      x -= 1; // exact here
      product *= x;
    }
    const low = (x - 2) * series(nearTwo, 20, x - 2);
    return product == 1 ? low : low + logOf(product);
  }
  if (x > 1e17) return x * (logOf(x) - 1);
  const inverse = 1 / x;
  return (x - 0.5) * (logOf(x) - 1) + (0.4189385332046727 + inverse * series(stirling, 7, inverse * inverse)); // ½·ln 2π − ½
}

/** ln|Γ(x)| of one number; below 0 by reflection, |Γ(x)·Γ(−x)| = π/|x·sin πx|. */
export function lgammaOf(x: f64): f64 {
  if (isNaN(x)) return x;
  if (abs(x) == Infinity) return Infinity;
  if (x > 0) return lgammaOfPositive(x);
  const f = fromInteger(x);
  if (f == 0) return Infinity;
  if (x > -1e-20) return -logOf(-x);
  return logOf(pi / (-x * sinPi(f))) - lgammaOfPositive(-x);
}

/** ψ(x) = Γ′(x)/Γ(x) of one number. */
export function digammaOf(x: f64): f64 {
  if (isNaN(x) || x == -Infinity) return NaN;
  if (x == 0) return -1 / x;
  if (x < 0) {
    const f = fromInteger(x);
    return f == 0 ? NaN : digammaOf(1 - x) - pi * cotPi(f); // ψ(1 − x) − ψ(x) = π·cot πx
  }
  let steps: f64 = 0;
  for (; x < 10; x += 1) steps += 1 / x; // ψ(x) = ψ(x + 1) − 1/x
  const inverse = 1 / x, z = inverse * inverse;
  return logOf(x) - (steps + (0.5 * inverse + z * series(bernoulliOver, 7, z)));
}

/** ψ′(x) of one number. */
export function trigammaOf(x: f64): f64 {
  if (isNaN(x) || x == -Infinity) return NaN;
  if (x <= 0) {
    const f = fromInteger(x);
    if (f == 0) return Infinity;
    const r = pi / sinPi(f);
    return r * r - trigammaOf(1 - x); // ψ′(1 − x) + ψ′(x) = (π/sin πx)²
  }
  let steps: f64 = 0;
  for (; x < 16; x += 1) steps += 1 / (x * x); // ψ′(x) = ψ′(x + 1) + 1/x²
  const inverse = 1 / x, z = inverse * inverse;
  return steps + (inverse + z * (0.5 + inverse * series(bernoulli, 7, z)));
}

@unmanaged
class Lgamma {
  @inline
  of(x: f64): f64 {
    return lgammaOf(x);
  }
}
@unmanaged
class Digamma {
  @inline
  of(x: f64): f64 {
    return digammaOf(x);
  }
}
@unmanaged
class Trigamma {
  @inline
  of(x: f64): f64 {
    return trigammaOf(x);
  }
}

export function lgamma_f32(n: i32, x: usize, y: usize): void {
  mapSingle<f32, Lgamma>(n, x, y);
}
export function lgamma_f64(n: i32, x: usize, y: usize): void {
  mapSingle<f64, Lgamma>(n, x, y);
}
export function digamma_f32(n: i32, x: usize, y: usize): void {
  mapSingle<f32, Digamma>(n, x, y);
}
export function digamma_f64(n: i32, x: usize, y: usize): void {
  mapSingle<f64, Digamma>(n, x, y);
}
export function trigamma_f32(n: i32, x: usize, y: usize): void {
  mapSingle<f32, Trigamma>(n, x, y);
}
export function trigamma_f64(n: i32, x: usize, y: usize): void {
  mapSingle<f64, Trigamma>(n, x, y);
}
