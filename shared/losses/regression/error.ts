/** What losses of the error e = p − y have in common: their inputs, and e itself. */
import { subtract } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";

export const inputs = { prediction: fromModel("real", ["batch", "…"]), target: fromData("real", ["batch", "…"]) };

interface Batch {
  readonly prediction: Node;
  readonly target: Node;
}

/** e = p − y. */
export const errorOf = ({ prediction, target }: Batch): Node => subtract(prediction, target);
