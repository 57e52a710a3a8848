/** Matthews' correlation of a soft confusion matrix. */
import { z } from "zod";
import { add, equal, divideSafe, flatten, multiply, sigmoid, sqrtSafe, subtract, sum } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

/**
 * Matthews loss: 1 − the correlation of two binary maps.
 *
 *     F = 1 − (TP·TN − FP·FN)/√((TP+FP)(TP+FN)(TN+FP)(TN+FN)),   TP = Σ w·p·y, FP = Σ w·p(1−y), FN = Σ w(1−p)y, TN = Σ w(1−p)(1−y)
 *
 * Shapes  probabilities p and targets y in {0, 1}, [batch] or [batch, …]
 * Unit    1 − a correlation, in [0, 2]
 * Facts   p = y → 0 · p = 1 − y → 2 · counts true negatives, as Dice does not · only one class there → empty
 * Option  activation: sigmoid, where the model gives logits. @default none
 * When    both classes matter and are of unequal size.
 * Source  Matthews (1975); Abhishek & Hamarneh (2021)
 */
export const mcc = defineLoss({
  kind: "two-phase",
  name: "mcc",
  version: 1,
  unit: "batch",
  measure: "1 − correlation",
  inputs: { prediction: fromModel("probability", ["batch", "…"]), target: fromData("binary", ["batch", "…"]) },
  inputsFor: ({ activation }) => (activation === "none" ? {} : { prediction: fromModel("real", ["batch", "…"]) }),
  options: z.strictObject({ activation: z.enum(["none", "sigmoid"]).default("none") }),
  terms: ({ prediction, target: y }, { activation }) => {
    const p = activation === "none" ? prediction : sigmoid(prediction);
    const overRow = (x: Node): Node => sum(flatten(x), 1);
    const [notP, notY] = [subtract(1, p), subtract(1, y)];
    return {
      tp: overRow(multiply(p, y)),
      fp: overRow(multiply(p, notY)),
      fn: overRow(multiply(notP, y)),
      tn: overRow(multiply(notP, notY)),
    };
  },
  of: ({ tp, fp, fn, tn }) => {
    const covariance = subtract(multiply(tp, tn), multiply(fp, fn));
    // √ before the product: four counts multiplied leave float32
    const sizes = [add(tp, fp), add(tp, fn), add(tn, fp), add(tn, fn)].map(sqrtSafe).reduce(multiply);
    return { value: subtract(1, divideSafe(covariance, sizes)), empty: equal(sizes, 0) };
  },
});
