/** Small dense systems, a handful of unknowns: the inner step of the exact solvers. Plain arithmetic, so the same bits everywhere. */
export type Matrix = readonly Float64Array[];

/** A·x */
export function times(a: Matrix, x: ArrayLike<number>): Float64Array {
  return Float64Array.from(a, (row) => {
    let sum = 0;
    for (let i = 0; i < row.length; i++) sum += row[i]! * x[i]!;
    return sum;
  });
}

/** xᵀ·A·x, never below 0 for a positive semidefinite A. */
export function quadraticForm(a: Matrix, x: ArrayLike<number>): number {
  const product = times(a, x);
  let sum = 0;
  for (let i = 0; i < product.length; i++) sum += product[i]! * x[i]!;
  return Math.max(0, sum);
}

/**
 * The solution of A·x = b by elimination with partial pivoting and one step of refinement; undefined where A is singular to
 * working precision, each row measured by its own size.
 */
export function solve(a: Matrix, b: ArrayLike<number>): Float64Array | undefined {
  const first = eliminated(a, b);
  if (first === undefined) return undefined;
  const left = times(a, first).map((value, i) => b[i]! - value);
  const correction = eliminated(a, left)!; // the same matrix as before
  return first.map((value, i) => value + correction[i]!);
}

const smallestPivot = 256 * Number.EPSILON; // of a row scaled to 1: what is left of it is rounding

function eliminated(a: Matrix, b: ArrayLike<number>): Float64Array | undefined {
  const n = a.length;
  const rows = a.map((row, i) => {
    const size = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return size === 0 ? undefined : Float64Array.of(...row.map((value) => value / size), b[i]! / size);
  });
  if (rows.some((row) => row === undefined)) return undefined;
  const work = rows as Float64Array[];
  for (let column = 0; column < n; column++) {
    let best = column;
    for (let i = column + 1; i < n; i++) if (Math.abs(work[i]![column]!) > Math.abs(work[best]![column]!)) best = i;
    const pivot = work[best]!;
    if (!(Math.abs(pivot[column]!) > smallestPivot)) return undefined;
    [work[column], work[best]] = [pivot, work[column]!];
    for (let i = column + 1; i < n; i++) {
      const factor = work[i]![column]! / pivot[column]!;
      if (factor !== 0) for (let j = column; j <= n; j++) work[i]![j]! -= factor * pivot[j]!;
    }
  }
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = work[i]![n]!;
    for (let j = i + 1; j < n; j++) sum -= work[i]![j]! * x[j]!;
    x[i] = sum / work[i]![i]!;
  }
  return x;
}
