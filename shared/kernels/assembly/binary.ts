import { splat, zip } from "./lanes";

/** Elementwise kernels of two tensors of n numbers: name_T(n, a, b, y). y may be a or b; otherwise as those of one (unary.ts). */

@unmanaged
class Add {
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.add<T>(a, b);
  }
}
@unmanaged
class Subtract {
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.sub<T>(a, b);
  }
}
@unmanaged
class Multiply {
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.mul<T>(a, b);
  }
}
@unmanaged
class Divide {
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.div<T>(a, b);
  }
}
/** NaN where either is */
@unmanaged
class Maximum {
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.max<T>(a, b);
  }
}
/** NaN where either is */
@unmanaged
class Minimum {
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.min<T>(a, b);
  }
}
/** 1 where a < b, else 0 */
@unmanaged
class Less {
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.and(v128.lt<T>(a, b), splat<T>(1));
  }
}
/** 1 where a ≤ b, else 0 */
@unmanaged
class LessEqual {
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.and(v128.le<T>(a, b), splat<T>(1));
  }
}
/** 1 where a = b, else 0 */
@unmanaged
class Equal {
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.and(v128.eq<T>(a, b), splat<T>(1));
  }
}

export function add_f32(n: i32, a: usize, b: usize, y: usize): void {
  zip<f32, Add>(n, a, b, y);
}
export function add_f64(n: i32, a: usize, b: usize, y: usize): void {
  zip<f64, Add>(n, a, b, y);
}
export function subtract_f32(n: i32, a: usize, b: usize, y: usize): void {
  zip<f32, Subtract>(n, a, b, y);
}
export function subtract_f64(n: i32, a: usize, b: usize, y: usize): void {
  zip<f64, Subtract>(n, a, b, y);
}
export function multiply_f32(n: i32, a: usize, b: usize, y: usize): void {
  zip<f32, Multiply>(n, a, b, y);
}
export function multiply_f64(n: i32, a: usize, b: usize, y: usize): void {
  zip<f64, Multiply>(n, a, b, y);
}
export function divide_f32(n: i32, a: usize, b: usize, y: usize): void {
  zip<f32, Divide>(n, a, b, y);
}
export function divide_f64(n: i32, a: usize, b: usize, y: usize): void {
  zip<f64, Divide>(n, a, b, y);
}
export function maximum_f32(n: i32, a: usize, b: usize, y: usize): void {
  zip<f32, Maximum>(n, a, b, y);
}
export function maximum_f64(n: i32, a: usize, b: usize, y: usize): void {
  zip<f64, Maximum>(n, a, b, y);
}
export function minimum_f32(n: i32, a: usize, b: usize, y: usize): void {
  zip<f32, Minimum>(n, a, b, y);
}
export function minimum_f64(n: i32, a: usize, b: usize, y: usize): void {
  zip<f64, Minimum>(n, a, b, y);
}
export function less_f32(n: i32, a: usize, b: usize, y: usize): void {
  zip<f32, Less>(n, a, b, y);
}
export function less_f64(n: i32, a: usize, b: usize, y: usize): void {
  zip<f64, Less>(n, a, b, y);
}
export function lessEqual_f32(n: i32, a: usize, b: usize, y: usize): void {
  zip<f32, LessEqual>(n, a, b, y);
}
export function lessEqual_f64(n: i32, a: usize, b: usize, y: usize): void {
  zip<f64, LessEqual>(n, a, b, y);
}
export function equal_f32(n: i32, a: usize, b: usize, y: usize): void {
  zip<f32, Equal>(n, a, b, y);
}
export function equal_f64(n: i32, a: usize, b: usize, y: usize): void {
  zip<f64, Equal>(n, a, b, y);
}
