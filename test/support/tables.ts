import { tableOfRows } from "../../shared/data/readers/values.ts";
import type { Table } from "../../shared/data/table.ts";

/** A table of a text file's cells, for tests: columns by name, lines counted from 2, below a header. */
export function tableOf(columns: Readonly<Record<string, readonly unknown[]>>): Table {
  const names = Object.keys(columns);
  const rows = Array.from(columns[names[0]!]!, (_, row) =>
    Object.fromEntries(names.map((name) => [name, columns[name]![row]])),
  );
  return { ...tableOfRows(rows, "clinic.csv"), lines: Uint32Array.from(rows, (_, row) => row + 2) };
}
