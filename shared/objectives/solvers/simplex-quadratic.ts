import { quadraticForm, solve, times, type Matrix } from "./linear.ts";

export interface SimplexQuadratic {
  /** A, symmetric and positive semidefinite; it may be singular. */
  readonly quadratic: Matrix;
  /** b. @default zeros */
  readonly linear?: ArrayLike<number>;
  /** l ≤ w. @default zeros */
  readonly lower?: ArrayLike<number>;
  /** w ≤ u. @default ones */
  readonly upper?: ArrayLike<number>;
}

/**
 * The weights of a small quadratic programme on the simplex, exactly, by an active set:
 *
 *     min ½wᵀAw + bᵀw      Σw = 1,   l ≤ w ≤ u
 *
 * It starts at a corner, solves for the free weights with the others held, stops at the first bound on the way, and lets go of the
 * bound whose multiplier is most wrong, until none is: the Karush–Kuhn–Tucker conditions to rounding, each sum measured by the size
 * of what is summed, so that rows of very different lengths keep their digits. With b = 0 it is Wolfe's shortest vector in the
 * convex hull of m rows whose Gramian is A.
 *
 * Cost    O(m³) a step, some m steps
 * Source  Wolfe (1976); Nocedal & Wright, Numerical Optimization (2006), algorithm 16.3
 */
export function minimizeOnSimplex(problem: SimplexQuadratic): Float64Array {
  const { quadratic: a } = problem;
  const m = a.length;
  const b = Float64Array.from({ length: m }, (_, i) => problem.linear?.[i] ?? 0);
  const lower = Float64Array.from({ length: m }, (_, i) => problem.lower?.[i] ?? 0);
  const upper = Float64Array.from({ length: m }, (_, i) => problem.upper?.[i] ?? 1);
  const w = corner(a, b, lower, upper);
  const free = new Set<number>();
  w.forEach((value, i) => {
    if (value > lower[i]! && value < upper[i]!) free.add(i);
  });
  for (let step = 0; step < 50 * m + 100; step++) {
    const wanted = freeMinimum(a, b, w, [...free]);
    const blocked = moveTowards(w, wanted, free, lower, upper);
    if (blocked) continue;
    const released = mostWrong(a, b, w, free, lower, upper);
    if (released === undefined) return w;
    free.add(released);
    if (free.size === 1) {
      // One free weight cannot move: with it goes the best partner.
      const partner = partnerOf(a, b, w, released, lower, upper);
      if (partner === undefined) return w;
      free.add(partner);
    }
  }
  return w;
}

/** All at their lower bound but for what fills the sum, the shortest row first. */
function corner(a: Matrix, b: Float64Array, lower: Float64Array, upper: Float64Array): Float64Array {
  const w = lower.slice();
  let left = 1 - lower.reduce((sum, value) => sum + value, 0);
  const order = a.map((_, i) => i).sort((i, j) => a[i]![i]! / 2 + b[i]! - (a[j]![j]! / 2 + b[j]!) || i - j);
  for (const i of order) {
    const taken = Math.max(0, Math.min(left, upper[i]! - lower[i]!));
    w[i] = w[i]! + taken;
    left -= taken;
  }
  return w;
}

const slopeAt = (a: Matrix, b: Float64Array, w: Float64Array): Float64Array =>
  times(a, w).map((value, i) => value + b[i]!);

/** The minimum over the free weights, their sum kept. A flat direction is followed until a bound stops it. */
function freeMinimum(a: Matrix, b: Float64Array, w: Float64Array, free: readonly number[]): Float64Array {
  if (free.length < 2) return w;
  const slope = slopeAt(a, b, w);
  const size = Math.max(...free.map((i) => a[i]![i]!)) || 1;
  for (const ridge of [0, 1024 * Number.EPSILON, 4_194_304 * Number.EPSILON]) {
    const bordered = free.map((i) =>
      Float64Array.of(...free.map((j) => a[i]![j]! + Number(i === j) * ridge * size), size),
    );
    bordered.push(Float64Array.of(...free.map(() => size), 0));
    const found = solve(bordered, [...free.map((i) => -slope[i]!), 0]);
    if (found === undefined) continue;
    const next = w.slice();
    free.forEach((i, k) => (next[i] = w[i]! + found[k]!));
    return next;
  }
  return w;
}

/** As far as the bounds allow; whether one of them stopped it, which is then no longer free. */
function moveTowards(
  w: Float64Array,
  wanted: Float64Array,
  free: Set<number>,
  lower: Float64Array,
  upper: Float64Array,
): boolean {
  let share = 1;
  let stop: number | undefined;
  for (const i of free) {
    const change = wanted[i]! - w[i]!;
    if (change === 0) continue;
    const room = ((change < 0 ? lower[i]! : upper[i]!) - w[i]!) / change;
    if (room < share) [share, stop] = [Math.max(0, room), i];
  }
  for (const i of free) w[i] = w[i]! + share * (wanted[i]! - w[i]!);
  if (stop === undefined) return false;
  w[stop] = wanted[stop]! < lower[stop]! || w[stop]! <= lower[stop]! ? lower[stop]! : upper[stop]!;
  free.delete(stop);
  return true;
}

/** The held weight that would do most good if it were let go; undefined where none would, beyond rounding. */
function mostWrong(
  a: Matrix,
  b: Float64Array,
  w: Float64Array,
  free: ReadonlySet<number>,
  lower: Float64Array,
  upper: Float64Array,
): number | undefined {
  const slope = slopeAt(a, b, w);
  const noise = a.map((row, i) => noiseOf(row, b[i]!, w));
  const level = levelOf(slope, w, free, lower, upper);
  let worst = 0;
  let found: number | undefined;
  for (let i = 0; i < w.length; i++) {
    if (free.has(i) || lower[i] === upper[i]) continue;
    const gain = w[i] === lower[i] ? level.value - slope[i]! : slope[i]! - level.value;
    const gap = gain - 8 * (noise[i]! + noise[level.at]!);
    if (gap > worst) [worst, found] = [gap, i];
  }
  return found;
}

/** What rounding may have done to (A·w + b)ᵢ. */
const noiseOf = (row: Float64Array, b: number, w: Float64Array): number =>
  (Number.EPSILON / 2) * row.length * row.reduce((sum, value, j) => sum + Math.abs(value * w[j]!), Math.abs(b));

/** The multiplier of Σw = 1: the slope of the free weights, or of what could be given away. */
function levelOf(
  slope: Float64Array,
  w: Float64Array,
  free: ReadonlySet<number>,
  lower: Float64Array,
  upper: Float64Array,
): { readonly value: number; readonly at: number } {
  let at = -1;
  for (const i of free) if (at < 0 || w[i]! - lower[i]! > w[at]! - lower[at]!) at = i;
  if (at >= 0) return { value: slope[at]!, at };
  for (let i = 0; i < w.length; i++) {
    if (w[i]! > lower[i]! && upper[i]! > lower[i]! && (at < 0 || slope[i]! > slope[at]!)) at = i;
  }
  return { value: slope[Math.max(0, at)]!, at: Math.max(0, at) };
}

/** The weight, held above its lower bound, from which `released` should take. */
function partnerOf(
  a: Matrix,
  b: Float64Array,
  w: Float64Array,
  released: number,
  lower: Float64Array,
  upper: Float64Array,
): number | undefined {
  const slope = slopeAt(a, b, w);
  const gives = w[released]! > lower[released]!; // at its upper bound: it gives, another takes
  let best: number | undefined;
  for (let i = 0; i < w.length; i++) {
    if (i === released || (gives ? w[i]! >= upper[i]! : w[i]! <= lower[i]!)) continue;
    if (best === undefined || (gives ? slope[i]! < slope[best]! : slope[i]! > slope[best]!)) best = i;
  }
  return best;
}

/** The weights of the shortest vector in the convex hull of rows with this Gramian; equal weights where all are zero. */
export function shortestInHull(gramian: Matrix): Float64Array {
  const largest = gramian.reduce((most, row, i) => Math.max(most, row[i]!), 0);
  if (!(largest > 0)) return new Float64Array(gramian.length).fill(1 / gramian.length);
  return minimizeOnSimplex({ quadratic: gramian.map((row) => row.map((value) => value / largest)) });
}

/** ‖Jᵀw‖ beside the longest row: what is 0 at a Pareto-stationary point. */
export function relativeLength(gramian: Matrix, w: Float64Array): number {
  const largest = gramian.reduce((most, row, i) => Math.max(most, row[i]!), 0);
  if (!(largest > 0)) return 0;
  const scaled = gramian.map((row) => row.map((value) => value / largest));
  return Math.sqrt(quadraticForm(scaled, w));
}

/** Π: the nearest point of the simplex, by sorting — Held, Wolfe & Crowder (1974). */
export function projectOnSimplex(point: Float64Array): Float64Array {
  const sorted = point.toSorted().reverse();
  let sum = 0;
  let shift = 0;
  for (const [i, value] of sorted.entries()) {
    sum += value;
    const candidate = (sum - 1) / (i + 1);
    if (value > candidate) shift = candidate;
  }
  return point.map((value) => Math.max(0, value - shift));
}
