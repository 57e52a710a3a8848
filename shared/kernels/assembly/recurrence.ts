/**
 * Recurrences along each row.
 *
 *   linearScan          (rows, n, reverse: 0 | 1, a [rows, n], b [rows, n], y [rows, n])
 *   cumulativeLogSumExp (rows, n, x [rows, n], segment [rows, n] i32, y [rows, n])
 *
 *     linearScan             yᵢ = bᵢ + aᵢ·yᵢ₋₁, reverse: bᵢ + aᵢ·yᵢ₊₁; the first is b, and its a is not read       y may be a or b
 *     cumulativeLogSumExp    yᵢ = m + ln Σⱼ exp(xⱼ − m) over j ≤ i of i's run of equal segment numbers, m = max xⱼ   y may be x
 *
 * One element after the other, in the order in which it runs. Sums of exponentials are held in float64 and rescaled when the
 * maximum grows; a maximum that is not finite is itself the result.
 */
import { expOf } from "./exponential";
import { logOf } from "./logarithm";

// prettier-ignore
@inline function linearScan<T>(rows: i32, n: i32, reverse: i32, a: usize, b: usize, y: usize): void {
  const row = <usize>n * sizeof<T>(), first = reverse && n > 0 ? row - sizeof<T>() : <usize>0, step = reverse ? <usize>0 - sizeof<T>() : <usize>sizeof<T>();
  for (let r = 0; r < rows && n > 0; r++, a += row, b += row, y += row) {
    let at = first, before = load<T>(b + at);
    store<T>(y + at, before);
    for (let i = 1; i < n; i++) {
      at += step;
      before = load<T>(b + at) + load<T>(a + at) * before;
      store<T>(y + at, before);
    }
  }
}

// prettier-ignore
@inline function cumulativeLogSumExp<T>(rows: i32, n: i32, x: usize, segment: usize, y: usize): void {
  for (let r = 0; r < rows; r++) {
    let largest: f64 = -Infinity, total: f64 = 0, current = 0;
    for (let i = 0; i < n; i++, x += sizeof<T>(), y += sizeof<T>(), segment += 4) {
      const value = <f64>load<T>(x), number = load<i32>(segment);
      if (i == 0 || number != current) {
        largest = -Infinity;
        total = 0;
      }
      current = number;
      if (value != value) largest = NaN;
      else if (value > largest) {
        total = largest == -Infinity ? 1 : total * expOf(largest - value) + 1;
        largest = value;
      } else if (isFinite<f64>(largest)) total += expOf(value - largest);
      store<T>(y, <T>(isFinite<f64>(largest) ? largest + logOf(total) : largest));
    }
  }
}

export function linearScan_f32(rows: i32, n: i32, reverse: i32, a: usize, b: usize, y: usize): void {
  linearScan<f32>(rows, n, reverse, a, b, y);
}
export function linearScan_f64(rows: i32, n: i32, reverse: i32, a: usize, b: usize, y: usize): void {
  linearScan<f64>(rows, n, reverse, a, b, y);
}
export function cumulativeLogSumExp_f32(rows: i32, n: i32, x: usize, segment: usize, y: usize): void {
  cumulativeLogSumExp<f32>(rows, n, x, segment, y);
}
export function cumulativeLogSumExp_f64(rows: i32, n: i32, x: usize, segment: usize, y: usize): void {
  cumulativeLogSumExp<f64>(rows, n, x, segment, y);
}
