import { exp, expm1, sigmoid, tanh } from "./exponential";
import { map, splat } from "./lanes";
import { log, log1p, softplus } from "./logarithm";

/**
 * Elementwise kernels of one tensor: name_T(n, x, y), addresses in bytes. y may be x (in place), n any number: the engine calls
 * them on whole tensors and on chunks of fused chains. Each is one function of a vector, and a loop from lanes.ts.
 */

@unmanaged
class Negate {
  @inline
  of<T>(x: v128): v128 {
    return v128.neg<T>(x);
  }
}
@unmanaged
class Abs {
  @inline
  of<T>(x: v128): v128 {
    return v128.abs<T>(x);
  }
}
/** −1, ±0 or 1; NaN stays */
@unmanaged
class Sign {
  @inline
  of<T>(x: v128): v128 {
    return v128.bitselect(x, v128.or(splat<T>(1), v128.and(x, splat<T>(<T>-0.0))), v128.not(v128.or(v128.lt<T>(x, splat<T>(0)), v128.gt<T>(x, splat<T>(0)))));
  }
}
/** correctly rounded */
@unmanaged
class Sqrt {
  @inline
  of<T>(x: v128): v128 {
    return v128.sqrt<T>(x);
  }
}
/** correctly rounded */
@unmanaged
class Reciprocal {
  @inline
  of<T>(x: v128): v128 {
    return v128.div<T>(splat<T>(1), x);
  }
}
@unmanaged
class Square {
  @inline
  of<T>(x: v128): v128 {
    return v128.mul<T>(x, x);
  }
}
@unmanaged
class Floor {
  @inline
  of<T>(x: v128): v128 {
    return v128.floor<T>(x);
  }
}
/** max(x, 0); NaN and −0 stay */
@unmanaged
class Relu {
  @inline
  of<T>(x: v128): v128 {
    return v128.pmax<T>(x, splat<T>(0));
  }
}
/** 1 where x is finite, else 0 */
@unmanaged
class IsFinite {
  @inline
  of<T>(x: v128): v128 {
    return v128.and(v128.lt<T>(v128.abs<T>(x), splat<T>(<T>Infinity)), splat<T>(1));
  }
}
@unmanaged
class Exp {
  @inline
  of<T>(x: v128): v128 {
    return exp<T>(x);
  }
}
@unmanaged
class Expm1 {
  @inline
  of<T>(x: v128): v128 {
    return expm1<T>(x);
  }
}
@unmanaged
class Log {
  @inline
  of<T>(x: v128): v128 {
    return log<T>(x);
  }
}
@unmanaged
class Log1p {
  @inline
  of<T>(x: v128): v128 {
    return log1p<T>(x);
  }
}
@unmanaged
class Tanh {
  @inline
  of<T>(x: v128): v128 {
    return tanh<T>(x);
  }
}
@unmanaged
class Sigmoid {
  @inline
  of<T>(x: v128): v128 {
    return sigmoid<T>(x);
  }
}
@unmanaged
class Softplus {
  @inline
  of<T>(x: v128): v128 {
    return softplus<T>(x);
  }
}

export function negate_f32(n: i32, x: usize, y: usize): void {
  map<f32, Negate>(n, x, y);
}
export function negate_f64(n: i32, x: usize, y: usize): void {
  map<f64, Negate>(n, x, y);
}
export function abs_f32(n: i32, x: usize, y: usize): void {
  map<f32, Abs>(n, x, y);
}
export function abs_f64(n: i32, x: usize, y: usize): void {
  map<f64, Abs>(n, x, y);
}
export function sign_f32(n: i32, x: usize, y: usize): void {
  map<f32, Sign>(n, x, y);
}
export function sign_f64(n: i32, x: usize, y: usize): void {
  map<f64, Sign>(n, x, y);
}
export function sqrt_f32(n: i32, x: usize, y: usize): void {
  map<f32, Sqrt>(n, x, y);
}
export function sqrt_f64(n: i32, x: usize, y: usize): void {
  map<f64, Sqrt>(n, x, y);
}
export function reciprocal_f32(n: i32, x: usize, y: usize): void {
  map<f32, Reciprocal>(n, x, y);
}
export function reciprocal_f64(n: i32, x: usize, y: usize): void {
  map<f64, Reciprocal>(n, x, y);
}
export function square_f32(n: i32, x: usize, y: usize): void {
  map<f32, Square>(n, x, y);
}
export function square_f64(n: i32, x: usize, y: usize): void {
  map<f64, Square>(n, x, y);
}
export function floor_f32(n: i32, x: usize, y: usize): void {
  map<f32, Floor>(n, x, y);
}
export function floor_f64(n: i32, x: usize, y: usize): void {
  map<f64, Floor>(n, x, y);
}
export function relu_f32(n: i32, x: usize, y: usize): void {
  map<f32, Relu>(n, x, y);
}
export function relu_f64(n: i32, x: usize, y: usize): void {
  map<f64, Relu>(n, x, y);
}
export function isFinite_f32(n: i32, x: usize, y: usize): void {
  map<f32, IsFinite>(n, x, y);
}
export function isFinite_f64(n: i32, x: usize, y: usize): void {
  map<f64, IsFinite>(n, x, y);
}
export function exp_f32(n: i32, x: usize, y: usize): void {
  map<f32, Exp>(n, x, y);
}
export function exp_f64(n: i32, x: usize, y: usize): void {
  map<f64, Exp>(n, x, y);
}
export function expm1_f32(n: i32, x: usize, y: usize): void {
  map<f32, Expm1>(n, x, y);
}
export function expm1_f64(n: i32, x: usize, y: usize): void {
  map<f64, Expm1>(n, x, y);
}
export function log_f32(n: i32, x: usize, y: usize): void {
  map<f32, Log>(n, x, y);
}
export function log_f64(n: i32, x: usize, y: usize): void {
  map<f64, Log>(n, x, y);
}
export function log1p_f32(n: i32, x: usize, y: usize): void {
  map<f32, Log1p>(n, x, y);
}
export function log1p_f64(n: i32, x: usize, y: usize): void {
  map<f64, Log1p>(n, x, y);
}
export function tanh_f32(n: i32, x: usize, y: usize): void {
  map<f32, Tanh>(n, x, y);
}
export function tanh_f64(n: i32, x: usize, y: usize): void {
  map<f64, Tanh>(n, x, y);
}
export function sigmoid_f32(n: i32, x: usize, y: usize): void {
  map<f32, Sigmoid>(n, x, y);
}
export function sigmoid_f64(n: i32, x: usize, y: usize): void {
  map<f64, Sigmoid>(n, x, y);
}
export function softplus_f32(n: i32, x: usize, y: usize): void {
  map<f32, Softplus>(n, x, y);
}
export function softplus_f64(n: i32, x: usize, y: usize): void {
  map<f64, Softplus>(n, x, y);
}
