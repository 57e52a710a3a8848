import { constant, polynomial2, polynomial3, polynomial4, polynomial9, splat } from "./lanes";

/**
 * The exponential and its kin, four float32 or two float64 at a time.
 *
 *     exp(x) = 2ᵏ·exp(r),  k = round(x / ln 2),  r = x − k·ln 2 ∈ [−0.3466, 0.3466],  exp(r) = 1 + r + r²·P(r)
 *
 * ln 2 is split so that k·high is exact; what rounding loses of r is carried along. P is a Chebyshev fit (mpmath, 60 digits):
 * relative error of exp(r) 1.3e-17 in float64, 8e-9 in float32. Error bounds, in units in the last place, are asserted by
 * test/unit/kernels/transcendental.test.ts.
 */

// P, lowest power first
const p64 = memory.data<f64>([
  0.5000000000000001, 0.16666666666666669, 0.041666666666623824, 0.008333333333330039, 0.0013888888917367081,
  0.00019841269863171557, 2.4801521057868204e-5, 2.7557268276905696e-6, 2.7620201591031547e-7, 2.5100472505694996e-8,
]);
const p32 = memory.data<f32>([0.5, 0.16666576266288757, 0.04166655242443085, 0.00836323294788599, 0.0013926250394433737]);

// 0: 1/ln 2 · 1: high part of ln 2 · 2: its low part · 3: 1.5·2^(mantissa bits), added to round to an integer · 4: x above which exp = ∞
// 5: x below which exp = 0 · 6: k from which exp − 1 = exp
const c64 = memory.data<f64>([1.4426950408889634, 0.693147180559663, 2.8235290563031577e-13, 6755399441055744.0, 710.0, -746.0, 60.0]);
const c32 = memory.data<f32>([1.4426950408889634, 0.693145751953125, 1.428606765330187e-6, 12582912.0, 89.0, -104.0, 30.0]);

@inline
function c<T>(i: usize): v128 {
  return constant<T>(sizeof<T>() == 4 ? c32 : c64, i);
}

/** Rounds to the nearest integer, |x| < 2^(mantissa bits − 1). */
@inline
function nearest<T>(x: v128): v128 {
  return v128.sub<T>(v128.add<T>(x, c<T>(3)), c<T>(3));
}

/** 2ᵏ for an integer k in the range of normal exponents: k rounded into the low bits of 1.5·2^(mantissa bits), shifted into the exponent. */
@inline
function powerOfTwo<T>(k: v128): v128 {
  const bits = v128.add<T>(k, c<T>(3));
  return sizeof<T>() == 4
    ? i32x4.shl(i32x4.add(bits, i32x4.splat(127)), 23)
    : i64x2.shl(i64x2.add(bits, i64x2.splat(1023)), 52);
}

/** v·2ᵏ in two steps, so that k may lead to infinity or into the subnormal numbers with one rounding. */
@inline
function scaled<T>(v: v128, k: v128): v128 {
  const half = nearest<T>(v128.mul<T>(k, splat<T>(<T>0.5)));
  return v128.mul<T>(v128.mul<T>(v, powerOfTwo<T>(half)), powerOfTwo<T>(v128.sub<T>(k, half)));
}

/** x held between the points where exp is 0 and ∞; NaN stays. */
@inline
function held<T>(x: v128): v128 {
  return v128.pmax<T>(v128.pmin<T>(x, c<T>(4)), c<T>(5));
}

/** exp(r) − 1 − r for the reduced argument r = high − low: what rounding lost of r, plus r²·P(r). */
@inline
function beyondLinear<T>(high: v128, low: v128, r: v128): v128 {
  const lost = v128.sub<T>(v128.sub<T>(high, r), low);
  const p = sizeof<T>() == 4 ? polynomial4<T>(p32, r) : polynomial9<T>(p64, r);
  return v128.add<T>(lost, v128.mul<T>(v128.mul<T>(r, r), p));
}

/** eˣ, ≤ 1 ulp (below the smallest normal number: 1 ulp of the subnormal). exp(−∞) = 0, exp(NaN) = NaN. */
@inline
export function exp<T>(x: v128): v128 {
  x = held<T>(x);
  const k = nearest<T>(v128.mul<T>(x, c<T>(0)));
  const high = v128.sub<T>(x, v128.mul<T>(k, c<T>(1)));
  const low = v128.mul<T>(k, c<T>(2));
  const r = v128.sub<T>(high, low);
  return scaled<T>(v128.add<T>(splat<T>(1), v128.add<T>(r, beyondLinear<T>(high, low, r))), k);
}

/**
 * eˣ for −limit ≤ x ≤ 0 or NaN, where neither overflow nor (much) underflow is in the way: one scaling step. The same bits as `exp`
 * down to the smallest normal number; below it, 0.
 */
@inline
export function expOfNegative<T>(x: v128): v128 {
  const floor = splat<T>(sizeof<T>() == 4 ? <T>-87.33654 : <T>-708.3964185322641); // ln of the smallest normal number
  const tiny = v128.lt<T>(x, floor);
  x = v128.pmax<T>(x, floor);
  const k = nearest<T>(v128.mul<T>(x, c<T>(0)));
  const high = v128.sub<T>(x, v128.mul<T>(k, c<T>(1)));
  const low = v128.mul<T>(k, c<T>(2));
  const r = v128.sub<T>(high, low);
  return v128.andnot(v128.mul<T>(v128.add<T>(splat<T>(1), v128.add<T>(r, beyondLinear<T>(high, low, r))), powerOfTwo<T>(k)), tiny);
}

/**
 * eˣ − 1, ≤ 1.3 ulp, exact to the last place near 0 too: with 2ᵏ·exp(r) = 2ᵏ + 2ᵏ·r + 2ᵏ·t the sum (2ᵏ − 1) + 2ᵏ·r is taken with its
 * rounding error. expm1(±0) = ±0, expm1(−∞) = −1.
 */
@inline
export function expm1<T>(x: v128): v128 {
  const from = x;
  x = held<T>(x);
  const k = nearest<T>(v128.mul<T>(x, c<T>(0)));
  const high = v128.sub<T>(x, v128.mul<T>(k, c<T>(1)));
  const low = v128.mul<T>(k, c<T>(2));
  const r = v128.sub<T>(high, low);
  const t = beyondLinear<T>(high, low, r);
  const whole = scaled<T>(v128.add<T>(splat<T>(1), v128.add<T>(r, t)), k);

  const scale = powerOfTwo<T>(v128.pmin<T>(v128.pmax<T>(k, v128.neg<T>(c<T>(6))), c<T>(6)));
  const a = v128.sub<T>(scale, splat<T>(1));
  const b = v128.mul<T>(scale, r);
  const sum = v128.add<T>(a, b);
  const seen = v128.sub<T>(sum, a);
  const error = v128.add<T>(v128.sub<T>(a, v128.sub<T>(sum, seen)), v128.sub<T>(b, seen));
  const small = v128.add<T>(sum, v128.add<T>(error, v128.mul<T>(scale, t)));

  const result = v128.bitselect(whole, small, v128.ge<T>(k, c<T>(6)));
  return v128.bitselect(from, result, v128.eq<T>(from, splat<T>(0))); // keeps the sign of zero
}

/**
 * 1 / (1 + e⁻ˣ), ≤ 1.5 ulp, without overflow: with e = exp(−|x|) and d = 1 + e it is q = 1/d on the right and q = e/d on the left. What
 * rounding lost of e and d comes back by the first-order term (δe − q·δd)/d, where 1/d = q on the right and 1 − q on the left.
 */
@inline
export function sigmoid<T>(x: v128): v128 {
  const one = splat<T>(1), left = v128.lt<T>(x, splat<T>(0));
  x = held<T>(v128.neg<T>(v128.abs<T>(x)));
  const k = nearest<T>(v128.mul<T>(x, c<T>(0)));
  const high = v128.sub<T>(x, v128.mul<T>(k, c<T>(1)));
  const low = v128.mul<T>(k, c<T>(2));
  const r = v128.sub<T>(high, low);
  const beyondOne = v128.add<T>(r, beyondLinear<T>(high, low, r));
  const rounded = v128.add<T>(one, beyondOne);
  const e = scaled<T>(rounded, k);
  const lostOfE = scaled<T>(v128.add<T>(v128.sub<T>(one, rounded), beyondOne), k);

  const d = v128.add<T>(one, e);
  const lostOfD = v128.add<T>(v128.add<T>(v128.sub<T>(one, d), e), lostOfE);
  const q = v128.div<T>(v128.bitselect(e, one, left), d);
  const inverse = v128.bitselect(v128.sub<T>(one, q), q, left);
  const lost = v128.sub<T>(v128.and(lostOfE, left), v128.mul<T>(q, lostOfD));
  return v128.add<T>(q, v128.mul<T>(lost, inverse));
}

// Cephes' rational x + x³·P(x²)/Q(x²) for |x| < 0.625 (Moshier 1989, tanh.c); in float32 a polynomial (Chebyshev fit) over 1.
const tanhP64 = memory.data<f64>([-1614.6876844170845, -99.28772310019186, -0.9643991794250523]);
const tanhQ64 = memory.data<f64>([4844.063053251255, 2235.4883906010045, 112.81167849163293, 1.0]);
const tanhP32 = memory.data<f32>([-0.333333283662796, 0.1333276927471161, -0.05385081097483635, 0.020996704697608948, -0.0060960231348872185]);

/** tanh x, ≤ 1.5 ulp: near 0 the series above, elsewhere 1 − 2/(e^{2|x|} + 1); both end in the same division. tanh(±0) = ±0. */
@inline
export function tanh<T>(x: v128): v128 {
  const a = v128.abs<T>(x);
  const z = v128.mul<T>(x, x);
  const small = v128.lt<T>(a, splat<T>(<T>0.625));
  const e = exp<T>(v128.pmin<T>(v128.add<T>(a, a), splat<T>(<T>64)));

  const p = sizeof<T>() == 4 ? polynomial4<T>(tanhP32, z) : polynomial2<T>(tanhP64, z);
  const q = sizeof<T>() == 4 ? splat<T>(1) : polynomial3<T>(tanhQ64, z);
  const numerator = v128.bitselect(v128.mul<T>(v128.mul<T>(a, z), p), splat<T>(<T>-2), small);
  const denominator = v128.bitselect(q, v128.add<T>(e, splat<T>(1)), small);
  const result = v128.add<T>(v128.bitselect(a, splat<T>(1), small), v128.div<T>(numerator, denominator));
  return v128.or(result, v128.and(x, signBit<T>()));
}

@inline
function signBit<T>(): v128 {
  return splat<T>(<T>-0.0);
}

/** eˣ of one number. */
export function expOf(x: f64): f64 {
  return f64x2.extract_lane(exp<f64>(f64x2.splat(x)), 0);
}

/** exp(h + l) of one number given as an unevaluated sum, |l| ≪ |h| or both tiny; ∞ and 0 beyond the range. */
export function expOfSum(h: f64, l: f64): f64 {
  const x = held<f64>(f64x2.splat(h));
  const k = nearest<f64>(f64x2.mul(x, c<f64>(0)));
  const high = f64x2.sub(x, f64x2.mul(k, c<f64>(1)));
  const low = f64x2.sub(f64x2.mul(k, c<f64>(2)), f64x2.splat(l));
  const r = f64x2.sub(high, low);
  return f64x2.extract_lane(scaled<f64>(f64x2.add(f64x2.splat(1), f64x2.add(r, beyondLinear<f64>(high, low, r))), k), 0);
}
