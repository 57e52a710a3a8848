/**
 * Matrix products.
 *
 *   matmul (batch, m, n, k, transposeA: 0 | 1, transposeB: 0 | 1, a, b, c, scratch)        c[s] = op(a[s])·op(b[s]),  s < batch
 *   matmulScratch (m, n, k, transposeA, transposeB) → bytes of scratch, aligned to 16; one block serves every s
 *
 * a is [batch, m, k], or [batch, k, m] when transposeA; b is [batch, k, n], or [batch, n, k] when transposeB; c is [batch, m, n],
 * overwritten, and overlaps neither. All dense and row-major. 2·batch·m·n·k flops.
 *
 * One order of additions, whatever the shape and the path: k is cut into blocks of 256, each block is summed in ascending k from 0
 * by a multiply and an add (never fused), and the blocks are added in order,
 *
 *     c[i,j] = (… (Σ₀₋₂₅₅ + Σ₂₅₆₋₅₁₁) + …)
 *
 * so the bits of c[i,j] depend on row i of op(a) and column j of op(b) alone: neither on m, n, batch and transposition, nor on addresses.
 */

import { AFRESH, product, productScratch } from "./product";

@inline function matmul<T>(batch: i32, m: i32, n: i32, k: i32, transposeA: i32, transposeB: i32, a: usize, b: usize, c: usize, scratch: usize): void {
  for (let s = 0; s < batch; s++) {
    product<T>(m, n, k, a, transposeA ? 1 : k, transposeA ? m : 1, b, transposeB ? 1 : n, transposeB ? k : 1, c, n, scratch, AFRESH);
    a += <usize>(m * k) * sizeof<T>();
    b += <usize>(k * n) * sizeof<T>();
    c += <usize>(m * n) * sizeof<T>();
  }
}

export function matmul_f32(batch: i32, m: i32, n: i32, k: i32, transposeA: i32, transposeB: i32, a: usize, b: usize, c: usize, scratch: usize): void {
  matmul<f32>(batch, m, n, k, transposeA, transposeB, a, b, c, scratch);
}
export function matmul_f64(batch: i32, m: i32, n: i32, k: i32, transposeA: i32, transposeB: i32, a: usize, b: usize, c: usize, scratch: usize): void {
  matmul<f64>(batch, m, n, k, transposeA, transposeB, a, b, c, scratch);
}
export function matmulScratch_f32(m: i32, n: i32, k: i32, _transposeA: i32, _transposeB: i32): i32 { return productScratch<f32>(m, n, k); }
export function matmulScratch_f64(m: i32, n: i32, k: i32, _transposeA: i32, _transposeB: i32): i32 { return productScratch<f64>(m, n, k); }
