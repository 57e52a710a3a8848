import { solve, times, type Matrix } from "./linear.ts";

/**
 * The shortest non-negative combination that lifts a vector into a cone, exactly, by an active set (Lawson & Hanson's non-negative
 * least squares, in terms of the Gramian alone):
 *
 *     min ½λᵀGλ + qᵀλ,   λ ≥ 0        with qᵢ = ⟨gᵢ, d⟩ − oᵢ:   d + Σλᵢgᵢ is the nearest vector to d with ⟨gᵢ, ·⟩ ≥ oᵢ for all i
 *
 * Where the cone of offsets is empty (possible only for some o ≠ 0) it answers with the last point that was sound.
 * G may be singular: a row that depends on those already active cannot be what is missing.
 *
 * Cost    O(m³) a step, some m steps
 * Source  Lawson & Hanson, Solving Least Squares Problems (1974), chapter 23; Lopez-Paz & Ranzato (2017) for the use
 */
export function liftIntoCone(gramian: Matrix, q: ArrayLike<number>, magnitude: ArrayLike<number> = q): Float64Array {
  const m = gramian.length;
  const multipliers = new Float64Array(m);
  const active: number[] = [];
  const barred = new Set<number>();
  for (let step = 0; step < 30 * m + 100; step++) {
    const joining = mostViolated(gramian, q, magnitude, multipliers, active, barred);
    if (joining === undefined) break;
    active.push(joining);
    const settled = settle(gramian, q, multipliers, active);
    if (settled && active.includes(joining)) barred.clear();
    else {
      // Dependent on the others, or pushed out at once: rounding, not a violation.
      if (active.includes(joining)) active.splice(active.indexOf(joining), 1);
      multipliers[joining] = 0;
      barred.add(joining);
    }
  }
  return multipliers;
}

/** The row that is most on the wrong side, beside its own length. */
function mostViolated(
  gramian: Matrix,
  q: ArrayLike<number>,
  magnitude: ArrayLike<number>,
  multipliers: Float64Array,
  active: readonly number[],
  barred: ReadonlySet<number>,
): number | undefined {
  const values = times(gramian, multipliers);
  let worst = 0;
  let found: number | undefined;
  for (let i = 0; i < gramian.length; i++) {
    if (active.includes(i) || barred.has(i)) continue;
    const row = gramian[i]!;
    if (!(row[i]! > 0)) continue; // a row of zeros has no side
    const summed = row.reduce((sum, value, j) => sum + Math.abs(value * multipliers[j]!), Math.abs(magnitude[i]!));
    const gap = (-(values[i]! + q[i]!) - 4 * gramian.length * Number.EPSILON * summed) / Math.sqrt(row[i]!);
    if (gap > worst) [worst, found] = [gap, i];
  }
  return found;
}

/** Solves for the active multipliers, dropping those that would turn negative; false where the active rows are dependent. */
function settle(gramian: Matrix, q: ArrayLike<number>, multipliers: Float64Array, active: number[]): boolean {
  while (active.length > 0) {
    const system = active.map((i) => Float64Array.from(active, (j) => gramian[i]![j]!));
    const wanted = solve(
      system,
      active.map((i) => -q[i]!),
    );
    if (wanted === undefined) return false;
    let share = 1;
    active.forEach((i, k) => {
      if (wanted[k]! <= 0) share = Math.min(share, multipliers[i]! / (multipliers[i]! - wanted[k]!) || 0);
    });
    active.forEach((i, k) => (multipliers[i] = multipliers[i]! + share * (wanted[k]! - multipliers[i]!)));
    if (share === 1 && wanted.every((value) => value > 0)) return true;
    for (const i of [...active]) {
      if (multipliers[i]! > (Number.EPSILON / 256) * Math.max(...active.map((j) => multipliers[j]!))) continue;
      multipliers[i] = 0;
      active.splice(active.indexOf(i), 1);
    }
  }
  return true;
}

/**
 * v ≥ p with the shortest Jᵀv: Jᵀv is the projection of Jᵀp onto the dual cone {d: Jd ≥ 0} of the rows with Gramian G.
 * G is scaled to a largest diagonal of 1 first, so that no size of it overflows.
 */
export function projectOnDualCone(gramian: Matrix, preference: ArrayLike<number>): Float64Array {
  const largest = gramian.reduce((most, row, i) => Math.max(most, row[i]!), 0);
  if (!(largest > 0)) return Float64Array.from(preference);
  const scaled = gramian.map((row) => row.map((value) => value / largest));
  const magnitude = scaled.map((row) => row.reduce((sum, value, j) => sum + Math.abs(value * preference[j]!), 0));
  return liftIntoCone(scaled, times(scaled, preference), magnitude).map((value, i) => value + preference[i]!);
}
