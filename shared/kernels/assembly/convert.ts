/**
 * Between index (int32) and real.
 *
 *   toReal  (n, x i32, y)      y = x: exact in float64, rounded to nearest in float32
 *   toIndex (n, x, y i32)      y = x towards zero; beyond int32 the nearest end of its range; −1 for NaN: an index outside every range
 *
 * y may be x only in float32, where both have the same width.
 */

// prettier-ignore
@inline function toReal<T>(n: i32, x: usize, y: usize): void {
  const end = x + (<usize>n << 2);
  if (sizeof<T>() == 4) for (; x + 16 <= end; x += 16, y += 16) v128.store(y, f32x4.convert_i32x4_s(v128.load(x)));
  for (; x < end; x += 4, y += sizeof<T>()) store<T>(y, <T>load<i32>(x));
}

// prettier-ignore
@inline function toIndex<T>(n: i32, x: usize, y: usize): void {
  const end = y + (<usize>n << 2);
  if (sizeof<T>() == 4) {
    for (; y + 16 <= end; x += 16, y += 16) {
      const v = v128.load(x);
      v128.store(y, v128.or(i32x4.trunc_sat_f32x4_s(v), f32x4.ne(v, v))); // NaN truncates to 0, and is unlike itself: 0 | −1
    }
  }
  for (; y < end; x += sizeof<T>(), y += 4) {
    const v = load<T>(x);
    store<i32>(y, v == v ? <i32>v : -1); // the compiler's conversion saturates
  }
}

export function toReal_f32(n: i32, x: usize, y: usize): void { toReal<f32>(n, x, y); }
export function toReal_f64(n: i32, x: usize, y: usize): void { toReal<f64>(n, x, y); }
export function toIndex_f32(n: i32, x: usize, y: usize): void { toIndex<f32>(n, x, y); }
export function toIndex_f64(n: i32, x: usize, y: usize): void { toIndex<f64>(n, x, y); }
