/**
 * Whether the numbers of a table are what the losses on them take: a Gamma target above 0, a count that is whole. Looked at
 * when the table is read, so that a wrong cell is named rather than met again as NaN, rounds later.
 */
import { columnOf, type Dataset } from "../data/dataset.ts";
import { targetColumns } from "../data/schema.ts";
import { placeOf, type Table } from "../data/table.ts";
import { TributaryError } from "../errors.ts";
import { firstOutside } from "../losses/domain.ts";
import { dtypeOf, formsOf } from "../losses/inputs.ts";
import { targetFacts } from "./data.ts";
import { lossOf } from "./goals.ts";
import { boundInputs } from "./objectives.ts";
import type { Experiment } from "./schema.ts";

/**
 * Throws "invalid-data" with the first misfit of each input of each objective: file, row, column, what was expected, what is
 * there. Rows that weigh nothing may hold anything; a target is seen as the model sees it, after its `transform`.
 */
export function refuseTargetsOutside(
  experiment: Pick<Experiment, "data" | "objectives">,
  table: Table,
  dataset: Dataset,
): void {
  const problems = Object.entries(experiment.objectives).flatMap(([objective, config]) => {
    const loss = lossOf(config.loss);
    if (loss === undefined) return []; // a module's: its author knows
    return Object.entries(boundInputs(config)).flatMap(([input, target]) => {
      const schema = typeof target === "string" ? experiment.data.targets[target] : undefined;
      if (schema === undefined || targetFacts(schema).kind !== "number") return [];
      const forms = formsOf(loss.inputs[input] ?? []).filter((form) => dtypeOf(form) === "real");
      const { data, rowShape } = columnOf(dataset, `target/${target as string}`);
      const weights = columnOf(dataset, `weight/${target as string}`).data;
      const width = rowShape.reduce((a, b) => a * b, 1);
      const misfits = forms.map(({ holds }) => firstOutside(holds, data, (i) => weights[Math.floor(i / width)] !== 0));
      if (misfits.length === 0 || misfits.includes(undefined)) return []; // one of its forms takes them all
      const { at, expected } = misfits[0]!;
      const row = Math.floor(at / width);
      const column = targetColumns(schema)[schema.columns === undefined ? 0 : at % width]!;
      const place = placeOf(table, dataset.origin[row]!, column);
      return [`${place}: ${loss.name} (objectives.${objective}) takes ${expected}, got ${data[at]!}`];
    });
  });
  if (problems.length > 0) throw new TributaryError("invalid-data", problems.join("\n"));
}
