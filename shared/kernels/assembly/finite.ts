/** countNonFinite (n, x) → how many of n numbers are NaN or infinite: those for which x − x is not 0. One read per number. */

// prettier-ignore
@inline function countNonFinite<T>(n: i32, x: usize): i32 {
  const end = x + <usize>n * sizeof<T>();
  let found = i64x2.splat(0), count: i64 = 0;
  for (; x + 16 <= end; x += 16) {
    const v = v128.load(x), mask = v128.ne<T>(v128.sub<T>(v, v), v128.splat<T>(0)); // −1 in each lane that is not finite
    if (sizeof<T>() == 8) found = i64x2.sub(found, mask);
    else found = i64x2.sub(found, i64x2.add(i64x2.extend_low_i32x4_s(mask), i64x2.extend_high_i32x4_s(mask)));
  }
  for (; x < end; x += sizeof<T>()) {
    const v = load<T>(x);
    if (v - v != 0) count++;
  }
  return <i32>(count + i64x2.extract_lane(found, 0) + i64x2.extract_lane(found, 1));
}

export function countNonFinite_f32(n: i32, x: usize): i32 { return countNonFinite<f32>(n, x); }
export function countNonFinite_f64(n: i32, x: usize): i32 { return countNonFinite<f64>(n, x); }
