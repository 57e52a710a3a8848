/**
 * The privacy loss of one release of the sampled Gaussian mechanism, put on a grid from above.
 *
 *     removed    L = ln p(x)/n₀(x),  x ~ p        p = (1 − q)·n₀ + q·n₁,  n_μ the density of N(μ, σ²)
 *     added      L = ln n₀(x)/p(x),  x ~ n₀
 *     δ(ε) = E[(1 − e^(ε − L))₊]
 *
 * What lies between two grid points goes to both, so that the probability and E[e^−L] stay what they are. δ(ε) is an expectation of
 * convex functions of e^−L: it can only grow, and stays what it is at the grid points. What lies below the grid is moved up to its first
 * point, and what lies above it counts as a loss of ∞. So every ε that is read off is too large, never too small.
 *
 * Source  Doroshenko et al. (2022), Connect the Dots: Tighter Discrete Approximations of Privacy Loss Distributions
 */
import { exp, expm1, log } from "../kernels/math.ts";
import { upperTail } from "./normal.ts";
import type { SampledGaussian } from "./rdp.ts";

/** Which of two neighbours the data are: the one with the client (or example) more, or the one without. */
export type Direction = "removed" | "added";
export const directions: readonly Direction[] = ["removed", "added"];

/** Probabilities of the losses `interval`·(`first` + i), and of a loss of ∞. */
export interface LossGrid {
  readonly first: number;
  readonly masses: Float64Array;
  readonly infinite: number;
}

/** e^this is still a number. Losses beyond it, either way, are beyond the grid. */
const largestLoss = 700;

/** Between which losses all lie but those of points more than so many deviations out. */
export function lossRange(mechanism: SampledGaussian, direction: Direction, deviations: number): [number, number] {
  const reach = mechanism.sigma * deviations;
  const [low, high] = [lossAt(mechanism, -reach), lossAt(mechanism, reach + (direction === "removed" ? 1 : 0))];
  const within = (loss: number): number => Math.min(largestLoss, Math.max(-largestLoss, loss));
  return direction === "removed" ? [within(low), within(high)] : [within(-high), within(-low)];
}

/** ln p(x)/n₀(x) = ln(1 − q + q·e^((2x − 1)/2σ²)), which grows with x. */
function lossAt({ sigma, q }: SampledGaussian, x: number): number {
  const exponent = (2 * x - 1) / (2 * sigma * sigma);
  return exponent > 0 ? exponent + log(q + (1 - q) * exp(-exponent)) : log(1 - q + q * exp(exponent));
}

/** The x at which that loss is reached; −∞ where it is below all of them. */
function pointOf({ sigma, q }: SampledGaussian, loss: number): number {
  const above = expm1(loss) + q;
  return above > 0 ? sigma * sigma * log(above / q) + 0.5 : -Infinity;
}

/** One direction on the grid of so fine an interval. */
export function lossGrid(
  mechanism: SampledGaussian,
  direction: Direction,
  interval: number,
  [low, high]: readonly [number, number],
): LossGrid {
  const first = Math.floor(low / interval);
  const last = Math.max(first + 1, Math.ceil(high / interval));
  const masses = new Float64Array(last - first + 1);
  const split = direction === "removed" ? splitRemoved : splitAdded;
  const shrunk = -expm1(-interval);
  let before = boundary(mechanism, direction, first * interval);
  masses[0] = probability(mechanism, direction, boundary(mechanism, direction, -Infinity), before);
  for (let i = 0; i + 1 < masses.length; i++) {
    const loss = (first + i) * interval;
    const after = boundary(mechanism, direction, loss + interval);
    const whole = probability(mechanism, direction, before, after);
    const upper = Math.min(whole, Math.max(0, split(mechanism.q, loss, before, after) / shrunk));
    masses[i] = masses[i]! + (whole - upper);
    masses[i + 1] = masses[i + 1]! + upper;
    before = after;
  }
  return {
    first,
    masses,
    infinite: probability(mechanism, direction, before, boundary(mechanism, direction, Infinity)),
  };
}

/** Probabilities beyond a boundary, under n₀ and under n₁, on both of its sides: the smaller one is right to its last digits. */
interface Boundary {
  readonly x: number;
  readonly above0: number;
  readonly below0: number;
  readonly above1: number;
  readonly below1: number;
}

function boundary(mechanism: SampledGaussian, direction: Direction, loss: number): Boundary {
  const { sigma } = mechanism;
  const at = direction === "removed" ? loss : -loss;
  const x = Number.isFinite(at) ? pointOf(mechanism, at) : at;
  return {
    x,
    above0: beyond(x / sigma),
    below0: beyond(-x / sigma),
    above1: beyond((x - 1) / sigma),
    below1: beyond((1 - x) / sigma),
  };
}

const beyond = (x: number): number => (x === Infinity ? 0 : x === -Infinity ? 1 : upperTail(x));

/** Of n₀ between two boundaries, in whichever order they stand. */
function between0(a: Boundary, b: Boundary): number {
  return Math.abs(a.x + b.x > 0 ? a.above0 - b.above0 : a.below0 - b.below0);
}

function between1(a: Boundary, b: Boundary): number {
  return Math.abs(a.x + b.x > 2 ? a.above1 - b.above1 : a.below1 - b.below1);
}

function probability({ q }: SampledGaussian, direction: Direction, a: Boundary, b: Boundary): number {
  return direction === "removed" ? (1 - q) * between0(a, b) + q * between1(a, b) : between0(a, b);
}

/** P − e^loss·Q of a stretch, from terms that hardly cancel. */
function splitRemoved(q: number, loss: number, a: Boundary, b: Boundary): number {
  return q * between1(a, b) - (expm1(loss) + q) * between0(a, b);
}

function splitAdded(q: number, loss: number, a: Boundary, b: Boundary): number {
  const grown = q * exp(loss);
  return (grown - expm1(loss)) * between0(a, b) - grown * between1(a, b);
}
