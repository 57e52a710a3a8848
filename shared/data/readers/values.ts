/** Columns from values of a typed source: objects in code, NDJSON, Parquet, arrays. */
import type { NpyArray } from "../../tensor/npy.ts";
import { sizeOf, type Shape } from "../../tensor/shape.ts";
import { emptyColumnData, type ColumnData, type ColumnType } from "../dataset.ts";
import { canonical } from "../schema.ts";
import type { Table, TableColumn } from "../table.ts";
import { numberColumn, textColumn } from "./collect.ts";
import { invalidData } from "./open.ts";

/**
 * One column from its cells. Numbers (and safe bigints) are numbers, booleans and dates are text, null and undefined are
 * missing, (nested) lists of numbers are tensors of one shape; numbers among text are text. `place` says where row i is.
 */
export function columnOfValues(cells: readonly unknown[], place: (row: number) => string): TableColumn {
  const present = cells.find((cell) => cell !== null && cell !== undefined);
  if (isList(present)) return tensorOfLists(cells, place);
  const missing = cells.some((cell) => cell === null || cell === undefined)
    ? Uint8Array.from(cells, (cell) => (cell === null || cell === undefined ? 1 : 0))
    : undefined;
  const scalars = cells.map((cell, row) => scalarOf(cell, () => place(row)));
  return scalars.some((cell) => typeof cell === "string")
    ? textColumn(
        scalars.map((cell) => (cell === undefined ? "" : canonical(cell))),
        missing,
      )
    : numberColumn(
        Float64Array.from(scalars, (cell) => (typeof cell === "number" ? cell : NaN)),
        missing,
      );
}

/** A table of objects, as `predict(rows)` takes them: a column for every key of any row. */
export function tableOfRows(rows: readonly Readonly<Record<string, unknown>>[], source = "rows"): Table {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  const columns = new Map(
    [...names].map((name) => {
      const cells = rows.map((row) => row[name]);
      return [name, columnOfValues(cells, (row) => `${source} row ${row + 1}, column "${name}"`)] as const;
    }),
  );
  return { source, rows: rows.length, columns };
}

/** One column from an array whose first axis is the rows: a number per row, or a tensor. */
export function columnOfArray({ shape, data }: NpyArray, place: string): TableColumn {
  if (shape.length === 0) throw invalidData(place, "is a single number, expected an array of rows");
  const rowShape = shape.slice(1);
  if (rowShape.length === 0)
    return numberColumn(
      Float64Array.from(data as ArrayLike<number | bigint>, (value, row) =>
        safe(value, () => `${place} row ${row + 1}`),
      ),
    );
  if (data instanceof Uint8Array) return { kind: "tensor", dtype: "uint8", rowShape, values: data };
  if (data instanceof Float32Array) return { kind: "tensor", dtype: "float32", rowShape, values: data };
  if (data instanceof Float64Array) return { kind: "tensor", dtype: "float64", rowShape, values: data };
  const dtype: ColumnType =
    data instanceof Uint32Array || data instanceof BigInt64Array || data instanceof BigUint64Array
      ? "float64"
      : "int32";
  const values = emptyColumnData(dtype, data.length);
  for (let i = 0; i < data.length; i++) values[i] = safe(data[i]!, () => `${place} element ${i + 1}`);
  return { kind: "tensor", dtype, rowShape, values };
}

function scalarOf(cell: unknown, place: () => string): string | number | undefined {
  if (cell === null || cell === undefined) return undefined;
  if (typeof cell === "string" || typeof cell === "number") return cell;
  if (typeof cell === "bigint") return safe(cell, place);
  if (typeof cell === "boolean") return String(cell);
  if (cell instanceof Date) return cell.toISOString();
  throw invalidData(place(), `expected a number, a text or a list of numbers, got ${show(cell)}`);
}

function safe(value: number | bigint, place: () => string): number {
  const number = Number(value);
  if (typeof value === "bigint" && BigInt(number) !== value) {
    throw invalidData(place(), `the integer ${value} does not fit a float64 without loss`);
  }
  return number;
}

const isList = (cell: unknown): cell is ArrayLike<unknown> =>
  Array.isArray(cell) || (ArrayBuffer.isView(cell) && !(cell instanceof DataView));

function shapeOfList(cell: unknown): Shape {
  return isList(cell) ? [cell.length, ...(cell.length === 0 ? [] : shapeOfList(cell[0]))] : [];
}

function tensorOfLists(cells: readonly unknown[], place: (row: number) => string): TableColumn {
  const rowShape = shapeOfList(cells.find(isList));
  const width = sizeOf(rowShape);
  const values: ColumnData = new Float64Array(cells.length * width);
  cells.forEach((cell, row) => {
    const end = fill(values, row * width, cell, rowShape, 0, () => place(row));
    if (end !== (row + 1) * width)
      throw invalidData(place(row), `expected a list of the shape [${rowShape.join(", ")}]`);
  });
  return { kind: "tensor", dtype: "float64", rowShape, values };
}

function fill(
  values: Float64Array,
  at: number,
  cell: unknown,
  shape: Shape,
  axis: number,
  place: () => string,
): number {
  if (axis === shape.length) {
    if (typeof cell !== "number" && typeof cell !== "bigint") {
      throw invalidData(place(), `expected a list of numbers, got ${show(cell)} in it`);
    }
    values[at] = safe(cell, place);
    return at + 1;
  }
  if (!isList(cell) || cell.length !== shape[axis]) {
    throw invalidData(
      place(),
      `expected a list of the shape [${shape.join(", ")}]${isList(cell) ? `, got ${cell.length} at axis ${axis}` : ""}`,
    );
  }
  for (let i = 0; i < cell.length; i++) at = fill(values, at, cell[i], shape, axis + 1, place);
  return at;
}

function show(cell: unknown): string {
  return typeof cell === "object" || typeof cell === "string" ? JSON.stringify(cell) : typeof cell;
}
