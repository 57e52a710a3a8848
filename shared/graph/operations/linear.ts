/** The matrix product. */
import { showShape, sizeOf } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import type { Table } from "./operation.ts";
import { apply, mismatch, row } from "./operation.ts";

export interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export const linear = {
  /** C = op(A)·op(B): [M, K] × [K, N] → [M, N], or batch by batch [b, M, K] × [b, K, N] → [b, M, N]; op transposes a matrix or not. */
  matmul: row({
    inputs: ["real", "real"],
    attributes: { transposeA: "flag", transposeB: "flag" },
    shape: ({ transposeA, transposeB }, a, b) => {
      const [m, inner] = matrix(a, transposeA);
      const [innerB, n] = matrix(b, transposeB);
      const batch = a.shape.slice(0, -2);
      const fits = inner === innerB && a.shape.length === b.shape.length && batch[0] === b.shape.slice(0, -2)[0];
      if (!fits) {
        const mark = (transposed: boolean) => (transposed ? "ᵀ" : "");
        const got = `${showShape(a.shape)}${mark(transposeA)} × ${showShape(b.shape)}${mark(transposeB)}`;
        throw mismatch("[M, K] × [K, N], or one batch of them", got);
      }
      return { shape: [...batch, m, n], dtype: "real" };
    },
    // C = AB: A' = G·Bᵀ, B' = Aᵀ·G; with Aᵀ or Bᵀ in the product, the same transposed.
    vjp: (g, _y, { transposeA, transposeB }, a, b) => [
      transposeA
        ? matmul(b, g, { transposeA: transposeB, transposeB: true })
        : matmul(g, b, { transposeA: false, transposeB: !transposeB }),
      transposeB
        ? matmul(g, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, g, { transposeA: !transposeA, transposeB: false }),
    ],
    kernel: "matmul",
    flops: ({ shape }, a) => 2 * sizeOf(a.shape) * shape.at(-1)!, // each element of A meets N of B
  }),
} satisfies Table;

/** Rows and columns of op(x). */
function matrix({ shape }: Node, transposed: boolean): [rows: number, columns: number] {
  if (shape.length !== 2 && shape.length !== 3) throw mismatch("a matrix or a batch of matrices", showShape(shape));
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

export const matmul = (a: Node, b: Node, transposes: Transposes): Node =>
  apply(linear, "matmul", [a, b], { transposeA: transposes.transposeA, transposeB: transposes.transposeB });
