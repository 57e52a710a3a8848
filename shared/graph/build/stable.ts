/** Compositions that stay finite, in value and in gradient, where the plain formula would not. */
import type { Node } from "../graph.ts";
import {
  divide,
  equal,
  exp,
  expm1,
  greater,
  lessEqual,
  log,
  log1p,
  maximum,
  minimum,
  multiply,
  negate,
  select,
  softplus,
  sqrt,
  square,
} from "./arithmetic.ts";
import { broadcast } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { logSumExp, sum } from "./reduce.ts";
import type { Along } from "./reduce.ts";
import { stack } from "./shapes.ts";

const LN2 = 0.6931471805599453;

/** log σ(x) = −softplus(−x). */
export const logSigmoid = (x: Operand): Node => negate(softplus(negate(x)));

/** log(eᵃ + eᵇ), the gradient shared by softmax; −∞ where both are. */
export function logAddExp(a: Operand, b: Operand): Node {
  return logSumExp(stack(broadcast(a, b), -1), -1);
}

/**
 * log(1 − eᵃ) for a ≤ 0: log(−expm1 a) for a > −ln 2, else log1p(−eᵃ); −∞ at 0. Each branch sees only its own part of
 * the line, so that neither sends NaN back through the other.
 * Source: Mächler, Accurately computing log(1 − exp(−|a|)) (2012)
 */
export function log1mExp(a: Operand): Node {
  const near = greater(a, -LN2);
  return select(near, log(negate(expm1(select(near, a, -LN2)))), log1p(negate(exp(select(near, -1, a)))));
}

/** x·log y, and 0 where x = 0 (there also in gradient). */
export function xlogy(x: Operand, y: Operand): Node {
  const empty = equal(x, 0);
  return select(empty, 0, multiply(x, log(select(empty, 1, y))));
}

/** √x with derivative 0 at 0. */
export function sqrtSafe(x: Operand): Node {
  const empty = equal(x, 0);
  return select(empty, 0, sqrt(select(empty, 1, x)));
}

/** ‖x‖ along an axis (the last unless said), with gradient 0 at the zero vector. */
export const norm = (x: Node, axis: number | readonly number[] = -1, along: Along = {}): Node =>
  sqrtSafe(sum(square(x), axis, along));

/** x / ‖x‖ along an axis; the zero vector stays zero, with gradient 0. */
export function normalize(x: Node, axis = -1): Node {
  return divideSafe(x, norm(x, axis, { keepAxis: true }));
}

/** a / b, and 0 where b = 0 (there also in gradient). */
export function divideSafe(a: Operand, b: Operand): Node {
  const empty = equal(b, 0);
  return select(empty, 0, divide(a, select(empty, 1, b)));
}

/** x held in [low, high]. The gradient passes on the closed interval, so also where x equals a bound. */
export const clamp = (x: Operand, low: Operand, high: Operand): Node => minimum(maximum(x, low), high);

/** x held in [low, high]. The gradient passes strictly inside only: 0 where x equals a bound, as for every hinge. */
export const clampInside = (x: Operand, low: Operand, high: Operand): Node =>
  select(lessEqual(x, low), low, select(lessEqual(high, x), high, x));
