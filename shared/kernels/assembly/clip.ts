/**
 * clip (n, x, cells): shortens n numbers to an L2 norm of at most the bound, in place, and counts it.
 *
 *     cells   0 the bound (f64)   8 how often it was needed (f64)
 *
 * The squares are added in float64, and so is each number scaled. Where they pass the largest float64 they are taken relative to the
 * largest number. NaN and ∞ are not within any bound that can be kept: what is not finite stays not finite.
 */

// prettier-ignore
@inline function norm<T>(x: usize, end: usize): f64 {
  let squares: f64 = 0;
  for (let at = x; at < end; at += sizeof<T>()) { const v = <f64>load<T>(at); squares += v * v; }
  if (squares != Infinity) return Math.sqrt(squares);
  let largest: f64 = 0;
  for (let at = x; at < end; at += sizeof<T>()) largest = max<f64>(largest, abs<f64>(<f64>load<T>(at)));
  if (largest == Infinity) return Infinity;
  squares = 0;
  for (let at = x; at < end; at += sizeof<T>()) { const v = <f64>load<T>(at) / largest; squares += v * v; }
  return largest * Math.sqrt(squares);
}

// prettier-ignore
@inline function clip<T>(n: i32, x: usize, cells: usize): void {
  const bound = load<f64>(cells), end = x + <usize>n * sizeof<T>(), length = norm<T>(x, end);
  if (!(length > bound)) return;
  for (; x < end; x += sizeof<T>()) store<T>(x, <T>((<f64>load<T>(x) / length) * bound));
  store<f64>(cells, load<f64>(cells, 8) + 1, 8);
}

export function clip_f32(n: i32, x: usize, cells: usize): void { clip<f32>(n, x, cells); }
export function clip_f64(n: i32, x: usize, cells: usize): void { clip<f64>(n, x, cells); }
