/** Losses on real targets. Shapes: prediction and target [batch] or [batch, …], alike; each element is a unit. e = p − y. */
import { z } from "zod";
import { abs, lessEqual, multiply, select, square, subtract } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

const inputs = { prediction: fromModel("real", ["batch", "…"]), target: fromData("real", ["batch", "…"]) };

/** e = p − y. */
const errorOf = ({ prediction, target }: { readonly prediction: Node; readonly target: Node }): Node =>
  subtract(prediction, target);

/**
 * Squared error.
 *
 *     ℓ(p, y) = e²        half: e²/2
 *
 * Unit    the target's, squared
 * Facts   0 at p = y · symmetric in e · half ≡ ½ · ℓ · ∂ℓ/∂p = 2e (half: e)
 * Option  half: the ½ of textbooks, which turns the slope 2e into e. @default false
 */
export const mse = defineLoss({
  name: "mse",
  version: 1,
  unit: "element",
  measure: "target²",
  inputs,
  options: z.strictObject({ half: z.boolean().default(false) }),
  perExample: (batch, { half }) => {
    const squared = square(errorOf(batch));
    return half ? multiply(0.5, squared) : squared;
  },
});

/**
 * Absolute error.
 *
 *     ℓ(p, y) = |e|
 *
 * Unit    the target's
 * Facts   0 at p = y · symmetric in e · ∂ℓ/∂p = sign e, and 0 at e = 0
 */
export const mae = defineLoss({
  name: "mae",
  version: 1,
  unit: "element",
  measure: "target",
  inputs,
  options: z.strictObject({}),
  perExample: (batch) => abs(errorOf(batch)),
});

/**
 * Huber's loss: squared near 0, absolute far out.
 *
 *     ℓ(p, y) = e²/2 where |e| ≤ δ, else δ(|e| − δ/2)
 *
 * Unit    the target's, squared
 * Facts   δ → ∞ is mse with half · ∂ℓ/∂p = clamp(e, −δ, δ), continuous at the seam
 * Option  delta > 0, in units of the target: where the parabola ends. @default 1
 * Source  Huber (1964)
 */
export const huber = defineLoss({
  name: "huber",
  version: 1,
  unit: "element",
  measure: "target²",
  inputs,
  options: z.strictObject({ delta: z.number().positive().default(1) }),
  perExample: (batch, { delta }) => {
    const e = errorOf(batch);
    const size = abs(e);
    const inside = multiply(0.5, square(e));
    const outside = multiply(delta, subtract(size, delta / 2));
    return select(lessEqual(size, delta), inside, outside);
  },
});

/** The losses on real targets, by name. */
export const regressionLosses = { mse, mae, huber } as const;
