/**
 * A client's rows, from its file to training and test rows: read, encoded, checked against the losses, and divided by the client's
 * own rows, its name and the seed alone. A simulation does it for every client, a network worker for itself: the same rows.
 */
import { resolve } from "node:path";
import { numberCells, wrongCell } from "../data/cells.ts";
import { columnOf, type Dataset } from "../data/dataset.ts";
import type { DataPart } from "../data/memory.ts";
import { toDataset } from "../data/preprocess.ts";
import { readTable } from "../data/readers/reader.ts";
import { splitByTable, type SplitTable } from "../data/split-file.ts";
import { withNegatives } from "../data/negatives.ts";
import { splitBlocks, splitDataset, splitLast, type ClientRows, type Split } from "../data/split.ts";
import type { Table } from "../data/table.ts";
import type { Random } from "../random.ts";
import type { Source } from "./data.ts";
import type { Experiment } from "./schema.ts";
import { refuseTargetsOutside } from "./target-domains.ts";
import { blocksIn } from "./whole-groups.ts";

/** What an experiment says about the rows of a client. */
export type Declared = Pick<Experiment, "data" | "objectives">;

export interface ReadRows {
  readonly table: Table;
  /** Encoded, not standardized. */
  readonly dataset: Dataset;
}

/** Throws "missing-file" or "invalid-data", naming the file, what wanted it, and the row and column that is wrong. */
export async function readRows(
  declared: Declared,
  source: Source,
  { folder, wantedBy }: { readonly folder: string; readonly wantedBy: string },
): Promise<ReadRows> {
  const located =
    typeof source === "string"
      ? resolve(folder, source)
      : Object.fromEntries(Object.entries(source).map(([column, file]) => [column, resolve(folder, file)]));
  const { format, delimiter, header } = declared.data;
  const table = await readTable(located, { format, delimiter, header, wantedBy });
  const dataset = toDataset(table, { schema: declared.data });
  refuseTargetsOutside(declared, table, dataset);
  return { table, dataset };
}

export interface DivideOptions {
  readonly client: string;
  /** What a split file says of this client's lines. */
  readonly named?: SplitTable | undefined;
  /** The run's fork for data. */
  readonly random: Random;
  /** Targets whose equal values mark rows that are never parted. */
  readonly groups: readonly string[];
}

/** The client's training and test rows. */
export function divideRows(
  { dataset, table }: ReadRows,
  { split }: Experiment["data"],
  { client, named, random, groups }: DivideOptions,
): Split {
  const all = Int32Array.from({ length: dataset.rows }, (_, row) => row);
  if (named !== undefined) return splitByTable(dataset, table, named, client);
  if (split === undefined || "file" in split) return { train: all, test: new Int32Array(0) };
  if ("last" in split) return divideByLast({ dataset, table }, split, all);
  if (groups.length === 0) return splitDataset(dataset, split, random, client);
  return splitBlocks(blocksIn(dataset, all, groups), split.test, random.fork("split", client));
}

/** Of the given rows, the last of each group held out. */
export function divideByLast(
  { dataset, table }: ReadRows,
  { last, per }: { readonly last: string; readonly per?: string | undefined },
  rows: Int32Array,
): Split {
  const { values, missing } = numberCells(table, last);
  const gap = missing.indexOf(1);
  if (gap >= 0) throw wrongCell(table, gap, last, "is missing: the last row is held out by it");
  const groups = per === undefined ? undefined : columnOf(dataset, `target/${per}`).data;
  const order = Float64Array.from(dataset.origin, (origin) => values[origin]!);
  return splitLast(rows, order, (row) => groups?.[row] ?? 0);
}

/** The clients' rows over one data set with the negatives that the experiment asks for. `random` is the run's fork for data. */
export function withNegativesOf<Rows extends ClientRows>(
  { negatives, features }: Experiment["data"],
  part: DataPart,
  clients: readonly Rows[],
  random: Random,
): { readonly part: DataPart; readonly clients: readonly Rows[] } {
  if (negatives === undefined) return { part, clients };
  return withNegatives(part, clients, { ...negatives, size: features.index[negatives.feature]! }, random);
}
