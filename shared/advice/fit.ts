/**
 * A simple robust fit in a few exchanges of sums: Huber's H-algorithm. Clients add up, the adviser solves.
 *
 *     once      A = Σ x·xᵀ
 *     again     g = Σ x·clip(r/s, ±1.345),   the sketch of |r|          r = y − βᵀx
 *               β ← β + s·A⁻¹g,              s ← 1.4826·median |r|
 *
 * All sums are of multiples of 2⁻²⁴ (`design.ts`), hence exact: K clients give the bits of one.
 *
 * Source: Huber & Ronchetti, Robust Statistics (2009), §7.8: modified residuals.
 */
import { rounded, type Rows } from "./design.ts";
import { Sketch } from "./sketch.ts";

/** Beyond 1.345 deviations a residual counts as if it were there: 95 % as precise as least squares on Gaussian noise. */
export const tuning = 1.345;
/** A median of absolute deviations, as the standard deviation of a Gaussian with that median. */
export const deviationOfMedian = 1.4826;

export interface RobustFit {
  readonly coefficients: Float64Array;
  /** s, in units of the target. */
  readonly scale: number;
}

/** Rows, and a number to be predicted for each. */
export interface Regression {
  readonly rows: Rows;
  readonly y: Float64Array;
}

const exchanges = 12;

/** Fits y over all clients' rows. `center` and `scale` say where the targets lie; there is at least one row. */
export function robustFit(clients: readonly Regression[], center: number, scale: number): RobustFit {
  const width = clients[0]!.rows.width;
  const solve = solverOf(momentsOf(clients.map(({ rows }) => rows)));
  const coefficients = new Float64Array(width);
  coefficients[width - 1] = center;
  let s = scale;
  for (let i = 0; i < exchanges && s > 0; i++) {
    const pull = new Float64Array(width);
    for (const client of clients) {
      eachResidual(client, coefficients, (r, at) => {
        axpy(pull, rounded(r / s, tuning), client.rows.x, at);
      });
    }
    const step = solve(pull);
    let moved = 0;
    for (let j = 0; j < width; j++) {
      coefficients[j]! += s * step[j]!;
      moved = Math.max(moved, Math.abs(step[j]!));
    }
    const distances = new Sketch();
    for (const client of clients) {
      eachResidual(client, coefficients, (r) => {
        distances.add(Math.abs(r));
      });
    }
    s = deviationOfMedian * distances.quantile(0.5);
    if (moved < 1e-4) break;
  }
  return { coefficients, scale: s };
}

/** Least squares of several 0/1 targets at once: for each class, the coefficients of its indicator. */
export function indicatorFit(
  clients: readonly { readonly rows: Rows; readonly labels: Int32Array }[],
  classes: number,
): Float64Array[] {
  const width = clients[0]!.rows.width;
  const solve = solverOf(momentsOf(clients.map(({ rows }) => rows)));
  const sums = Array.from({ length: classes }, () => new Float64Array(width));
  for (const { rows, labels } of clients) {
    for (let i = 0; i < rows.count; i++) axpy(sums[labels[i]!]!, 1, rows.x, i * width);
  }
  return sums.map(solve);
}

/** βᵀx of the row that begins at `at`. */
export function fittedAt(coefficients: Float64Array, x: Float64Array, at: number): number {
  let sum = 0;
  for (let j = 0; j < coefficients.length; j++) sum += coefficients[j]! * x[at + j]!;
  return sum;
}

/** Visits y − βᵀx of every row, with where the row begins. */
export function eachResidual(
  { rows, y }: Regression,
  coefficients: Float64Array,
  visit: (residual: number, at: number, row: number) => void,
): void {
  for (let i = 0; i < rows.count; i++) {
    const at = i * rows.width;
    visit(y[i]! - fittedAt(coefficients, rows.x, at), at, i);
  }
}

function axpy(into: Float64Array, k: number, x: Float64Array, at: number): void {
  if (k !== 0) for (let j = 0; j < into.length; j++) into[j]! += k * x[at + j]!;
}

/** A = Σ x·xᵀ [width, width] and the number of rows. */
function momentsOf(clients: readonly Rows[]): { readonly matrix: Float64Array; readonly width: number } {
  const width = clients[0]!.width;
  const matrix = new Float64Array(width * width);
  for (const { x, count } of clients) {
    for (let at = 0; at < count * width; at += width) {
      for (let j = 0; j < width; j++) {
        const value = x[at + j]!;
        if (value !== 0) for (let k = 0; k <= j; k++) matrix[j * width + k]! += value * x[at + k]!;
      }
    }
  }
  return { matrix, width };
}

/** Solves (A + ridge·I)z = g by Cholesky's L·Lᵀ; the ridge, a thousandth of the mean of A's diagonal, allows columns that repeat each other. */
function solverOf({ matrix, width: n }: ReturnType<typeof momentsOf>): (g: Float64Array) => Float64Array {
  let trace = 0;
  for (let j = 0; j < n; j++) trace += matrix[j * n + j]!;
  const ridge = Math.max((1e-3 * trace) / n, Number.MIN_VALUE);
  const lower = matrix.slice();
  for (let j = 0; j < n; j++) {
    for (let k = 0; k <= j; k++) {
      let sum = matrix[j * n + k]! + (j === k ? ridge : 0);
      for (let i = 0; i < k; i++) sum -= lower[j * n + i]! * lower[k * n + i]!;
      lower[j * n + k] = j === k ? Math.sqrt(Math.max(sum, ridge * 1e-6)) : sum / lower[k * n + k]!;
    }
  }
  return (g) => {
    const z = g.slice();
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < j; k++) z[j]! -= lower[j * n + k]! * z[k]!;
      z[j]! /= lower[j * n + j]!;
    }
    for (let j = n - 1; j >= 0; j--) {
      for (let k = j + 1; k < n; k++) z[j]! -= lower[k * n + j]! * z[k]!;
      z[j]! /= lower[j * n + j]!;
    }
    return z;
  };
}
