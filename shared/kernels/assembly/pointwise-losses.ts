/** Losses of two operands as elementwise kernels: name_T(n, a, b, y), y[i] for i < n; y may be a or b. */
import { exp } from "./exponential";
import { splat, zip } from "./lanes";
import { log1p } from "./logarithm";

/** The binary cross-entropy of logits a and targets b: max(a, 0) − a·b + log(1 + e^(−|a|)), ≤ 2 ulp of its largest term. */
@unmanaged
class BceWithLogits {
  @inline
  of<T>(a: v128, b: v128): v128 {
    const beyond = log1p<T>(exp<T>(v128.neg<T>(v128.abs<T>(a))));
    return v128.add<T>(v128.sub<T>(v128.pmax<T>(a, splat<T>(0)), v128.mul<T>(a, b)), beyond);
  }
}

/** Huber's loss of an error e that bends at δ: with c = e held within ±δ it is c·(e − c/2). */
@unmanaged
class Huber {
  @inline
  of<T>(e: v128, delta: v128): v128 {
    const c = v128.max<T>(v128.min<T>(e, delta), v128.neg<T>(delta));
    return v128.mul<T>(c, v128.sub<T>(e, v128.mul<T>(splat<T>(<T>0.5), c)));
  }
}

export function bceWithLogits_f32(n: i32, a: usize, b: usize, y: usize): void {
  zip<f32, BceWithLogits>(n, a, b, y);
}
export function bceWithLogits_f64(n: i32, a: usize, b: usize, y: usize): void {
  zip<f64, BceWithLogits>(n, a, b, y);
}
export function huber_f32(n: i32, e: usize, delta: usize, y: usize): void {
  zip<f32, Huber>(n, e, delta, y);
}
export function huber_f64(n: i32, e: usize, delta: usize, y: usize): void {
  zip<f64, Huber>(n, e, delta, y);
}
