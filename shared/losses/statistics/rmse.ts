/** The root of the mean squared error. */
import { z } from "zod";
import { divideSafe, equal, fill, flatten, sqrtSafe, square, subtract, sum } from "../../graph/build.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

/**
 * Root mean squared error.
 *
 *     F = √(Σ w·e²/Σ w),   e = p − y
 *
 * Shapes  predictions p and targets y [batch] or [batch, …], alike; a row's weight counts for each of its elements
 * Unit    the target's
 * Facts   ∂F/∂p = w·e/(Σ w·F), and 0 at F = 0 · the square is mse · a mean of the clients' own values would be too small
 * When    the loss should be read in the target's unit, or weighed against others in it. It has the minimum of mse.
 */
export const rmse = defineLoss({
  kind: "two-phase",
  name: "rmse",
  version: 1,
  unit: "batch",
  measure: "target",
  inputs: { prediction: fromModel("real", ["batch", "…"]), target: fromData("real", ["batch", "…"]) },
  options: z.strictObject({}),
  terms: ({ prediction, target }) => ({
    squaredErrorSum: sum(flatten(square(subtract(prediction, target))), 1),
    weightSum: sum(flatten(fill(1, prediction.shape)), 1),
  }),
  of: ({ squaredErrorSum, weightSum }) => ({
    value: sqrtSafe(divideSafe(squaredErrorSum, weightSum)),
    empty: equal(weightSum, 0),
  }),
});
