/**
 * A step of plain gradient descent where the gradient is a matrix product: the product is summed onto the parameters themselves, and the
 * gradient is never written down. Parameters are read and written once, instead of a gradient written, read, and then that.
 *
 *   matmulDescend (m, n, k, transposeA, transposeB, rate: f64, a, b, c, scaled, scratch)      c ← c + op(a)·(−rate·op(b))
 *
 * Shapes and scratch as in gemm.ts; c is [m, n]. Where m < n it is op(a) that is multiplied by −rate, the smaller of the two; `scaled` has
 * room for its min(m, n)·k numbers. Blocks of k are added onto c in order, each summed as in gemm.ts.
 */
import { splat } from "./lanes";
import { ONTO, product } from "./product";

/** y[i] = factor·x[i]. */
@inline function scale<T>(n: i32, factor: T, x: usize, y: usize): void {
  const factors = splat<T>(factor), end = x + <usize>n * sizeof<T>();
  for (; x + 16 <= end; x += 16, y += 16) v128.store(y, v128.mul<T>(factors, v128.load(x)));
  for (; x < end; x += sizeof<T>(), y += sizeof<T>()) store<T>(y, factor * load<T>(x));
}

@inline function matmulDescend<T>(
  m: i32, n: i32, k: i32, transposeA: i32, transposeB: i32, rate: f64, a: usize, b: usize, c: usize, scaled: usize, scratch: usize,
): void {
  scale<T>(min(m, n) * k, <T>-rate, m < n ? a : b, scaled);
  if (m < n) a = scaled;
  else b = scaled;
  product<T>(m, n, k, a, transposeA ? 1 : k, transposeA ? m : 1, b, transposeB ? 1 : n, transposeB ? k : 1, c, n, scratch, ONTO);
}

export function matmulDescend_f32(m: i32, n: i32, k: i32, transposeA: i32, transposeB: i32, rate: f64, a: usize, b: usize, c: usize, scaled: usize, scratch: usize): void {
  matmulDescend<f32>(m, n, k, transposeA, transposeB, rate, a, b, c, scaled, scratch);
}
export function matmulDescend_f64(m: i32, n: i32, k: i32, transposeA: i32, transposeB: i32, rate: f64, a: usize, b: usize, c: usize, scaled: usize, scratch: usize): void {
  matmulDescend<f64>(m, n, k, transposeA, transposeB, rate, a, b, c, scaled, scratch);
}
