/** The features of a table: `feature/table` (numbers, then categories as 0/1, a vector, hashed words), `feature/image`, indices. */
import { sizeOf } from "../tensor/shape.ts";
import { indexCells, levelCells, numberCells, tensorCells, textCells, wrongCell } from "./cells.ts";
import type { Column } from "./dataset.ts";
import { hashWords, logLength } from "./hashed-words.ts";
import { tableColumns, type DataSchema, type FeatureSchema, type ImageSchema, type View } from "./schema.ts";
import { tableColumn, type Table } from "./table.ts";

export interface EncodedFeatures {
  readonly columns: readonly Column[];
  /** 1 for each row that the missing policy leaves out. */
  readonly dropped: Uint8Array;
}

/** Heeds the missing marks of a column: refuses the first, or drops their rows, as the policy says. */
type Heed = (missing: Uint8Array, column: string) => void;

/**
 * Encodes the features of every row, and of every view of it. A missing number is NaN under the policy "mean", to be filled by
 * `standardize`.
 */
export function encodeFeatures(table: Table, schema: DataSchema): EncodedFeatures {
  const own = encodeOnce(table, schema);
  const views = Object.entries(schema.views ?? {}).map(([name, view]) => {
    const seen = encodeOnce(table, { ...schema, features: throughView(schema.features, view) });
    const columns = seen.columns.map((column, i) => ({ ...column, name: inView(own.columns[i]!.name, name) }));
    return { columns, dropped: seen.dropped };
  });
  const dropped = own.dropped.map((mark, row) => (views.some((view) => view.dropped[row] === 1) ? 1 : mark));
  return { columns: [...own.columns, ...views.flatMap(({ columns }) => columns)], dropped };
}

/** The name of a feature's column in a view. */
export const inView = (name: string, view: string | undefined): string =>
  view === undefined ? name : `${name}@${view}`;

/** The features with the columns of a view in place of their own. */
export function throughView(features: FeatureSchema, view: View): FeatureSchema {
  const column = (name: string): string => view[name] ?? name;
  const renamed = <Value>(map: Readonly<Record<string, Value>> = {}): Record<string, Value> =>
    Object.fromEntries(Object.entries(map).map(([name, value]) => [column(name), value]));
  const { numeric = [], vector, image } = features;
  return {
    ...features,
    numeric: numeric.map(column),
    categorical: renamed(features.categorical),
    index: renamed(features.index),
    text: renamed(features.text),
    ...(vector && { vector: { ...vector, column: column(vector.column) } }),
    ...(image && { image: { ...image, column: column(image.column) } }),
  };
}

function encodeOnce(table: Table, schema: DataSchema): EncodedFeatures {
  const { image, index = {} } = schema.features;
  const policy = schema.missing?.features ?? "refuse";
  const dropped = new Uint8Array(table.rows);
  const heed: Heed = (missing, column) => {
    for (let row = missing.indexOf(1); row >= 0; row = missing.indexOf(1, row + 1)) {
      if (policy === "refuse") {
        throw wrongCell(table, row, column, "is missing: choose a policy in missing.features, or fill it");
      }
      if (policy === "drop-row") dropped[row] = 1;
    }
  };
  const columns: Column[] = [];
  if (tableColumns(schema).length > 0) columns.push(tableFeature(table, schema, heed));
  if (image !== undefined) columns.push(imageFeature(table, image));
  for (const [name, size] of Object.entries(index)) columns.push(indexFeature(table, name, size, schema, heed));
  return { columns, dropped };
}

/** Numbers, 0/1 columns, the vector and the words of texts side by side, [rows, width], in the order of `tableColumns`. */
function tableFeature(table: Table, schema: DataSchema, heed: Heed): Column {
  const { numeric = [], categorical = {}, encoding, unknown, vector, text = {} } = schema.features;
  const { rows } = table;
  const width = tableColumns(schema).length;
  const data = new Float64Array(rows * width);
  const zeros = schema.missing?.features === "zero";
  let at = 0;
  for (const name of numeric) {
    const { values, missing } = numberCells(table, name, schema.missing);
    heed(missing, name);
    for (let row = 0; row < rows; row++) data[row * width + at] = zeros && missing[row] === 1 ? 0 : values[row]!;
    at += 1;
  }
  const base = encoding === "drop-first" ? 1 : 0;
  for (const [name, levels] of Object.entries(categorical)) {
    const { values, missing } = levelCells(table, name, levels, schema.missing, unknown);
    heed(missing, name);
    for (let row = 0; row < rows; row++) {
      const level = values[row]! - base;
      if (level >= 0) data[row * width + at + level] = 1;
    }
    at += levels.length - base;
  }
  if (vector !== undefined) {
    const { size, scale = 1 } = vector;
    const column = tensorCells(table, vector.column, size, `a vector of ${size} numbers`);
    const found = sizeOf(column.rowShape); // of an open column maybe less: the rest stays 0
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < found; i++) data[row * width + at + i] = column.values[row * found + i]! * scale;
    }
  }
  at += vector?.size ?? 0;
  for (const [name, { buckets, length = false }] of Object.entries(text)) {
    const { values, missing } = textCells(table, name, schema.missing);
    heed(missing, name);
    for (let row = 0; row < rows; row++) {
      const from = row * width + at; // a missing text is all zeros
      if (missing[row] === 1) continue;
      hashWords(values[row]!, data.subarray(from, from + buckets));
      if (length) data[from + buckets] = logLength(values[row]!);
    }
    at += buckets + (length ? 1 : 0);
  }
  return { name: "feature/table", dtype: "float64", rowShape: [width], data };
}

function imageFeature(table: Table, { column, shape, scale = 1 }: ImageSchema): Column {
  const { dtype, values } = tensorCells(table, column, sizeOf(shape), `an image of ${shape.join(" × ")}`);
  return { name: "feature/image", dtype, rowShape: shape, data: values, scale };
}

/** One whole number a row, or a tensor of them (the words of a text, the items of a basket). */
function indexFeature(table: Table, name: string, size: number, schema: DataSchema, heed: Heed): Column {
  const column = tableColumn(table, name);
  if (column.kind !== "tensor") {
    const { values, missing } = indexCells(table, name, size, schema.missing);
    heed(missing, name);
    return { name: `feature/${name}`, dtype: "int32", rowShape: [], data: values };
  }
  const width = sizeOf(column.rowShape);
  const data = Int32Array.from(column.values, (value, i) => {
    if (Number.isInteger(value) && value >= 0 && value < size) return value;
    throw wrongCell(table, Math.floor(i / width), name, `expected whole numbers in 0 … ${size - 1}, got ${value}`);
  });
  return { name: `feature/${name}`, dtype: "int32", rowShape: column.rowShape, data };
}
