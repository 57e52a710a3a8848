/** Training and test rows as a file names them: a table with the columns client, line (from 1, in the client's file), part. */
import { TributaryError } from "../errors.ts";
import { categoryCells, numberCells } from "./cells.ts";
import type { Dataset } from "./dataset.ts";
import { readTable } from "./readers/reader.ts";
import type { Split } from "./split.ts";
import { lineOf, placeOf, type Table } from "./table.ts";

export type Part = "train" | "test";
/** client → line (1-based) → part. */
export type SplitTable = ReadonlyMap<string, ReadonlyMap<number, Part>>;

/** Reads a table with the columns client, line and part. */
export async function readSplit(path: string, wantedBy?: string): Promise<SplitTable> {
  const table = await readTable(path, { wantedBy });
  const clients = categoryCells(table, "client");
  const lines = numberCells(table, "line").values;
  const parts = categoryCells(table, "part");
  const split = new Map<string, Map<number, Part>>();
  for (let row = 0; row < table.rows; row++) {
    const part = parts[row]!;
    if (part !== "train" && part !== "test") {
      throw new TributaryError("invalid-data", `${placeOf(table, row, "part")}: expected train or test, got "${part}"`);
    }
    const own = split.get(clients[row]!) ?? new Map<number, Part>();
    if (own.has(lines[row]!))
      throw new TributaryError(
        "invalid-data",
        `${placeOf(table, row)}: the line ${lines[row]!} of ${clients[row]!} comes twice`,
      );
    split.set(clients[row]!, own.set(lines[row]!, part));
  }
  return split;
}

/** The rows a split table names for this client. Lines it leaves out belong to neither part; dropped rows to none. */
export function splitByTable(dataset: Dataset, table: Table, split: SplitTable, client: string): Split {
  const parts = split.get(client);
  if (parts === undefined) {
    throw new TributaryError(
      "invalid-data",
      `The split file has no rows for "${client}": it names ${[...split.keys()].join(", ")}`,
    );
  }
  const known = new Set(Array.from({ length: table.rows }, (_, row) => lineOf(table, row)));
  const beyond = [...parts.keys()].find((line) => !known.has(line));
  if (beyond !== undefined)
    throw new TributaryError(
      "invalid-data",
      `The split file names line ${beyond} of "${client}", but ${table.source} has no row there`,
    );
  const rows = Int32Array.from({ length: dataset.rows }, (_, row) => row);
  const partOf = (row: number): Part | undefined => parts.get(lineOf(table, dataset.origin[row]!));
  return { train: rows.filter((row) => partOf(row) === "train"), test: rows.filter((row) => partOf(row) === "test") };
}
