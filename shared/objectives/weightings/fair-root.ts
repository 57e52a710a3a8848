import { log, pow } from "../../kernels/math.ts";
import { quadraticForm, solve, times, type Matrix } from "../solvers/linear.ts";
import { relativeLength, shortestInHull } from "../solvers/simplex-quadratic.ts";

/**
 * The positive w with (Gw)ᵢ = wᵢ^{−1/α} for every i: where no fair gain of one objective can be had but at another's cost. It is
 * the minimum of the convex ½wᵀGw − Σ∫wᵢ^{−1/α}, found by damped Newton steps; undefined where the rows are Pareto-stationary.
 *
 * Rows are scaled to the longest first, w = s^{−α/(1+α)}·ŵ for G = s·Ĝ, so that no size of G overflows.
 */
export function fairRoot(gramian: Matrix, alpha: number): Float64Array | undefined {
  const largest = gramian.reduce((most, row, i) => Math.max(most, row[i]!), 0);
  if (!(largest > 0) || relativeLength(gramian, shortestInHull(gramian)) < 1e-7) return undefined;
  const scaled = gramian.map((row) => row.map((value) => value / largest));
  const power = -1 / alpha;
  // At first as if the rows were orthogonal: wᵢ^{1+1/α} = 1/Gᵢᵢ.
  let w: Float64Array = Float64Array.from(scaled, (row, i) => pow(row[i]!, -alpha / (1 + alpha)));
  for (let i = 0; i < 200; i++) {
    const next = newton(scaled, w, power);
    const moved = next.reduce((most, value, k) => Math.max(most, Math.abs(value / w[k]! - 1)), 0);
    w = next;
    if (moved < 4 * Number.EPSILON) break;
  }
  const size = pow(largest, -alpha / (1 + alpha));
  return w.map((value) => value * size);
}

/** One step on F(w) = Gw − w^p, p < 0, shortened until it stays positive and F's merit falls. */
function newton(g: Matrix, w: Float64Array, power: number): Float64Array {
  const powers = w.map((value) => pow(value, power));
  const residual = times(g, w).map((value, i) => value - powers[i]!);
  // In units of w itself, D = diag(w): (DGD − p·diag(w^{p+1})) δ = −D·F, symmetric and well scaled.
  const system = g.map((row, i) =>
    row.map((value, j) => value * w[i]! * w[j]! - (i === j ? power * powers[i]! * w[i]! : 0)),
  );
  const step = solve(
    system,
    residual.map((value, i) => -value * w[i]!),
  );
  if (step === undefined) return w;
  const before = merit(g, w, power);
  const slope = residual.reduce((sum, value, i) => sum + value * w[i]! * step[i]!, 0);
  for (let share = 1; share > 1e-12; share /= 2) {
    const next = w.map((value, i) => value * (1 + share * step[i]!));
    if (
      next.every((value) => value > 0) &&
      merit(g, next, power) <= before + 1e-4 * share * slope + 1e-15 * Math.abs(before)
    )
      return next;
  }
  return w;
}

/** ½wᵀGw − Σ∫w^p, the integral being ln w for p = −1. */
function merit(g: Matrix, w: Float64Array, power: number): number {
  const barrier = w.reduce((sum, value) => sum + (power === -1 ? log(value) : pow(value, power + 1) / (power + 1)), 0);
  return quadraticForm(g, w) / 2 - barrier;
}
