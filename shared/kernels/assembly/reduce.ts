import { splat } from "./lanes";

/**
 * Reductions over the middle axis of [outer, length, inner] → [outer, inner]. Every sum is taken in float64 and rounded once at the end,
 * in an order that depends on the shape alone:
 *
 *     inner = 1   eight interleaved partial sums, element j into sum j mod 8, then ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7))
 *     inner > 1   each column from its first element to its last
 *
 * Relative error of a sum, to the sum of magnitudes: about length·2⁻⁵⁶ (float32: and one rounding to float32). Empty: sum 0, max −∞.
 */

/** Σ x[0 … n) of contiguous numbers, in float64. */
@inline
export function sumOf<T>(n: i32, x: usize): f64 {
  let s0 = f64x2.splat(0), s1 = f64x2.splat(0), s2 = f64x2.splat(0), s3 = f64x2.splat(0);
  const end = x + (<usize>n) * sizeof<T>();
  for (; x + 8 * sizeof<T>() <= end; x += 8 * sizeof<T>()) {
    s0 = f64x2.add(s0, wide<T>(x, 0));
    s1 = f64x2.add(s1, wide<T>(x, 2));
    s2 = f64x2.add(s2, wide<T>(x, 4));
    s3 = f64x2.add(s3, wide<T>(x, 6));
  }
  if (x + 4 * sizeof<T>() <= end) {
    s0 = f64x2.add(s0, wide<T>(x, 0));
    s1 = f64x2.add(s1, wide<T>(x, 2));
    x += 4 * sizeof<T>();
    if (x + 2 * sizeof<T>() <= end) {
      s2 = f64x2.add(s2, wide<T>(x, 0));
      x += 2 * sizeof<T>();
      if (x < end) s3 = f64x2.add(s3, f64x2.replace_lane(f64x2.splat(0), 0, <f64>load<T>(x)));
    } else if (x < end) s2 = f64x2.add(s2, f64x2.replace_lane(f64x2.splat(0), 0, <f64>load<T>(x)));
  } else if (x + 2 * sizeof<T>() <= end) {
    s0 = f64x2.add(s0, wide<T>(x, 0));
    x += 2 * sizeof<T>();
    if (x < end) s1 = f64x2.add(s1, f64x2.replace_lane(f64x2.splat(0), 0, <f64>load<T>(x)));
  } else if (x < end) s0 = f64x2.add(s0, f64x2.replace_lane(f64x2.splat(0), 0, <f64>load<T>(x)));
  const total = f64x2.add(f64x2.add(s0, s2), f64x2.add(s1, s3));
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
}

/**
 * Σ of `elements` numbers that come piece by piece: `count` of them, from number `start` on, are added to eight partial sums at `partials`,
 * and the last piece leaves the sum at y. Every piece but the last is a multiple of 8, so the bits are those of `sumOf`.
 */
@inline
export function sumPiece<T>(start: i32, count: i32, elements: i32, x: usize, partials: usize, y: usize): void {
  if (start == 0) memory.fill(partials, 0, 64);
  let s0 = v128.load(partials), s1 = v128.load(partials, 16), s2 = v128.load(partials, 32), s3 = v128.load(partials, 48);
  const end = x + (<usize>count) * sizeof<T>();
  for (; x + 8 * sizeof<T>() <= end; x += 8 * sizeof<T>()) {
    s0 = f64x2.add(s0, wide<T>(x, 0));
    s1 = f64x2.add(s1, wide<T>(x, 2));
    s2 = f64x2.add(s2, wide<T>(x, 4));
    s3 = f64x2.add(s3, wide<T>(x, 6));
  }
  v128.store(partials, s0);
  v128.store(partials, s1, 16);
  v128.store(partials, s2, 32);
  v128.store(partials, s3, 48);
  if (start + count < elements) return;
  for (let at = partials; x < end; x += sizeof<T>(), at += 8) store<f64>(at, load<f64>(at) + <f64>load<T>(x));
  const total = f64x2.add(f64x2.add(v128.load(partials), v128.load(partials, 32)), f64x2.add(v128.load(partials, 16), v128.load(partials, 48)));
  store<T>(y, <T>(f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1)));
}

/** Elements i and i + 1 as float64. */
@inline
function wide<T>(x: usize, i: usize): v128 {
  return sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v128.load64_zero(x + i * 4)) : v128.load(x + i * 8);
}

/** max x[0 … n) of contiguous numbers; NaN where one is. */
@inline
export function maxOf<T>(n: i32, x: usize): T {
  const end = x + (<usize>n) * sizeof<T>();
  let best: T = <T>-Infinity;
  if (n >= 16 / sizeof<T>()) {
    let m = v128.load(x);
    for (; x + 16 <= end; x += 16) m = v128.max<T>(m, v128.load(x));
    best = max<T>(v128.extract_lane<T>(m, 0), v128.extract_lane<T>(m, 1));
    if (sizeof<T>() == 4) best = max<T>(best, max<T>(<T>f32x4.extract_lane(m, 2), <T>f32x4.extract_lane(m, 3)));
  }
  for (; x < end; x += sizeof<T>()) best = max<T>(best, load<T>(x));
  return best;
}

@inline
function sum<T>(outer: i32, length: i32, inner: i32, x: usize, y: usize): void {
  if (inner == 1) {
    const row = (<usize>length) * sizeof<T>();
    for (let i = 0; i < outer; i++, x += row, y += sizeof<T>()) store<T>(y, <T>sumOf<T>(length, x));
    return;
  }
  const stride = (<usize>inner) * sizeof<T>(), block = stride * length;
  for (let i = 0; i < outer; i++, x += block, y += stride) {
    let column: usize = 0;
    for (; column + 8 * sizeof<T>() <= stride; column += 8 * sizeof<T>()) {
      let s0 = f64x2.splat(0), s1 = f64x2.splat(0), s2 = f64x2.splat(0), s3 = f64x2.splat(0);
      for (let at = x + column, end = at + block; at < end; at += stride) {
        s0 = f64x2.add(s0, wide<T>(at, 0));
        s1 = f64x2.add(s1, wide<T>(at, 2));
        s2 = f64x2.add(s2, wide<T>(at, 4));
        s3 = f64x2.add(s3, wide<T>(at, 6));
      }
      narrowStore<T>(y + column, 0, s0);
      narrowStore<T>(y + column, 2, s1);
      narrowStore<T>(y + column, 4, s2);
      narrowStore<T>(y + column, 6, s3);
    }
    for (; column + 2 * sizeof<T>() <= stride; column += 2 * sizeof<T>()) {
      let s = f64x2.splat(0);
      for (let at = x + column, end = at + block; at < end; at += stride) s = f64x2.add(s, wide<T>(at, 0));
      narrowStore<T>(y + column, 0, s);
    }
    if (column < stride) {
      let s: f64 = 0;
      for (let at = x + column, end = at + block; at < end; at += stride) s += <f64>load<T>(at);
      store<T>(y + column, <T>s);
    }
  }
}

/** Stores two float64 as elements i and i + 1. */
@inline
function narrowStore<T>(y: usize, i: usize, v: v128): void {
  if (sizeof<T>() == 4) v128.store_lane<u64>(y + i * 4, f32x4.demote_f64x2_zero(v), 0);
  else v128.store(y + i * 8, v);
}

@inline
function maximumOver<T>(outer: i32, length: i32, inner: i32, x: usize, y: usize): void {
  const stride = (<usize>inner) * sizeof<T>(), block = stride * length;
  for (let i = 0; i < outer; i++, x += block, y += stride) {
    if (inner == 1) {
      store<T>(y, maxOf<T>(length, x));
      continue;
    }
    let column: usize = 0;
    for (; column + 16 <= stride; column += 16) {
      let m = splat<T>(<T>-Infinity);
      for (let at = x + column, end = at + block; at < end; at += stride) m = v128.max<T>(m, v128.load(at));
      v128.store(y + column, m);
    }
    for (; column < stride; column += sizeof<T>()) {
      let m: T = <T>-Infinity;
      for (let at = x + column, end = at + block; at < end; at += stride) m = max<T>(m, load<T>(at));
      store<T>(y + column, m);
    }
  }
}

/** The first position of the largest number; of the first NaN, if there is one; 0 when empty. y is i32. */
@inline
function argMax<T>(outer: i32, length: i32, inner: i32, x: usize, y: usize): void {
  const stride = (<usize>inner) * sizeof<T>(), block = stride * length;
  for (let i = 0; i < outer; i++, x += block) {
    for (let column: usize = 0; column < stride; column += sizeof<T>(), y += 4) {
      let best: T = <T>-Infinity, where = 0;
      for (let j = 0, at = x + column; j < length; j++, at += stride) {
        const v = load<T>(at);
        if (v > best) {
          best = v;
          where = j;
        } else if (isNaN<T>(v)) {
          where = j;
          break;
        }
      }
      store<i32>(y, where);
    }
  }
}

export function sum_f32(outer: i32, length: i32, inner: i32, x: usize, y: usize): void {
  sum<f32>(outer, length, inner, x, y);
}
export function sum_f64(outer: i32, length: i32, inner: i32, x: usize, y: usize): void {
  sum<f64>(outer, length, inner, x, y);
}
export function max_f32(outer: i32, length: i32, inner: i32, x: usize, y: usize): void {
  maximumOver<f32>(outer, length, inner, x, y);
}
export function max_f64(outer: i32, length: i32, inner: i32, x: usize, y: usize): void {
  maximumOver<f64>(outer, length, inner, x, y);
}
export function argMax_f32(outer: i32, length: i32, inner: i32, x: usize, y: usize): void {
  argMax<f32>(outer, length, inner, x, y);
}
export function argMax_f64(outer: i32, length: i32, inner: i32, x: usize, y: usize): void {
  argMax<f64>(outer, length, inner, x, y);
}
