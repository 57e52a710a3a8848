/**
 * Softmax and softmax cross-entropy over rows of few numbers: four rows side by side in float32, two in float64, column after column. A
 * row's result does not depend on its neighbours; the last rows are computed beside copies of the very last one.
 *
 * The same formulas as softmax.ts, with the sum of exponentials in float64 from the first column to the last.
 */
import { expOfNegative } from "./exponential";
import { splat, storePart, width } from "./lanes";
import { log } from "./logarithm";

/** Rows of up to this many numbers are narrow: beyond it, a row by itself fills vectors well enough. */
export const NARROW: i32 = 8;

/** x at address `at` of each row; rows lie `row` bytes apart, and beyond the last of `count` comes the last again. */
// prettier-ignore
@inline function column<T>(at: usize, row: usize, count: i32): v128 {
  const second = count > 1 ? row : 0;
  if (sizeof<T>() == 8) return v128.load64_lane(at + second, v128.load64_zero(at), 1);
  const third = second + (count > 2 ? row : 0), fourth = third + (count > 3 ? row : 0);
  return v128.load32_lane(at + fourth, v128.load32_lane(at + third, v128.load32_lane(at + second, v128.load32_zero(at), 1), 2), 3);
}

// prettier-ignore
@inline function largest<T>(n: i32, x: usize, row: usize, count: i32): v128 {
  let m = column<T>(x, row, count);
  for (let j = 1; j < n; j++) m = v128.max<T>(m, column<T>(x + <usize>j * sizeof<T>(), row, count));
  return m;
}

// prettier-ignore
@inline function low<T>(v: v128): v128 { return sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v) : v; }
// prettier-ignore
@inline function high(v: v128): v128 { return f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3)); }
/** Two pairs of float64 as one vector of T. */
// prettier-ignore
@inline function narrowed<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 4 ? v128.shuffle<i64>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 2) : a;
}

/** One number of v to each row's `at`. */
// prettier-ignore
@inline function scatter<T>(at: usize, row: usize, count: i32, v: v128): void {
  store<T>(at, v128.extract_lane<T>(v, 0));
  if (count > 1) store<T>(at + row, v128.extract_lane<T>(v, 1));
  if (sizeof<T>() == 8) return;
  if (count > 2) store<T>(at + 2 * row, <T>f32x4.extract_lane(v, 2));
  if (count > 3) store<T>(at + 3 * row, <T>f32x4.extract_lane(v, 3));
}

/** In place when y = x. */
export function softmaxNarrow<T>(rows: i32, n: i32, x: usize, y: usize): void {
  const row = <usize>n * sizeof<T>(), side = width<T>();
  for (; rows > 0; rows -= side, x += row * <usize>side, y += row * <usize>side) {
    const count = min(rows, side), m = largest<T>(n, x, row, count);
    let a = f64x2.splat(0), b = f64x2.splat(0);
    for (let at: usize = 0; at < row; at += sizeof<T>()) {
      const e = expOfNegative<T>(v128.sub<T>(column<T>(x + at, row, count), m));
      scatter<T>(y + at, row, count, e);
      a = f64x2.add(a, low<T>(e));
      if (sizeof<T>() == 4) b = f64x2.add(b, high(e));
    }
    const total = narrowed<T>(a, b);
    for (let at: usize = 0; at < row; at += sizeof<T>()) scatter<T>(y + at, row, count, v128.div<T>(column<T>(y + at, row, count), total));
  }
}

/** labels: i32 [rows]; NaN for a label outside [0, n). */
export function softmaxCrossEntropyNarrow<T>(rows: i32, n: i32, x: usize, labels: usize, y: usize): void {
  const row = <usize>n * sizeof<T>(), side = width<T>();
  for (; rows > 0; rows -= side, x += row * <usize>side, labels += <usize>side << 2, y += 16) {
    const count = min(rows, side), m = largest<T>(n, x, row, count);
    let a = f64x2.splat(0), b = f64x2.splat(0), chosen = splat<T>(<T>NaN);
    // The label of each row, compared with every column's number: a label outside all of them leaves NaN.
    const wanted = column<f32>(labels, 4, count);
    for (let j = 0; j < n; j++) {
      const v = v128.sub<T>(column<T>(x + <usize>j * sizeof<T>(), row, count), m), e = expOfNegative<T>(v);
      let here = i32x4.eq(wanted, i32x4.splat(j));
      if (sizeof<T>() == 8) here = v128.shuffle<i32>(here, here, 0, 0, 1, 1);
      chosen = v128.bitselect(v, chosen, here);
      a = f64x2.add(a, low<T>(e));
      if (sizeof<T>() == 4) b = f64x2.add(b, high(e));
    }
    a = f64x2.sub(log<f64>(a), low<T>(chosen));
    if (sizeof<T>() == 4) b = f64x2.sub(log<f64>(b), high(chosen));
    const loss = narrowed<T>(a, b);
    if (count == side) v128.store(y, loss);
    else storePart<T>(y, loss, count);
  }
}
