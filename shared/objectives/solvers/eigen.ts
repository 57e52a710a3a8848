import type { Matrix } from "./linear.ts";

export interface Eigen {
  /** Descending. */
  readonly values: Float64Array;
  /** vectors[k] belongs to values[k]; orthonormal. */
  readonly vectors: readonly Float64Array[];
}

/** The eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations: slow for large ones, exact to rounding for small. */
export function eigen(matrix: Matrix): Eigen {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const v = matrix.map((_, i) => Float64Array.from({ length: n }, (_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let turned = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) if (rotate(a, v, p, q)) turned = true;
    }
    if (!turned) break;
  }
  const order = a.map((_, i) => i).sort((i, j) => a[j]![j]! - a[i]![i]! || i - j);
  return {
    values: Float64Array.from(order, (i) => a[i]![i]!),
    vectors: order.map((i) => Float64Array.from(v, (row) => row[i]!)),
  };
}

/** Turns the plane (p, q) so that a[p][q] becomes 0; whether there was anything to turn. */
function rotate(a: Float64Array[], v: Float64Array[], p: number, q: number): boolean {
  const off = a[p]![q]!;
  const scale = Math.sqrt(Math.abs(a[p]![p]!)) * Math.sqrt(Math.abs(a[q]![q]!));
  if (off === 0 || Math.abs(off) <= (Number.EPSILON / 256) * scale) return false;
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (const row of a) [row[p], row[q]] = [c * row[p]! - s * row[q]!, s * row[p]! + c * row[q]!];
  const [rowP, rowQ] = [a[p]!, a[q]!];
  for (let k = 0; k < a.length; k++) [rowP[k], rowQ[k]] = [c * rowP[k]! - s * rowQ[k]!, s * rowP[k]! + c * rowQ[k]!];
  for (const row of v) [row[p], row[q]] = [c * row[p]! - s * row[q]!, s * row[p]! + c * row[q]!];
  return true;
}

/** How many eigenvalues are more than rounding. */
export function numericalRank({ values }: Eigen): number {
  const floor = values.length * Number.EPSILON * (values[0] ?? 0);
  return values.reduce((rank, value) => rank + Number(value > floor), 0);
}

/** A⁺·b: the shortest x with the least ‖A·x − b‖. */
export function pseudoSolve(matrix: Matrix, b: ArrayLike<number>): Float64Array {
  const decomposed = eigen(matrix);
  const x = new Float64Array(matrix.length);
  for (let k = 0; k < numericalRank(decomposed); k++) {
    const vector = decomposed.vectors[k]!;
    let along = 0;
    for (let i = 0; i < vector.length; i++) along += vector[i]! * b[i]!;
    for (let i = 0; i < vector.length; i++) x[i]! += (along / decomposed.values[k]!) * vector[i]!;
  }
  return x;
}
