/** Barron's loss as a density: how heavy the tails are, and how large an ordinary error is, are learned with the model. */
import { z } from "zod";
import {
  add,
  constant,
  divide,
  exp,
  expm1,
  log,
  log1p,
  logSumExp,
  multiply,
  sigmoid,
  square,
  subtract,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { log as logOf, log1p as log1pOf, exp as expOf } from "../../kernels/math.ts";
import { defineLoss } from "../loss.ts";
import { errorOf, inputs } from "./error.ts";

/** α stays inside (0, 2), where the density has a finite integral and a smooth one. */
const [lowest, highest] = [0.001, 1.999];

/** α of its logit, and the logit of an α. */
export const alphaOf = (logit: Node): Node => add(lowest, multiply(highest - lowest, sigmoid(logit)));
export const alphaLogitOf = (alpha: number): number => logOf((alpha - lowest) / (highest - alpha));

/** (b/α)·((x²/b + 1)^(α/2) − 1), b = 2 − α: Barron's loss of an error in units of c. */
export function barronOf(x: Node, alpha: Node): Node {
  const b = subtract(2, alpha);
  const growth = log1p(divide(square(x), b));
  return multiply(divide(b, alpha), expm1(multiply(multiply(0.5, alpha), growth)));
}

/**
 * The negative log-likelihood of Barron's density, whose α and c are parameters of the loss.
 *
 *     ℓ(p, y) = (b/α)·((q/b + 1)^(α/2) − 1) + log c + log Z(α),   q = (e/c)², b = 2 − α
 *     Z(α) = ∫ exp(−(b/α)·((x²/b + 1)^(α/2) − 1)) dx
 *
 * Unit    nats
 * Facts   barron(α, c) + log c + log Z(α): without the last two α → 0 and c → ∞ would make every error small ·
 *         Z: √(2π) for α → 2 (Gauss), 2e·K₁(1) for α = 1, π√2 for α → 0 (Cauchy) · α = 0.001 + 1.998·σ(alphaLogit),
 *         c = exp(logC); both are shared, one value each · Z is exact to 10⁻¹², and so is its slope
 * Options alpha in [0.01, 1.99]: where α begins. @default 1
 *         c > 0, in units of the target: where c begins. @default 1
 * When    outliers of unknown weight: what barron's alpha and c should be is learned from the errors of all clients
 * Source  Barron (2019), section 2, equations 16–19; there log Z is a spline
 */
export const adaptiveBarron = defineLoss({
  name: "adaptive-barron",
  version: 1,
  unit: "element",
  measure: "nats",
  inputs,
  options: z.strictObject({
    alpha: z.number().min(0.01).max(1.99).default(1),
    c: z.number().positive().default(1),
  }),
  parameters: ({ alpha, c }) => ({
    alphaLogit: { shape: [], initial: alphaLogitOf(alpha) },
    logC: { shape: [], initial: logOf(c) },
  }),
  perExample: (batch, _options) => {
    const [alphaLogit, logC] = [batch["alphaLogit"]!, batch["logC"]!];
    const alpha = alphaOf(alphaLogit);
    const cost = barronOf(multiply(errorOf(batch), exp(multiply(-1, logC))), alpha);
    return add(cost, add(logC, logPartition(alpha, subtract(2, alpha))));
  },
});

const STEP = 1 / 8;
const NODES = 297; // to u = 37: the Cauchy tail ends at 10⁻¹⁶

/**
 * log Z(α). With x = √b·sinh u the integrand is exp(−(b/α)·(cosh^α u − 1))·cosh u, analytic in |Im u| < π/4 and even, so that
 * the trapezoidal rule converges like e^(−π²/(2h)): 10⁻¹⁷ for h = ⅛.
 */
function logPartition(alpha: Node, b: Node): Node {
  const places = Array.from({ length: NODES }, (_, i) => STEP * i);
  const logCosh = places.map((u) => u + log1pOf(expOf(-2 * u)) - logOf(2));
  const weight = logCosh.map((l, i) => l + logOf(i === 0 ? STEP : 2 * STEP));
  const nodes = (values: readonly number[]): Node => constant(values, [NODES]);
  const cost = multiply(divide(b, alpha), expm1(multiply(alpha, nodes(logCosh))));
  return add(multiply(0.5, log(b)), logSumExp(subtract(nodes(weight), cost)));
}
