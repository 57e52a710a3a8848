/**
 * A small linear programme, by the simplex method with Bland's rule, which never cycles:
 *
 *     max cᵀx      Ax ≤ b,   Σx = 1,   x ≥ 0
 *
 * @returns x, or undefined where no x satisfies the constraints
 */
export function maximizeOnSimplex(
  objective: ArrayLike<number>,
  bounds: readonly { readonly row: ArrayLike<number>; readonly atMost: number }[],
): Float64Array | undefined {
  const n = objective.length;
  const rows = [...bounds.map(({ row, atMost }) => ({ row: Array.from(row), right: atMost, slack: true }))];
  rows.push({ row: new Array<number>(n).fill(1), right: 1, slack: false });
  const m = rows.length;
  // [x | slacks | artificials | right side], each row with a right side ≥ 0.
  const slackCount = bounds.length;
  const width = n + slackCount + m + 1;
  const table = rows.map(({ row, right, slack }, i) => {
    const line = new Float64Array(width);
    line.set(row);
    if (slack) line[n + i] = 1;
    line[width - 1] = right;
    if (right < 0) for (let k = 0; k < width; k++) line[k] = -line[k]!;
    line[n + slackCount + i] = 1;
    return line;
  });
  const basis = rows.map((_, i) => n + slackCount + i);
  const firstPhase = new Float64Array(width - 1);
  firstPhase.fill(-1, n + slackCount);
  climb(table, basis, firstPhase, width - 1);
  const left = basis.reduce((sum, variable, i) => sum + (variable >= n + slackCount ? table[i]![width - 1]! : 0), 0);
  if (left > 1e-9) return undefined;
  const secondPhase = new Float64Array(width - 1);
  secondPhase.set(Array.from(objective));
  climb(table, basis, secondPhase, n + slackCount);
  const x = new Float64Array(n);
  basis.forEach((variable, i) => {
    if (variable < n) x[variable] = Math.max(0, table[i]![width - 1]!);
  });
  return x;
}

const small = 1e-12;

/** Pivots until no variable below `allowed` would raise the objective. */
function climb(table: Float64Array[], basis: number[], objective: Float64Array, allowed: number): void {
  const right = objective.length;
  for (let step = 0; step < 1000; step++) {
    let entering = -1;
    for (let k = 0; k < allowed && entering < 0; k++) {
      if (basis.includes(k)) continue;
      const gain = objective[k]! - basis.reduce((sum, variable, i) => sum + objective[variable]! * table[i]![k]!, 0);
      if (gain > small) entering = k;
    }
    if (entering < 0) return;
    let leaving = -1;
    for (let i = 0; i < table.length; i++) {
      if (table[i]![entering]! <= small) continue;
      const ratio = table[i]![right]! / table[i]![entering]!;
      const best = leaving < 0 ? Infinity : table[leaving]![right]! / table[leaving]![entering]!;
      if (ratio < best || (ratio === best && basis[i]! < basis[leaving]!)) leaving = i;
    }
    if (leaving < 0) return; // cannot be: Σx = 1 bounds everything
    pivot(table, leaving, entering);
    basis[leaving] = entering;
  }
}

function pivot(table: Float64Array[], row: number, column: number): void {
  const line = table[row]!;
  const value = line[column]!;
  for (let k = 0; k < line.length; k++) line[k] = line[k]! / value;
  for (const other of table) {
    const factor = other === line ? 0 : other[column]!;
    if (factor !== 0) for (let k = 0; k < line.length; k++) other[k] = other[k]! - factor * line[k]!;
  }
}
