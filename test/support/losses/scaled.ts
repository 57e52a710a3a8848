/** A loss of one's own whose one parameter is a factor: φ·½(p − y)², tuned by validation. */
import { z } from "zod";
import { multiply, square, subtract } from "../../../shared/graph/build.ts";
import { fromData, fromModel } from "../../../shared/losses/inputs.ts";
import { defineLoss } from "../../../shared/losses/loss.ts";

export default defineLoss({
  name: "scaled",
  version: 1,
  unit: "row",
  measure: "target²",
  options: z.strictObject({ factor: z.number().default(1) }),
  inputs: { prediction: fromModel("real", ["batch"]), target: fromData("real", ["batch"]) },
  parameters: ({ factor }) => ({ factor: { shape: [], initial: factor } }),
  learnedBy: "validation",
  perExample: (inputs) =>
    multiply(multiply(0.5, inputs["factor"]!), square(subtract(inputs.prediction, inputs.target))),
});
