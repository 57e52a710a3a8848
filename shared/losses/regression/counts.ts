/** Counts, and totals that are often 0. The head predicts z, the logarithm of the mean, so that the mean is positive. */
import { z } from "zod";
import {
  add,
  divide,
  exp,
  less,
  lgamma,
  log,
  multiply,
  negate,
  relu,
  select,
  softplus,
  subtract,
  xlogy,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { log as logOf } from "../../kernels/math.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

const logMean = fromModel("real", ["batch", "…"], { within: 50 });
const HALF_LOG_TWO_PI = 0.9189385332046727;

/**
 * Poisson negative log-likelihood.
 *
 *     ℓ(z, y) = eᶻ − y·z        logInput false: p − y·log(p + ε)        full: + y·log y − y + ½·log(2πy) for y > 1
 *
 * Shapes  log-rates z (or rates p) and counts y ≥ 0 [batch] or [batch, …]; each element is a unit
 * Unit    nats
 * Facts   minimal at z = log y · ∂ℓ/∂z = eᶻ − y · finite for |z| ≤ 50 · a rate p ≤ 0 counts as 0, without slope
 * Options logInput: whether the head gives log-rates rather than rates. @default true
 *         full: with Stirling's approximation of log y!, which no gradient sees. @default false
 *         eps ε > 0, added to a rate. @default 1e-8
 * When    counts of independent events, whose variance is about their mean
 */
export const poissonNll = defineLoss({
  name: "poisson-nll",
  version: 1,
  unit: "element",
  measure: "nats",
  inputs: { prediction: logMean, target: fromData("non-negative", ["batch", "…"]) },
  inputsFor: ({ logInput }) => (logInput ? {} : { prediction: fromModel("positive", ["batch", "…"]) }),
  options: z.strictObject({
    logInput: z.boolean().default(true),
    full: z.boolean().default(false),
    eps: z.number().positive().default(1e-8),
  }),
  perExample: ({ prediction, target: y }, { logInput, full, eps }) => {
    const plain = logInput ? subtract(exp(prediction), multiply(y, prediction)) : ofRate(relu(prediction), y, eps);
    return full ? add(plain, stirling(y)) : plain;
  },
});

const ofRate = (rate: Node, y: Node, eps: number): Node => subtract(rate, multiply(y, log(add(rate, eps))));

/** log y! as y·log y − y + ½·log(2πy), and 0 for y ≤ 1. */
function stirling(y: Node): Node {
  const many = less(1, y);
  const n = select(many, y, 1);
  const smooth = add(subtract(xlogy(n, n), n), add(multiply(0.5, log(n)), HALF_LOG_TWO_PI));
  return select(many, smooth, 0);
}

/**
 * Negative-binomial negative log-likelihood: counts that vary more than Poisson's. With d = z − log r and r = 1/dispersion
 *
 *     ℓ(z, y) = r·sp(d) + y·sp(−d) = (r + y)·log(r + eᶻ) − r·log r − y·z        full: − logΓ(y + r) + logΓ(r) + logΓ(y + 1)
 *
 * Shapes  log-means z and counts y [batch] or [batch, …]; each element is a unit
 * Unit    nats
 * Facts   mean eᶻ, variance eᶻ + dispersion·e²ᶻ · dispersion → 0 is poisson-nll up to a term of y alone ·
 *         ∂ℓ/∂z = (r + y)·σ(d) − y · finite at ±10⁴
 * Options dispersion > 0. @default 1
 *         full: with the terms that no gradient sees. @default false
 * When    counts whose variance exceeds their mean: visits, claims, reads
 */
export const negativeBinomial = defineLoss({
  name: "negative-binomial",
  version: 1,
  unit: "element",
  measure: "nats",
  inputs: { prediction: fromModel("real", ["batch", "…"]), target: fromData("count", ["batch", "…"]) },
  options: z.strictObject({ dispersion: z.number().positive().default(1), full: z.boolean().default(false) }),
  perExample: ({ prediction, target: y }, { dispersion, full }) => {
    const r = 1 / dispersion;
    const d = subtract(prediction, logOf(r));
    const plain = add(multiply(r, softplus(d)), multiply(y, softplus(negate(d))));
    if (!full) return plain;
    return add(plain, add(subtract(lgamma(r), lgamma(add(y, r))), lgamma(add(y, 1))));
  },
});

/**
 * Tweedie deviance of power p between Poisson (1) and Gamma (2), without the terms of y alone.
 *
 *     ℓ(z, y) = e^((2−p)z)/(2 − p) − y·e^((1−p)z)/(1 − p)
 *
 * Shapes  log-means z and totals y ≥ 0 [batch] or [batch, …]; each element is a unit
 * Unit    the target's, to the power 2 − p
 * Facts   minimal at z = log y · ∂ℓ/∂z = e^((2−p)z) − y·e^((1−p)z) · variance ∝ mean^p · finite for |z| ≤ 50
 * Option  power p in (1, 2). @default 1.5
 * When    totals that are exactly 0 for many rows and positive for others: claims, rainfall, spending
 * Source  Jørgensen (1987)
 */
export const tweedie = defineLoss({
  name: "tweedie",
  version: 1,
  unit: "element",
  measure: "target^(2−p)",
  inputs: { prediction: logMean, target: fromData("non-negative", ["batch", "…"]) },
  options: z.strictObject({ power: z.number().gt(1).lt(2).default(1.5) }),
  perExample: ({ prediction: z, target: y }, { power }) => {
    const mean = divide(exp(multiply(2 - power, z)), 2 - power);
    return add(mean, divide(multiply(y, exp(multiply(1 - power, z))), power - 1));
  },
});
