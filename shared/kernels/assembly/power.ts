import { expOf, expOfSum } from "./exponential";
import { lostInProduct, lostInSum } from "./exact";
import { logOf } from "./logarithm";

/**
 * xʸ ≤ 1.1 ulp in float64, ≤ 0.6 ulp in float32. In float64 the logarithm is carried as an unevaluated sum of two numbers, relative error
 * about 2⁻⁶⁶, since y multiplies its error by up to 745:
 *
 *     x = 2ᵏ·m,  s = (m − 1)/(m + 1),  ln x = k·ln 2 + 2s + ⅔s³ + s⁵·T(s²),     xʸ = exp(y·ln x)
 *
 * Special values are those of IEEE 754 `pow`: x⁰ = 1 and 1ʸ = 1 even for NaN; a negative x has a power for integers y only.
 */

// T, lowest power first: 2/5 + 2z/7 + … (Chebyshev fit, mpmath)
const t = memory.data<f64>([
  0.40000000000000024, 0.28571428571338287, 0.22222222271202, 0.18181808231280466, 0.15385575981100785, 0.13285918069433095, 0.12914104107774088,
]);
const twoThirds: f64 = 0.6666666666666666, twoThirdsLow: f64 = 3.700743415417188e-17;
const ln2: f64 = 0.693147180559663, ln2Low: f64 = 2.8235290563031577e-13; // k·ln2 is exact

/** xʸ for finite x > 0 and finite y ≠ 0. */
function powerOfPositive(x: f64, y: f64): f64 {
  if (abs(y) >= 18446744073709551616.0) return x == 1 ? 1 : x > 1 == y > 0 ? Infinity : 0; // |ln x| ≥ 2⁻⁵³ and |y| ≥ 2⁶⁴
  if (abs(y) < 1e-30) return 1; // and no product below can underflow
  let k: f64 = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984.0; // 2⁵⁴
    k = -54;
  }
  const bits = reinterpret<i64>(x) + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
  k += <f64>((bits >> 52) - 1023);
  const m = reinterpret<f64>((bits & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd);

  const f = m - 1;
  const d = m + 1, dLow = m - (d - 1);
  const s = f / d, sd = s * d;
  const sLow = (f - sd - lostInProduct(s, d, sd) - s * dLow) / d;

  const z = s * s, zLow = lostInProduct(s, s, z) + 2 * s * sLow; // s²
  const q = z * s, qLow = lostInProduct(z, s, q) + z * sLow + zLow * s; // s³
  const third = twoThirds * q, thirdLow = lostInProduct(twoThirds, q, third) + twoThirds * qLow + twoThirdsLow * q; // ⅔s³
  let tail = load<f64>(t, 48);
  tail = load<f64>(t, 40) + z * tail;
  tail = load<f64>(t, 32) + z * tail;
  tail = load<f64>(t, 24) + z * tail;
  tail = load<f64>(t, 16) + z * tail;
  tail = load<f64>(t, 8) + z * tail;
  tail = load<f64>(t, 0) + z * tail;

  const a = k * ln2, b = 2 * s, ab = a + b, abc = ab + third;
  const low = lostInSum(a, b, ab) + lostInSum(ab, third, abc) + (thirdLow + 2 * sLow + k * ln2Low + z * q * tail);
  const high = abc + low, rest = abc - high + low;

  const p = y * high;
  if (abs(p) > 800) return p > 0 ? Infinity : 0;
  return expOfSum(p, lostInProduct(y, high, p) + y * rest);
}

/** −1 for a y that is no integer, 0 for an even one, 1 for an odd one. */
function parity(y: f64): i32 {
  if (floor(y) != y) return -1;
  if (abs(y) >= 9007199254740992.0) return 0;
  return <i32>(<i64>y & 1);
}

/** xʸ in float64, all special values; `single` takes the shorter way that is enough for float32. */
function power(x: f64, y: f64, single: bool): f64 {
  if (y == 0 || x == 1) return 1;
  if (isNaN(x) || isNaN(y)) return NaN;
  if (abs(y) == Infinity) {
    if (x == -1) return 1;
    return abs(x) > 1 == y > 0 ? Infinity : 0;
  }
  const odd = parity(y);
  const negative = reinterpret<i64>(x) < 0;
  const magnitude = abs(x);
  let result: f64;
  if (magnitude == 0) result = y > 0 ? 0 : Infinity;
  else if (magnitude == Infinity) result = y > 0 ? Infinity : 0;
  else if (negative && odd < 0) return NaN;
  else result = single ? expOf(y * logOf(magnitude)) : powerOfPositive(magnitude, y);
  return negative && odd == 1 ? -result : result;
}

/** xʸ of one pair of numbers. */
export function powerOf(x: f64, y: f64): f64 {
  return power(x, y, false);
}

/** y[i] = a[i]^b[i] for i < n. In place when y is a or b. */
export function power_f32(n: i32, a: usize, b: usize, y: usize): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 4, b += 4, y += 4) store<f32>(y, <f32>power(load<f32>(a), load<f32>(b), true));
}
export function power_f64(n: i32, a: usize, b: usize, y: usize): void {
  for (const end = a + ((<usize>n) << 3); a < end; a += 8, b += 8, y += 8) store<f64>(y, power(load<f64>(a), load<f64>(b), false));
}
