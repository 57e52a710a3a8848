/**
 * Reading data files: one function, `readTable`, whatever the format; the ending of the name decides when none is given.
 *
 *     await readTable("clinic.csv")                                        header in the file
 *     await readTable("processed.va.data", { header: ["age", "sex", …] })   named columns
 *     await readTable({ image: "train-images-idx3-ubyte.gz", label: "train-labels-idx1-ubyte.gz" })
 *
 * | format   | endings                    | columns                                                             |
 * |----------|----------------------------|---------------------------------------------------------------------|
 * | csv, tsv | .csv .data .tsv            | the header's                                                        |
 * | ndjson   | .ndjson .jsonl             | the objects' keys                                                   |
 * | parquet  | .parquet                   | the file's                                                          |
 * | npz      | .npz                       | the arrays' names                                                   |
 * | npy, idx | .npy, -ubyte .idx          | `values`; a map of column → file names them and joins several files |
 * | svmlight | .svm .svmlight .libsvm     | `label`, `qid`, `features`                                          |
 *
 * Each also with `.gz`. Everything a file gets wrong is "invalid-data" and begins with the file and the line or row.
 */
import { TributaryError } from "../../errors.ts";
import { decodeNpy, decodeNpz } from "../../tensor/npy.ts";
import type { Table, TableColumn } from "../table.ts";
import { readCsv, type CsvOptions } from "./csv.ts";
import type { Format } from "./formats.ts";
import { decodeIdx } from "./idx.ts";
import { readNdjson } from "./ndjson.ts";
import { invalidData, readBytes } from "./open.ts";
import type { ParquetOptions } from "./parquet.ts";
import { readSvmlight, type SvmlightOptions } from "./svmlight.ts";
import { columnOfArray } from "./values.ts";

export interface ReadOptions extends CsvOptions, ParquetOptions, SvmlightOptions {
  readonly format?: Format | undefined;
  /** Said in messages: what needs the file, e.g. "client cleveland". */
  readonly wantedBy?: string | undefined;
}

type Reader = (path: string, options: ReadOptions) => Promise<Table>;

const readers: Readonly<Record<Format, Reader>> = {
  csv: readCsv,
  tsv: (path, options) => readCsv(path, { ...options, delimiter: options.delimiter ?? "\t" }),
  ndjson: readNdjson,
  parquet: async (path, options) => (await import("./parquet.ts")).readParquet(path, options), // large, and few need it
  svmlight: readSvmlight,
  npy: async (path, { wantedBy }) =>
    tableOfArrays(path, new Map([["values", decodeNpy(await readBytes(path, wantedBy), path)]])),
  idx: async (path, { wantedBy }) =>
    tableOfArrays(path, new Map([["values", decodeIdx(await readBytes(path, wantedBy), path)]])),
  npz: async (path, { wantedBy }) => tableOfArrays(path, decodeNpz(await readBytes(path, wantedBy), path)),
};

const endings: Readonly<Record<string, Format>> = {
  ".csv": "csv",
  ".data": "csv",
  ".tsv": "tsv",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".parquet": "parquet",
  ".npy": "npy",
  ".npz": "npz",
  ".idx": "idx",
  "-ubyte": "idx",
  ".svm": "svmlight",
  ".svmlight": "svmlight",
  ".libsvm": "svmlight",
};

/** The format a file's name tells. Throws "invalid-option" when it tells none. */
export function formatOf(path: string): Format {
  const plain = path.replace(/\.gz$/, "");
  const ending = Object.keys(endings).find((end) => plain.endsWith(end));
  if (ending !== undefined) return endings[ending]!;
  throw new TributaryError(
    "invalid-option",
    `Cannot tell the format of ${path} from its name: say with --format (in an experiment, data.format) which of ${Object.keys(readers).join(", ")} it is`,
  );
}

/** Reads a client's rows: one file, or a map of column → file, whose rows are joined side by side. */
export async function readTable(
  source: string | Readonly<Record<string, string>>,
  options: ReadOptions = {},
): Promise<Table> {
  if (typeof source === "string") return readers[options.format ?? formatOf(source)](source, options);
  const parts = await Promise.all(
    Object.entries(source).map(async ([name, path]) => {
      const table = await readTable(path, options);
      if (table.columns.size === 1) return { name, path, rows: table.rows, column: [...table.columns.values()][0]! };
      throw invalidData(path, `expected one column for "${name}", found ${[...table.columns.keys()].join(", ")}`);
    }),
  );
  const first = parts[0];
  if (first === undefined)
    throw new TributaryError("invalid-option", "Expected at least one column and its file, got an empty map");
  const uneven = parts.find((part) => part.rows !== first.rows);
  if (uneven !== undefined)
    throw invalidData(uneven.path, `expected ${first.rows} rows, as in ${first.path}, got ${uneven.rows}`);
  return { source: first.path, rows: first.rows, columns: new Map(parts.map(({ name, column }) => [name, column])) };
}

function tableOfArrays(path: string, arrays: ReadonlyMap<string, ReturnType<typeof decodeNpy>>): Table {
  const columns = new Map<string, TableColumn>();
  let rows: number | undefined;
  for (const [name, array] of arrays) {
    columns.set(name, columnOfArray(array, arrays.size === 1 ? path : `${path}[${name}]`));
    rows ??= array.shape[0]!;
    if (array.shape[0] !== rows)
      throw invalidData(`${path}[${name}]`, `expected ${rows} rows, as in the other arrays, got ${array.shape[0]!}`);
  }
  if (rows === undefined) throw invalidData(path, "holds no arrays");
  return { source: path, rows, columns };
}
