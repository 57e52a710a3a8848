import { exp } from "./exponential";
import { constant, polynomial2, polynomial6, splat } from "./lanes";

/**
 * The logarithm and its kin, four float32 or two float64 at a time.
 *
 *     log(2ᵏ·(1 + f)) = k·ln 2 + f − (f²/2 − s·(f²/2 + R)),   s = f/(2 + f),   R = z·G(z) = 2z/3 + 2z²/5 + …,   z = s²
 *
 * with 1 + f ∈ [√½, √2) (the form of fdlibm's e_log.c). G is a Chebyshev fit (mpmath). Zero, negative, infinite and subnormal
 * arguments are mended afterwards, only where a vector has one.
 */

// G, lowest power first
const g64 = memory.data<f64>([
  0.666666666666667, 0.399999999998992, 0.2857142862611452, 0.22222211112104948, 0.1818289077802613, 0.15331666676597175, 0.146171283998073,
]);
const g32 = memory.data<f32>([0.6666668653488159, 0.39988768100738525, 0.2958046793937683]);

// 0: high part of ln 2 · 1: its low part · 2: the smallest normal number · 3: 2^(mantissa bits + 2) · 4: that exponent
const c64 = memory.data<f64>([0.693147180559663, 2.8235290563031577e-13, 2.2250738585072014e-308, 18014398509481984.0, 54.0]);
const c32 = memory.data<f32>([0.693145751953125, 1.428606765330187e-6, 1.1754943508222875e-38, 33554432.0, 25.0]);

@inline
function c<T>(i: usize): v128 {
  return constant<T>(sizeof<T>() == 4 ? c32 : c64, i);
}

/** The bits of u > 0 moved so that the exponent field counts from √½ instead of 1. */
@inline
function shifted<T>(u: v128): v128 {
  return sizeof<T>() == 4
    ? i32x4.add(u, i32x4.splat(0x3f800000 - 0x3f3504f3))
    : i64x2.add(u, i64x2.splat(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
}

/** k of u = 2ᵏ·m, as a floating-point number: the exponent field, read by filling it into the low bits of 2^(mantissa bits). */
@inline
function exponent<T>(u: v128): v128 {
  const bits = shifted<T>(u);
  if (sizeof<T>() == 4) return f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(bits, 23), i32x4.splat(127)));
  return f64x2.sub(v128.or(i64x2.shr_u(bits, 52), f64x2.splat(4503599627370496.0)), f64x2.splat(4503599627371519.0)); // 2⁵², 2⁵² + 1023
}

/** m ∈ [√½, √2) of u = 2ᵏ·m. */
@inline
function mantissa<T>(u: v128): v128 {
  const bits = shifted<T>(u);
  return sizeof<T>() == 4
    ? i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3))
    : i64x2.add(v128.and(bits, i64x2.splat(0x000fffffffffffff)), i64x2.splat(0x3fe6a09e667f3bcd));
}

/** log(2ᵏ·(1 + f)) + tail for a positive normal u = 2ᵏ·(1 + f), tail ≪ u: the common core. */
@inline
function logCore<T>(k: v128, f: v128, tail: v128): v128 {
  const s = v128.div<T>(f, v128.add<T>(f, splat<T>(2)));
  const z = v128.mul<T>(s, s);
  const r = v128.mul<T>(z, sizeof<T>() == 4 ? polynomial2<T>(g32, z) : polynomial6<T>(g64, z));
  const half = v128.mul<T>(v128.mul<T>(f, splat<T>(<T>0.5)), f);
  const low = v128.add<T>(v128.mul<T>(s, v128.add<T>(half, r)), v128.add<T>(tail, v128.mul<T>(k, c<T>(1))));
  return v128.add<T>(v128.mul<T>(k, c<T>(0)), v128.sub<T>(f, v128.sub<T>(half, low)));
}

/** u·2^(mantissa bits + 2) where u is subnormal. */
@inline
function normal<T>(u: v128, subnormal: v128): v128 {
  return v128.bitselect(v128.mul<T>(u, c<T>(3)), u, subnormal);
}

/** ln x, ≤ 1 ulp. log(±0) = −∞, log(x < 0) = NaN, log(∞) = ∞. */
@inline
export function log<T>(x: v128): v128 {
  const subnormal = v128.lt<T>(x, c<T>(2));
  const u = normal<T>(x, subnormal);
  const k = v128.sub<T>(exponent<T>(u), v128.and(subnormal, c<T>(4)));
  const result = logCore<T>(k, v128.sub<T>(mantissa<T>(u), splat<T>(1)), splat<T>(0));
  return mended<T>(x, result);
}

/** `result` where x is positive and finite; −∞ at 0, ∞ at ∞, NaN below 0 and at NaN. */
@inline
function mended<T>(x: v128, result: v128): v128 {
  const zero = splat<T>(0), infinity = splat<T>(<T>Infinity);
  const fine = v128.and(v128.gt<T>(x, zero), v128.lt<T>(x, infinity));
  if (v128.all_true<i32>(fine)) return result;
  const atZero = v128.and(v128.eq<T>(x, zero), splat<T>(<T>-Infinity));
  const atInfinity = v128.and(v128.eq<T>(x, infinity), infinity);
  const undefinedAt = v128.and(v128.not(v128.ge<T>(x, zero)), splat<T>(<T>NaN));
  return v128.bitselect(result, v128.or(v128.or(atZero, atInfinity), undefinedAt), fine);
}

/** ln(1 + x), ≤ 1 ulp: what rounding loses of u = 1 + x comes back as (x − (u − 1))/u. log1p(±0) = ±0, log1p(−1) = −∞. */
@inline
export function log1p<T>(x: v128): v128 {
  const one = splat<T>(1);
  const u = v128.add<T>(one, x);
  const large = v128.ge<T>(x, one);
  const lost = v128.bitselect(v128.sub<T>(one, v128.sub<T>(u, x)), v128.sub<T>(x, v128.sub<T>(u, one)), large);
  const result = logCore<T>(exponent<T>(u), v128.sub<T>(mantissa<T>(u), one), v128.div<T>(lost, u));
  return v128.bitselect(x, mended<T>(u, result), v128.lt<T>(v128.abs<T>(x), splat<T>(sizeof<T>() == 4 ? <T>2e-8 : <T>5e-17)));
}

/** max(x, 0) + ln(1 + exp(−|x|)) = ln(1 + eˣ), ≤ 2 ulp, finite wherever x is. */
@inline
export function softplus<T>(x: v128): v128 {
  const e = exp<T>(v128.neg<T>(v128.abs<T>(x)));
  return v128.add<T>(v128.pmax<T>(x, splat<T>(0)), log1p<T>(e));
}

/** ln x of one number. */
export function logOf(x: f64): f64 {
  return f64x2.extract_lane(log<f64>(f64x2.splat(x)), 0);
}

/** ln(1 + x) of one number. */
export function log1pOf(x: f64): f64 {
  return f64x2.extract_lane(log1p<f64>(f64x2.splat(x)), 0);
}
