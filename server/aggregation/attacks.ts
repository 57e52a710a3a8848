/**
 * What liars send, for tests of rules against them: functions of the honest clients' vectors, which the worst liars know. In
 * simulations only; a worker has no such code.
 */
import type { Random } from "../../shared/random.ts";
import { distance } from "../../shared/tensor/vector.ts";
import { meanOf } from "./rule.ts";

/** Minus the mean of the honest vectors. */
export const signFlip = (honest: readonly Float64Array[]): Float64Array => meanOf(honest).map((x) => -x);

/** The mean of the honest vectors, and −τ times it: inner-product manipulation. Source: Xie, Koyejo & Gupta (2019). */
export const innerProduct = (honest: readonly Float64Array[], tau: number): Float64Array =>
  meanOf(honest).map((x) => -tau * x);

/** mean + τ·std, coordinate by coordinate, with the sample's deviation: "a little is enough". Source: Baruch et al. (2019). */
export function littleIsEnough(honest: readonly Float64Array[], tau: number): Float64Array {
  const deviation = deviationOf(honest);
  return meanOf(honest).map((x, j) => x + tau * deviation[j]!);
}

/** Independent draws of N(0, σ²). */
export const gaussian = (size: number, sigma: number, random: Random): Float64Array =>
  Float64Array.from({ length: size }, () => sigma * random.normal());

/**
 * mean − γ·std with the largest γ at which the farthest honest vector is no nearer than two honest ones are apart: found by halving,
 * to 1/1024. Source: Shejwalkar & Houmansadr (2021), min-max with the deviation's direction.
 */
export function minMax(honest: readonly Float64Array[]): Float64Array {
  const mean = meanOf(honest);
  const deviation = deviationOf(honest);
  let apart = 0;
  honest.forEach((a, i) => {
    for (const b of honest.slice(i + 1)) apart = Math.max(apart, distance(a, b));
  });
  const at = (gamma: number): Float64Array => mean.map((x, j) => x - gamma * deviation[j]!);
  const fits = (gamma: number): boolean => honest.every((row) => distance(row, at(gamma)) <= apart);
  let [good, step] = [0, 16];
  while (step > 1 / 1024) {
    if (fits(good + step)) good += step;
    step /= 2;
  }
  return at(good);
}

/** The sample's standard deviation of each coordinate: n − 1; 0 of one row. */
function deviationOf(rows: readonly Float64Array[]): Float64Array {
  const mean = meanOf(rows);
  const squares = new Float64Array(mean.length);
  for (const row of rows) {
    for (let j = 0; j < squares.length; j++) squares[j] = squares[j]! + (row[j]! - mean[j]!) * (row[j]! - mean[j]!);
  }
  return squares.map((square) => Math.sqrt(square / Math.max(1, rows.length - 1)));
}
