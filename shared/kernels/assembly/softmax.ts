import { expOf, expOfNegative } from "./exponential";
import { loadPart, splat, storePart, width } from "./lanes";
import { logOf } from "./logarithm";
import { NARROW, softmaxCrossEntropyNarrow, softmaxNarrow } from "./narrow-rows";
import { maxOf, sumOf } from "./reduce";

/**
 * Softmax and its kin over the rows of [rows, n], without overflow: with m = max x, every exponent x − m is ≤ 0.
 *
 *     logSumExp = m + ln Σ exp(x − m)       softmax = exp(x − m) / Σ exp(x − m)       crossEntropy = ln Σ exp(x − m) − (x[label] − m)
 *
 * Sums are taken in float64, in the order of reduce.ts. A row of −∞ has logSumExp −∞ and softmax NaN; a row with ∞: ∞ and NaN.
 */

/** y = exp(x − m); in place when y = x. */
@inline
export function shiftedExp<T>(n: i32, m: T, x: usize, y: usize): void {
  const shift = splat<T>(m);
  const end = x + (<usize>n) * sizeof<T>();
  for (; x + 32 <= end; x += 32, y += 32) {
    const a = expOfNegative<T>(v128.sub<T>(v128.load(x), shift));
    const b = expOfNegative<T>(v128.sub<T>(v128.load(x, 16), shift));
    v128.store(y, a);
    v128.store(y, b, 16);
  }
  for (; x + 16 <= end; x += 16, y += 16) v128.store(y, expOfNegative<T>(v128.sub<T>(v128.load(x), shift)));
  const rest = <i32>((end - x) / sizeof<T>());
  if (rest > 0) storePart<T>(y, expOfNegative<T>(v128.sub<T>(loadPart<T>(x, rest), shift)), rest);
}

/** Σ exp(x − m), element j into partial sum j mod 4 (float32) or j mod 2 (float64); nothing is stored. */
@inline
export function sumOfExp<T>(n: i32, m: T, x: usize): f64 {
  const shift = splat<T>(m);
  let low = f64x2.splat(0), high = f64x2.splat(0);
  const end = x + (<usize>n) * sizeof<T>();
  for (; x + 32 <= end; x += 32) {
    const a = expOfNegative<T>(v128.sub<T>(v128.load(x), shift)), b = expOfNegative<T>(v128.sub<T>(v128.load(x, 16), shift));
    if (sizeof<T>() == 4) {
      low = f64x2.add(f64x2.add(low, f64x2.promote_low_f32x4(a)), f64x2.promote_low_f32x4(b));
      high = f64x2.add(f64x2.add(high, promoteHigh(a)), promoteHigh(b));
    } else low = f64x2.add(f64x2.add(low, a), b);
  }
  for (; x < end; x += 16) {
    const rest = <i32>((end - x) / sizeof<T>());
    let e = v128.sub<T>(rest < width<T>() ? loadPart<T>(x, rest) : v128.load(x), shift);
    e = expOfNegative<T>(e);
    if (rest < width<T>()) e = firstLanes<T>(e, rest);
    if (sizeof<T>() == 4) {
      low = f64x2.add(low, f64x2.promote_low_f32x4(e));
      high = f64x2.add(high, promoteHigh(e));
    } else low = f64x2.add(low, e);
  }
  const total = f64x2.add(low, high);
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
}

@inline
function promoteHigh(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3));
}

/** v with 0 in the lanes from `count` on. */
@inline
function firstLanes<T>(v: v128, count: i32): v128 {
  if (sizeof<T>() == 8) return v128.and(v, i64x2(-1, 0));
  return v128.and(v, i32x4.gt_s(i32x4.splat(count), i32x4(0, 1, 2, 3)));
}

@inline
function logSumExp<T>(rows: i32, n: i32, x: usize, y: usize): void {
  const row = (<usize>n) * sizeof<T>();
  for (let i = 0; i < rows; i++, x += row, y += sizeof<T>()) {
    const m = maxOf<T>(n, x);
    store<T>(y, isFinite<T>(m) ? <T>(<f64>m + logOf(sumOfExp<T>(n, m, x))) : m);
  }
}

/** In place when y = x. */
@inline
function softmax<T>(rows: i32, n: i32, x: usize, y: usize): void {
  if (n <= NARROW) {
    softmaxNarrow<T>(rows, n, x, y);
    return;
  }
  const row = (<usize>n) * sizeof<T>();
  for (let i = 0; i < rows; i++, x += row, y += row) {
    shiftedExp<T>(n, maxOf<T>(n, x), x, y);
    const total = splat<T>(<T>sumOf<T>(n, y));
    let at = y;
    for (const end = y + row; at < end; at += 16) {
      const rest = <i32>((y + row - at) / sizeof<T>());
      if (rest >= width<T>()) v128.store(at, v128.div<T>(v128.load(at), total));
      else storePart<T>(at, v128.div<T>(loadPart<T>(at, rest), total), rest);
    }
  }
}

/** labels: i32 [rows]; NaN for a label outside [0, n). */
@inline
function softmaxCrossEntropy<T>(rows: i32, n: i32, logits: usize, labels: usize, y: usize): void {
  if (n <= NARROW && n > 0) {
    softmaxCrossEntropyNarrow<T>(rows, n, logits, labels, y);
    return;
  }
  const row = (<usize>n) * sizeof<T>();
  for (let i = 0; i < rows; i++, logits += row, labels += 4, y += sizeof<T>()) {
    const label = load<i32>(labels);
    if (<u32>label >= <u32>n) {
      store<T>(y, <T>NaN);
      continue;
    }
    const m = maxOf<T>(n, logits);
    const chosen = <f64>load<T>(logits + (<usize>label) * sizeof<T>()) - <f64>m;
    store<T>(y, <T>(logOf(sumOfExp<T>(n, m, logits)) - chosen));
  }
}

/**
 * The slope of softmaxCrossEntropy: y[r,·] = scales[r]·(softmax(logits[r,·]) − onehot(labels[r])), without the onehot for a label outside
 * [0, n). Near 1 the label's own number is (e − Σ)/Σ in float64, which loses nothing.
 */
@inline
function softmaxCrossEntropySlope<T>(rows: i32, n: i32, logits: usize, labels: usize, scales: usize, y: usize): void {
  const row = (<usize>n) * sizeof<T>();
  for (let i = 0; i < rows; i++, logits += row, labels += 4, scales += sizeof<T>(), y += row) {
    const label = load<i32>(labels), own = y + (<usize>label) * sizeof<T>(), scale = <f64>load<T>(scales);
    shiftedExp<T>(n, maxOf<T>(n, logits), logits, y);
    const total = <f64>sumOf<T>(n, y);
    const slope = <u32>label < <u32>n ? <T>(((<f64>load<T>(own) - total) / total) * scale) : 0;
    const factor = splat<T>(<T>(scale / total));
    let at = y;
    for (const end = y + row; at + 16 <= end; at += 16) v128.store(at, v128.mul<T>(v128.load(at), factor));
    const rest = <i32>((y + row - at) / sizeof<T>());
    if (rest > 0) storePart<T>(at, v128.mul<T>(loadPart<T>(at, rest), factor), rest);
    if (<u32>label < <u32>n) store<T>(own, slope);
  }
}

export function softmaxCrossEntropySlope_f32(rows: i32, n: i32, logits: usize, labels: usize, scales: usize, y: usize): void {
  softmaxCrossEntropySlope<f32>(rows, n, logits, labels, scales, y);
}
export function softmaxCrossEntropySlope_f64(rows: i32, n: i32, logits: usize, labels: usize, scales: usize, y: usize): void {
  softmaxCrossEntropySlope<f64>(rows, n, logits, labels, scales, y);
}
export function logSumExp_f32(rows: i32, n: i32, x: usize, y: usize): void {
  logSumExp<f32>(rows, n, x, y);
}
export function logSumExp_f64(rows: i32, n: i32, x: usize, y: usize): void {
  logSumExp<f64>(rows, n, x, y);
}
export function softmax_f32(rows: i32, n: i32, x: usize, y: usize): void {
  softmax<f32>(rows, n, x, y);
}
export function softmax_f64(rows: i32, n: i32, x: usize, y: usize): void {
  softmax<f64>(rows, n, x, y);
}
export function softmaxCrossEntropy_f32(rows: i32, n: i32, logits: usize, labels: usize, y: usize): void {
  softmaxCrossEntropy<f32>(rows, n, logits, labels, y);
}
export function softmaxCrossEntropy_f64(rows: i32, n: i32, logits: usize, labels: usize, y: usize): void {
  softmaxCrossEntropy<f64>(rows, n, logits, labels, y);
}
