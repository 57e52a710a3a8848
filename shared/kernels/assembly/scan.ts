/**
 * Running sums along the middle axis.
 *
 *   cumulativeSum (outer, length, inner, reverse: 0 | 1, exclusive: 0 | 1, x [outer, length, inner], y the same)
 *
 *     y[o,i,j] = Σ x[o,i′,j] over i′ ≤ i       exclusive: i′ < i       reverse: i′ ≥ i, or i′ > i
 *
 * Each sum runs from the end at which it starts, one addition per element. y may be x unless exclusive.
 */

@inline function cumulativeSum<T>(outer: i32, length: i32, inner: i32, reverse: i32, exclusive: i32, x: usize, y: usize): void {
  const rowBytes = <usize>inner * sizeof<T>(), first = reverse ? <usize>(length - 1) * rowBytes : <usize>0, step = reverse ? <usize>0 - rowBytes : rowBytes;
  const behind: usize = exclusive ? step : <usize>0;
  for (let o = 0; o < outer && length > 0; o++, x += <usize>length * rowBytes, y += <usize>length * rowBytes) {
    let from = x + first, to = y + first;
    if (exclusive) memory.fill(to, 0, rowBytes);
    else memory.copy(to, from, rowBytes);
    for (let i = 1; i < length; i++, from += step, to += step) {
      for (let at: usize = 0; at < rowBytes; at += sizeof<T>()) store<T>(to + step + at, load<T>(to + at) + load<T>(from + step - behind + at));
    }
  }
}

export function cumulativeSum_f32(outer: i32, length: i32, inner: i32, reverse: i32, exclusive: i32, x: usize, y: usize): void {
  cumulativeSum<f32>(outer, length, inner, reverse, exclusive, x, y);
}
export function cumulativeSum_f64(outer: i32, length: i32, inner: i32, reverse: i32, exclusive: i32, x: usize, y: usize): void {
  cumulativeSum<f64>(outer, length, inner, reverse, exclusive, x, y);
}
