/** Losses that are squares near 0 and absolute values far out, so that a few targets far off do not rule. e = p − y. */
import { z } from "zod";
import {
  abs,
  add,
  divide,
  exp,
  expm1,
  huber as huberOf,
  less,
  log1p,
  multiply,
  negate,
  select,
  square,
  subtract,
} from "../../graph/build.ts";
import { defineLoss, eitherLoss } from "../loss.ts";
import { autoHuber, isAuto } from "./auto-huber.ts";
import { errorOf, inputs } from "./error.ts";

const LN2 = 0.6931471805599453;

/**
 * Huber's loss: squared near 0, absolute far out.
 *
 *     ℓ(p, y) = e²/2 where |e| ≤ δ, else δ(|e| − δ/2)
 *
 * Unit    the target's, squared
 * Facts   δ → ∞ is mse with half · ∂ℓ/∂p = clamp(e, −δ, δ), continuous at the seam
 *         · delta: auto makes it a function of sums over all clients, F = Σ w·ℓ/Σ w, whose δ is held constant in a round
 * Option  delta > 0, in units of the target: where the parabola ends; auto: 1.345·1.4826·median |e| of all clients' errors in
 *         this round, read from a sketch that adds, to within 3 %. @default 1
 * When    outliers: δ = 1.345·σ of clean errors keeps 95 % of the efficiency of mse where there are none
 * Source  Huber (1964)
 */
export const huber = eitherLoss(
  defineLoss({
    name: "huber",
    version: 1,
    unit: "element",
    measure: "target²",
    inputs,
    options: z.strictObject({ delta: z.number().positive().default(1) }),
    perExample: (batch, { delta }) => huberOf(errorOf(batch), delta),
  }),
  autoHuber("huber", "delta", "target²"),
  z.strictObject({ delta: z.union([z.number().positive(), z.literal("auto")]).default(1) }),
  isAuto("delta"),
);

/**
 * Smooth L1: Huber's loss over β, whose slopes stay within ±1 whatever β.
 *
 *     ℓ(p, y) = e²/(2β) where |e| ≤ β, else |e| − β/2        β = 0: |e|
 *
 * Unit    the target's
 * Facts   = huber(δ = β)/β · β = 0 is mae · ∂ℓ/∂p = clamp(e/β, −1, 1), and for β = 0 sign e, 0 at e = 0
 * Option  beta ≥ 0, in units of the target: where the parabola ends; auto: as huber's delta. @default 1
 * When    boxes and other coordinates, where the step must not grow with β
 * Source  Girshick (2015)
 */
export const smoothL1 = eitherLoss(
  defineLoss({
    name: "smooth-l1",
    version: 1,
    unit: "element",
    measure: "target",
    inputs,
    options: z.strictObject({ beta: z.number().min(0).default(1) }),
    perExample: (batch, { beta }) => {
      const e = errorOf(batch);
      return beta === 0 ? abs(e) : multiply(1 / beta, huberOf(e, beta));
    },
  }),
  autoHuber("smooth-l1", "beta", "target"),
  z.strictObject({ beta: z.union([z.number().min(0), z.literal("auto")]).default(1) }),
  isAuto("beta"),
);

/**
 * The logarithm of the hyperbolic cosine: smooth everywhere, e²/2 near 0 and |e| − ln 2 far out.
 *
 *     ℓ(p, y) = log cosh e = log(1 + t²/2r) where |e| < 1, else |e| − ln 2 + log(1 + r²),   r = e^(−|e|), t = r − 1
 *
 * Unit    the target's
 * Facts   0 at p = y · symmetric in e · ∂ℓ/∂p = tanh e · exact near 0, where |e| + sp(−2|e|) − ln 2 cancels
 * When    outliers, and an optimizer that uses curvature; e must be of order 1, so standardize the target
 */
export const logCosh = defineLoss({
  name: "log-cosh",
  version: 1,
  unit: "element",
  measure: "target",
  inputs,
  options: z.strictObject({}),
  perExample: (batch) => {
    const size = abs(errorOf(batch));
    const near = less(size, 1);
    const [r, t] = [exp(negate(size)), expm1(negate(size))]; // near 0 t has every digit, and so has cosh e − 1
    const beyond = log1p(select(near, divide(multiply(0.5, square(t)), select(near, r, 1)), square(r)));
    return add(select(near, 0, subtract(size, LN2)), beyond);
  },
});
