/**
 * A table as it was read: named columns of numbers, text or tensors, with a mark for each missing cell. Readers make
 * tables; `preprocess.ts` turns them into data sets. Nothing is decided here about what a cell means to a model.
 *
 * A cell of a text file is kept as a number when that loses nothing that a category needs ("1" and "1.0" are one
 * category, "007" and "7" are two). Every error about a cell says file, line and column: `placeOf`.
 */
import { TributaryError } from "../errors.ts";
import type { Shape } from "../tensor/shape.ts";
import type { ColumnData, ColumnType } from "./dataset.ts";

/** Marks per row: 1 = the cell is missing. Absent when none is. */
export type MissingMarks = Uint8Array;

export interface NumberColumn {
  readonly kind: "number";
  readonly values: Float64Array;
  readonly missing?: MissingMarks;
}

export interface TextColumn {
  readonly kind: "text";
  readonly values: readonly string[];
  readonly missing?: MissingMarks;
}

/** Rows of a fixed shape: images, vectors. Never missing. */
export interface TensorColumn {
  readonly kind: "tensor";
  readonly dtype: ColumnType;
  readonly rowShape: Shape;
  readonly values: ColumnData;
  /** The rows are vectors that go on with zeros: an svmlight file need not name its last features. */
  readonly open?: true;
}

export type TableColumn = NumberColumn | TextColumn | TensorColumn;

export interface Table {
  /** The file, or "rows" for rows given in code; used in messages. */
  readonly source: string;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, TableColumn>;
  /** The 1-based line each row begins on, for text files. */
  readonly lines?: Uint32Array;
}

/** Where a cell is, for a message: `clinic.csv:7, column "age"`, or `clinic.parquet row 7, column "age"`. */
export function placeOf(table: Table, row: number, column?: string): string {
  const line = table.lines?.[row];
  const place = line === undefined ? `${table.source} row ${row + 1}` : `${table.source}:${line}`;
  return column === undefined ? place : `${place}, column "${column}"`;
}

/** The 1-based line of a row in its text file; its 1-based number where there are no lines. */
export const lineOf = (table: Table, row: number): number => table.lines?.[row] ?? row + 1;

/** The column of that name. Throws "invalid-data" with the columns found. */
export function tableColumn(table: Table, name: string): TableColumn {
  const column = table.columns.get(name);
  if (column !== undefined) return column;
  const found = [...table.columns.keys()].join(", ");
  throw new TributaryError(
    "invalid-data",
    `${table.source}: expected a column "${name}", found ${found || "no columns"}`,
  );
}

export const isMissing = (column: TableColumn, row: number): boolean =>
  column.kind !== "tensor" && column.missing !== undefined && column.missing[row] === 1;
