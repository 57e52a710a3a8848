/** A loss of one's own with a parameter that is learned with the model: |p − y|·e^−s + s, s = log of the scale. */
import { z } from "zod";
import { abs, add, exp, multiply, negate, subtract } from "../../../shared/graph/build.ts";
import { fromData, fromModel } from "../../../shared/losses/inputs.ts";
import { defineLoss } from "../../../shared/losses/loss.ts";

export default defineLoss({
  name: "laplace",
  version: 1,
  unit: "row",
  measure: "nats",
  options: z.strictObject({ start: z.number().default(0) }),
  inputs: { prediction: fromModel("real", ["batch"]), target: fromData("real", ["batch"]) },
  parameters: ({ start }) => ({ logScale: { shape: [], initial: start } }),
  perExample: (inputs) => {
    const { prediction, target } = inputs;
    const { logScale } = inputs as unknown as { readonly logScale: typeof prediction };
    return add(multiply(abs(subtract(prediction, target)), exp(negate(logScale))), logScale);
  },
});
