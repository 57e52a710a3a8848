/** Experiments whose clients have tables that are written down column by column. */
import { writeFileSync } from "node:fs";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { scene } from "./scene.ts";

export type ColumnTable = Readonly<Record<string, readonly (number | string)[]>>;

/** An experiment whose clients have these columns. */
export function over(
  clients: Readonly<Record<string, ColumnTable>>,
  sections: Readonly<Record<string, string>>,
): Experiment {
  const empty = Object.fromEntries(Object.keys(clients).map((client) => [client, []]));
  const experiment = scene(empty, sections);
  const files = experiment.simulation!.clients as Record<string, string>;
  for (const [client, table] of Object.entries(clients)) writeFileSync(files[client]!, csvOf(table));
  return experiment;
}

export function csvOf(table: ColumnTable): string {
  const names = Object.keys(table);
  const rows = table[names[0]!]!.map((_, row) => names.map((name) => table[name]![row]).join(","));
  return [names.join(","), ...rows].join("\n");
}

/** The rows of a table whose number fits. */
export const rowsOf = (table: ColumnTable, fits: (row: number) => boolean): ColumnTable =>
  Object.fromEntries(Object.entries(table).map(([name, column]) => [name, column.filter((_, row) => fits(row))]));
