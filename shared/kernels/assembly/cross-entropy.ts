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

/** y[i] for i < n; y may be a or b. */
export function bceWithLogits_f32(n: i32, a: usize, b: usize, y: usize): void {
  zip<f32, BceWithLogits>(n, a, b, y);
}
export function bceWithLogits_f64(n: i32, a: usize, b: usize, y: usize): void {
  zip<f64, BceWithLogits>(n, a, b, y);
}
