import { lostInProduct } from "./exact";
import { mapSingle } from "./lanes";

/**
 * sin and cos of one number, ≤ 1 ulp for every finite float64 (float32: computed in float64, rounded once). The argument is reduced to
 * x = q·π/2 + (y + yLow), |y| ≤ π/4: by π/2 in three exact parts up to 2²⁰ (Cody & Waite), by 2/π in 192 bits beyond (Payne & Hanek).
 * sin ±0 = ±0; NaN at ±∞.
 */

// sin y = y + y³·S(y²), cos y = 1 − y²/2 + y⁴·C(y²): Chebyshev fits (mpmath), lowest power first
const sines = memory.data<f64>([
  -0.16666666666666666, 0.008333333333333331, -0.0001984126984126506, 2.7557319219335453e-6, -2.5052106231157904e-8, 1.605853141458901e-10,
  -7.586685070091267e-13,
]);
const cosines = memory.data<f64>([
  0.041666666666666664, -0.0013888888888888887, 2.4801587301584645e-5, -2.755731922140076e-7, 2.0876755790363397e-9, -1.1470460773969325e-11,
  4.7458652037874553e-14,
]);

@inline
function polynomial(c: usize, z: f64): f64 {
  let sum = load<f64>(c, 48);
  sum = load<f64>(c, 40) + z * sum;
  sum = load<f64>(c, 32) + z * sum;
  sum = load<f64>(c, 24) + z * sum;
  sum = load<f64>(c, 16) + z * sum;
  sum = load<f64>(c, 8) + z * sum;
  return load<f64>(c, 0) + z * sum;
}

/** sin(y + low) for |y| ≤ π/4. */
export function sineNear(y: f64, low: f64): f64 {
  const z = y * y;
  return y + (low * (1 - 0.5 * z) + y * z * polynomial(sines, z));
}

/** cos(y + low) for |y| ≤ π/4. */
export function cosineNear(y: f64, low: f64): f64 {
  const z = y * y, half = 0.5 * z, w = 1 - half;
  return w + (1 - w - half + (z * z * polynomial(cosines, z) - y * low));
}

/** sin x for quarterTurns = 0, cos x = sin(x + π/2) for 1. */
function turned(x: f64, quarterTurns: i32): f64 {
  if (!(abs(x) < Infinity)) return NaN;
  if (abs(x) <= 1048576) {
    const q = nearest(x * 0.6366197723675814);
    // π/2 = three parts of 33 bits + rest: each q·part is exact
    const a = x - q * 1.5707963267341256, b = q * 6.077100506303966e-11, ab = a - b;
    const c = q * 2.0222662487111665e-21, abc = ab - c;
    const lost = a - ab - b + (ab - abc - c) - q * 8.4784276603689e-32;
    const y = abc + lost;
    return ofQuadrant(<i32>q + quarterTurns, y, abc - y + lost);
  }
  return ofLarge(x, quarterTurns);
}

function ofQuadrant(q: i32, y: f64, low: f64): f64 {
  const result = q & 1 ? cosineNear(y, low) : sineNear(y, low);
  return q & 2 ? -result : result;
}

// 2/π = 0.a2f9836e4e44…, 40 words of 32 bits
const twoOverPi = memory.data<u32>([
  0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561, 0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c,
  0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484, 0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b, 0x1ff897ff, 0xde05980f,
  0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b, 0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08,
  0x56033046, 0xfc7b6bab, 0xf0cfbc20, 0x9af4361d,
]);

/** 32 bits of 2/π from bit `start` on. */
@inline
function wordAt(start: i32): u64 {
  const at = twoOverPi + (<usize>(start >> 5) << 2), shift = <u64>(start & 31);
  const pair = ((<u64>load<u32>(at)) << 32) | load<u32>(at, 4);
  return (pair >> (32 - shift)) & 0xffffffff;
}

/**
 * |x| = m·2ᵉ > 2²⁰, m of 53 bits. Bits of 2/π that contribute whole turns are left out; the product of m with the next 192 bits has the
 * quadrant in front of its binary point and at least 128 correct bits behind it (no float64 comes closer than 2⁻⁶² to a multiple of π/2).
 */
function ofLarge(x: f64, quarterTurns: i32): f64 {
  const bits = reinterpret<u64>(x);
  const e = <i32>((bits >> 52) & 0x7ff) - 1075;
  const m = (bits & 0x000fffffffffffff) | 0x0010000000000000;
  const start = max(e - 2, 0);
  const low = m & 0xffffffff, high = m >> 32;
  // 256 bits of the product, least significant words first: r0 … r7 of 32 bits, carried in `sum`
  let sum: u64 = 0, before: u64 = 0, beforeThat: u64 = 0;
  let w0: u64 = 0, w1: u64 = 0, w2: u64 = 0, w3: u64 = 0;
  for (let j = 0; j < 8; j++) {
    const word = j < 6 ? wordAt(start + 32 * (5 - j)) : 0;
    sum += ((word * low) & 0xffffffff) + ((before * low) >> 32) + ((before * high) & 0xffffffff) + ((beforeThat * high) >> 32);
    const digit = (sum & 0xffffffff) << (<u64>(j & 1) << 5);
    if (j < 2) w0 |= digit;
    else if (j < 4) w1 |= digit;
    else if (j < 6) w2 |= digit;
    else w3 |= digit;
    sum >>= 32;
    beforeThat = before;
    before = word;
  }
  const shift = <u64>(62 + (e - start)); // moves the two bits of the quadrant to the very top; 30 … 64
  if (shift == 64) {
    w3 = w2;
    w2 = w1;
    w1 = w0;
  } else {
    w3 = (w3 << shift) | (w2 >> (64 - shift));
    w2 = (w2 << shift) | (w1 >> (64 - shift));
    w1 = (w1 << shift) | (w0 >> (64 - shift));
  }
  let q = <i32>(w3 >> 62);
  let f = (w3 << 2) | (w2 >> 62), g = (w2 << 2) | (w1 >> 62); // the fraction, 128 bits
  let negative = false;
  if (<i64>f < 0) {
    q++; // beyond ½: down from the next quadrant
    f = ~f;
    g = ~g;
    negative = true;
  }
  const zeros = clz(f); // fewer than 62
  if (zeros > 0) {
    f = (f << zeros) | (g >> (64 - zeros));
    g <<= zeros;
  }
  const scale = reinterpret<f64>((1023 - 53 - zeros) << 52);
  const t = <f64>(f >> 11) * scale, tLow = (<f64>((f & 0x7ff) << 42 | g >> 22)) * (scale * 1.1102230246251565e-16); // 2⁻⁵³
  let y = t * 1.5707963267948966;
  let yLow = lostInProduct(t, 1.5707963267948966, y) + t * 6.123233995736766e-17 + tLow * 1.5707963267948966;
  if (negative) {
    y = -y;
    yLow = -yLow;
  }
  if (x > 0) return ofQuadrant(q + quarterTurns, y, yLow);
  return ofQuadrant(-q + quarterTurns, -y, -yLow);
}

/** sin x of one number. */
export function sinOf(x: f64): f64 {
  return x == 0 ? x : turned(x, 0);
}

/** cos x of one number. */
export function cosOf(x: f64): f64 {
  return turned(x, 1);
}

@unmanaged
class Sine {
  @inline
  of(x: f64): f64 {
    return sinOf(x);
  }
}
@unmanaged
class Cosine {
  @inline
  of(x: f64): f64 {
    return cosOf(x);
  }
}

export function sin_f32(n: i32, x: usize, y: usize): void {
  mapSingle<f32, Sine>(n, x, y);
}
export function sin_f64(n: i32, x: usize, y: usize): void {
  mapSingle<f64, Sine>(n, x, y);
}
export function cos_f32(n: i32, x: usize, y: usize): void {
  mapSingle<f32, Cosine>(n, x, y);
}
export function cos_f64(n: i32, x: usize, y: usize): void {
  mapSingle<f64, Cosine>(n, x, y);
}
