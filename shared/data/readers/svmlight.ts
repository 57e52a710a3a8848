/**
 * svmlight: `label qid:7 1:0.5 9:2 # comment`, absent features are 0. → columns `label`, `qid` (when given), and
 * `features`, a vector as wide as the largest index, open to more: a file need not name its last features.
 *
 * Source: Joachims, SVM-light, and its ranking format.
 */
import type { Table, TableColumn } from "../table.ts";
import { numberColumn } from "./collect.ts";
import { invalidData, readBytes } from "./open.ts";

export interface SvmlightOptions {
  /** The index of the first feature: 1 in the format's own tools, 0 in some writers. @default 1 */
  readonly firstIndex?: 0 | 1 | undefined;
  readonly wantedBy?: string | undefined;
}

/** 4 GiB of float64. */
const maximumCells = 536_870_912;

interface Row {
  readonly line: number;
  readonly label: number;
  readonly qid: number | undefined;
  readonly cells: readonly (readonly [index: number, value: number])[];
}

/** Reads one file. A row without `qid` among rows with one is refused. */
export async function readSvmlight(path: string, options: SvmlightOptions = {}): Promise<Table> {
  const { firstIndex = 1 } = options;
  const text = new TextDecoder().decode(await readBytes(path, options.wantedBy));
  const rows = text.split("\n").flatMap((line, i) => parseRow(line, i + 1, path, firstIndex));
  if (rows.length === 0) throw invalidData(path, "is empty");
  let width = 0;
  for (const { line, cells } of rows) {
    width = Math.max(width, (cells.at(-1)?.[0] ?? -1) + 1);
    if (width * rows.length > maximumCells) {
      throw invalidData(`${path}:${line}`, `${width} features in ${rows.length} rows are too many for a dense table`);
    }
  }
  const values = new Float64Array(rows.length * width);
  rows.forEach(({ cells }, row) => {
    for (const [index, value] of cells) values[row * width + index] = value;
  });
  const columns = new Map<string, TableColumn>([
    ["label", numberColumn(Float64Array.from(rows, (row) => row.label))],
    ["features", { kind: "tensor", dtype: "float64", rowShape: [width], values, open: true }],
  ]);
  if (rows.some((row) => row.qid !== undefined)) {
    const without = rows.find((row) => row.qid === undefined);
    if (without !== undefined) throw invalidData(`${path}:${without.line}`, "expected a qid, as other rows have one");
    columns.set("qid", numberColumn(Float64Array.from(rows, (row) => row.qid!)));
  }
  return { source: path, rows: rows.length, columns, lines: Uint32Array.from(rows, (row) => row.line) };
}

function parseRow(text: string, line: number, path: string, firstIndex: number): Row[] {
  const [body] = text.split("#", 1);
  const [label, ...pairs] = body!.trim().split(/\s+/);
  if (label === undefined || label === "") return [];
  const fail = (problem: string): Error => invalidData(`${path}:${line}`, problem);
  const number = (text: string | undefined, what: string): number => {
    const value = Number(text);
    if (text === undefined || text === "" || Number.isNaN(value))
      throw fail(`expected a number as ${what}, got "${text ?? ""}"`);
    return value;
  };
  let qid: number | undefined;
  let last = -1;
  const cells = pairs.flatMap((pair): (readonly [number, number])[] => {
    const [key, value] = pair.split(":", 2);
    if (key === "qid") {
      qid = number(value, "the qid");
      return [];
    }
    const index = number(key, "an index") - firstIndex;
    if (!Number.isInteger(index) || index < 0) throw fail(`expected whole indices from ${firstIndex}, got "${pair}"`);
    if (index <= last) throw fail(`expected ascending indices, got "${pair}"`);
    last = index;
    return [[index, number(value, `feature ${key!}`)]];
  });
  return [{ line, label: number(label, "the label"), qid, cells }];
}
