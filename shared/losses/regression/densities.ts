/** Negative log-likelihoods of real targets, with a spread of their own. Spreads and means are given by their logarithms. */
import { z } from "zod";
import { add, exp, multiply, negate, square } from "../../graph/build.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { errorOf, inputs } from "./error.ts";

const HALF_LOG_TWO_PI = 0.9189385332046727;

/**
 * Gaussian negative log-likelihood with a variance per row: the model says how sure it is.
 *
 *     ℓ(p, s, y) = ½·(s + e²·e^(−s)),   s = log variance        full: + ½·log 2π
 *
 * Shapes  prediction, logVar and target [batch] or [batch, …], alike; each element is a unit
 * Unit    nats
 * Facts   s = 0 is mse with half · minimal at p = y, s = log e² · ∂ℓ/∂p = e·e^(−s), ∂ℓ/∂s = ½(1 − e²·e^(−s)) ·
 *         finite for |s| ≤ 50
 * Option  full: with the constant. @default false
 * When    noise differs from row to row, or an error bar is wanted. Rows called noisy teach the mean little: begin with mse
 * Source  Nix & Weigend (1994)
 */
export const gaussianNll = defineLoss({
  name: "gaussian-nll",
  version: 1,
  unit: "element",
  measure: "nats",
  inputs: { ...inputs, logVar: fromModel("real", ["batch", "…"], { within: 50 }) },
  options: z.strictObject({ full: z.boolean().default(false) }),
  perExample: ({ prediction, target, logVar: s }, { full }) => {
    const squares = multiply(square(errorOf({ prediction, target })), exp(negate(s)));
    const plain = multiply(0.5, add(s, squares));
    return full ? add(plain, HALF_LOG_TWO_PI) : plain;
  },
});

/**
 * Gamma negative log-likelihood of the mean eᶻ, up to the shape, which scales it, and a term of y alone.
 *
 *     ℓ(z, y) = z + y·e^(−z)
 *
 * Shapes  log-means z and targets y > 0 [batch] or [batch, …]; each element is a unit
 * Unit    nats, at shape 1
 * Facts   minimal at z = log y · ∂ℓ/∂z = 1 − y·e^(−z) · scaling y shifts z · finite for |z| ≤ 50
 * When    positive targets whose spread grows with their size: costs, durations. y = 0 is no Gamma target: see tweedie
 * Source  McCullagh & Nelder, Generalized Linear Models (1989), chapter 8
 */
export const gammaNll = defineLoss({
  name: "gamma-nll",
  version: 1,
  unit: "element",
  measure: "nats",
  inputs: {
    prediction: fromModel("real", ["batch", "…"], { within: 50 }),
    target: fromData("positive", ["batch", "…"]),
  },
  options: z.strictObject({}),
  perExample: ({ prediction: z, target: y }) => add(z, multiply(y, exp(negate(z)))),
});
