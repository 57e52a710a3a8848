import { greater, subtract } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { alongColumns, alongRows } from "../groups.ts";
import { fromData, fromModel } from "../inputs.ts";

/** What a ranking loss is given: a score and a relevance for each row, and the group it is ranked in. */
export const scored = {
  prediction: fromModel("real", ["batch"]),
  target: fromData("relevance", ["batch"]),
  group: fromData("group", ["batch"]),
} as const;

/** [i, j] = xᵢ − xⱼ for x [batch]. */
export const gaps = (x: Node): Node => subtract(alongRows(x), alongColumns(x));

/** [i, j] 1 where row i is to stand above row j: yᵢ > yⱼ. */
export const ordered = (y: Node): Node => greater(alongRows(y), alongColumns(y));
