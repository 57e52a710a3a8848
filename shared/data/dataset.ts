/**
 * A data set: what a model sees of a client's rows. Numbers only, one typed array per column, rows outermost.
 *
 *     file → Table (as read: text, numbers, missing marks) → Dataset (encoded, standardized) → shard → batch
 *
 * Columns are named after the program inputs they feed:
 *
 *     feature/<name>          [rows, …]   what the model sees; numbers and categories together are `feature/table`
 *     feature/<name>@<view>   [rows, …]   the same read from other columns
 *     target/<name>           [rows, …]   a real, 0 or 1, a class index or a group's number (int32)
 *     weight/<target>         [rows]      the row's weight for that target's objectives; 0 = ignored (its target is missing)
 *     weight                  [rows]      the row's weight for objectives that have no target
 *
 * Bytes stay bytes: a `uint8` column carries the `scale` and `shift` that turn it into reals (x·scale + shift) when a
 * batch is gathered. Read next: `table.ts`, `schema.ts` (what is declared), `preprocess.ts` (Table → Dataset).
 */
import { TributaryError, unknownName } from "../errors.ts";
import { sizeOf, type Shape } from "../tensor/shape.ts";

export type ColumnType = "float32" | "float64" | "uint8" | "int32";
export type ColumnData = Float32Array | Float64Array | Uint8Array | Int32Array;

export interface Column {
  readonly name: string;
  readonly dtype: ColumnType;
  /** Shape of one row: `[]` a number, `[13]` a vector of features, `[28, 28, 1]` an image, channels last. */
  readonly rowShape: Shape;
  /** rows × sizeOf(rowShape) elements. */
  readonly data: ColumnData;
  /** The value a batch sees is data·scale + shift. @default 1 and 0 */
  readonly scale?: number;
  readonly shift?: number;
}

export interface Dataset {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Column>;
  /** For each row, its 0-based row in the table it was made from: dropped rows leave gaps. */
  readonly origin: Int32Array;
}

const arrays = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array, int32: Int32Array };

/** A zero-filled array of `length` elements of `dtype`. */
export const emptyColumnData = (dtype: ColumnType, length: number): ColumnData => new arrays[dtype](length);

/** Builds a data set, checking that every column has `rows` rows. `origin` defaults to 0, 1, 2, … */
export function createDataset(rows: number, columns: Iterable<Column>, origin?: Int32Array): Dataset {
  const byName = new Map<string, Column>();
  for (const column of columns) {
    const expected = rows * sizeOf(column.rowShape);
    if (column.data.length !== expected) {
      throw new TributaryError(
        "shape-mismatch",
        `Expected ${expected} elements in column "${column.name}", ${rows} rows of [${column.rowShape.join(", ")}], got ${column.data.length}`,
      );
    }
    byName.set(column.name, column);
  }
  return { rows, columns: byName, origin: origin ?? Int32Array.from({ length: rows }, (_, i) => i) };
}

/** The column of that name. Throws "unknown-name" with the names there are. */
export function columnOf(dataset: Dataset, name: string): Column {
  const column = dataset.columns.get(name);
  if (column !== undefined) return column;
  throw unknownName("column", name, dataset.columns.keys());
}

/** The given rows, in the given order, copied. */
export function selectRows(dataset: Dataset, rows: ArrayLike<number>): Dataset {
  const columns = [...dataset.columns.values()].map((column) => {
    const width = sizeOf(column.rowShape);
    const data = emptyColumnData(column.dtype, rows.length * width);
    for (let i = 0; i < rows.length; i++) {
      const from = rows[i]! * width;
      data.set(column.data.subarray(from, from + width), i * width);
    }
    return { ...column, data };
  });
  return createDataset(
    rows.length,
    columns,
    Int32Array.from(rows, (row) => dataset.origin[row]!),
  );
}

/** The rows of several data sets of one schema, one after the other. `origin` is that of each part. */
export function concatenateDatasets(parts: readonly Dataset[]): Dataset {
  const first = parts[0];
  if (first === undefined) return createDataset(0, []);
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const columns = [...first.columns.values()].map((column) => {
    const data = emptyColumnData(column.dtype, rows * sizeOf(column.rowShape));
    let at = 0;
    for (const part of parts) {
      const piece = columnOf(part, column.name).data;
      data.set(piece, at);
      at += piece.length;
    }
    return { ...column, data };
  });
  const origin = new Int32Array(rows);
  let at = 0;
  for (const part of parts) {
    origin.set(part.origin, at);
    at += part.rows;
  }
  return createDataset(rows, columns, origin);
}
