/** The cells of one table column as a schema reads them: numbers, categories and whole numbers, missing ones marked. */
import { TributaryError } from "../errors.ts";
import { showShape, sizeOf } from "../tensor/shape.ts";
import { canonical, type MissingSchema, type Scalar } from "./schema.ts";
import { placeOf, tableColumn, type NumberColumn, type Table, type TensorColumn, type TextColumn } from "./table.ts";

export interface Cells<Values> {
  readonly values: Values;
  /** 1 where the cell is missing: by the file, by a token, or by a value declared for this column. */
  readonly missing: Uint8Array;
}

/** "invalid-data" at a cell: `clinic.csv:7, column "age": expected a number, got "forty"`. */
export const wrongCell = (table: Table, row: number, column: string, problem: string): TributaryError =>
  new TributaryError("invalid-data", `${placeOf(table, row, column)}: ${problem}`);

/** "invalid-data" about a whole column. */
export const wrongColumn = (table: Table, column: string, problem: string): TributaryError =>
  new TributaryError("invalid-data", `${table.source}, column "${column}": ${problem}`);

/** Finite numbers; NaN where missing. Text that is no number, NaN and ∞ are refused with their place. */
export function numberCells(table: Table, name: string, declared: MissingSchema = {}): Cells<Float64Array> {
  const column = scalarColumn(table, name);
  const isMissing = missingTest(column, name, declared);
  const values = new Float64Array(table.rows);
  const missing = new Uint8Array(table.rows);
  for (let row = 0; row < table.rows; row++) {
    if (isMissing(row)) {
      values[row] = NaN;
      missing[row] = 1;
      continue;
    }
    const cell = column.values[row]!;
    const value = typeof cell === "number" ? cell : numberOf(cell);
    if (value === undefined) throw wrongCell(table, row, name, `expected a number, got ${JSON.stringify(cell)}`);
    if (!Number.isFinite(value)) {
      throw wrongCell(table, row, name, `expected a finite number, got ${cell}; if it means "missing", declare it so`);
    }
    values[row] = value;
  }
  return { values, missing };
}

/** For each row, the position of its category among `levels`, or −1: missing, or (when `unknown` is "zero") unknown. */
export function levelCells(
  table: Table,
  name: string,
  levels: readonly Scalar[],
  declared: MissingSchema = {},
  unknown: "refuse" | "zero" = "refuse",
): Cells<Int32Array> {
  const column = scalarColumn(table, name);
  const isMissing = missingTest(column, name, declared);
  const positions = new Map(levels.map((level, i) => [canonical(level), i]));
  const values = new Int32Array(table.rows).fill(-1);
  const missing = new Uint8Array(table.rows);
  for (let row = 0; row < table.rows; row++) {
    if (isMissing(row)) {
      missing[row] = 1;
      continue;
    }
    const cell = column.values[row]!;
    const position = positions.get(canonical(cell));
    if (position !== undefined) values[row] = position;
    else if (unknown === "refuse") {
      throw wrongCell(
        table,
        row,
        name,
        `expected one of ${listed([...positions.keys()])}, got ${JSON.stringify(cell)}`,
      );
    }
  }
  return { values, missing };
}

/** Whole numbers in [0, size); 0 where missing. */
export function indexCells(table: Table, name: string, size: number, declared: MissingSchema = {}): Cells<Int32Array> {
  const { values, missing } = numberCells(table, name, declared);
  const indices = Int32Array.from(values, (value, row) => {
    if (missing[row] === 1) return 0;
    if (Number.isInteger(value) && value >= 0 && value < size) return value;
    throw wrongCell(table, row, name, `expected a whole number in 0 … ${size - 1}, got ${value}`);
  });
  return { values: indices, missing };
}

/** Texts; a number or a boolean by how it is written. "" where missing. */
export function textCells(table: Table, name: string, declared: MissingSchema = {}): Cells<readonly string[]> {
  const column = scalarColumn(table, name);
  const isMissing = missingTest(column, name, declared);
  const missing = Uint8Array.from({ length: table.rows }, (_, row) => (isMissing(row) ? 1 : 0));
  return { values: Array.from(missing, (mark, row) => (mark === 1 ? "" : String(column.values[row]!))), missing };
}

/**
 * The number of each row's group: a whole number in [0, 2³¹) stands for itself, any other value has a hash of its text, so that
 * equal values are equal numbers in every file. −1 where missing. Throws "invalid-data" when two values share a number.
 */
export function groupCells(table: Table, name: string, declared: MissingSchema = {}): Cells<Int32Array> {
  const column = scalarColumn(table, name);
  const isMissing = missingTest(column, name, declared);
  const values = new Int32Array(table.rows).fill(-1);
  const missing = new Uint8Array(table.rows);
  const known = new Map<number, string>();
  for (let row = 0; row < table.rows; row++) {
    if (isMissing(row)) {
      missing[row] = 1;
      continue;
    }
    const text = canonical(column.values[row]!);
    const number = groupNumber(text);
    const before = known.get(number);
    if (before !== undefined && before !== text) {
      throw wrongCell(
        table,
        row,
        name,
        `the groups "${before}" and "${text}" have one hash: number the groups instead`,
      );
    }
    known.set(number, text);
    values[row] = number;
  }
  return { values, missing };
}

/** FNV-1a over the text's code units, 31 bits; the number itself for a whole number that fits. */
function groupNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number < 0x80000000) return number;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) & 0x7fffffff;
}

/** The tensor column of that name, whose rows hold `size` finite numbers each (an open column: at most `size`). */
export function tensorCells(table: Table, name: string, size: number, expected: string): TensorColumn {
  const column = tableColumn(table, name);
  if (column.kind !== "tensor") throw wrongColumn(table, name, `expected ${expected} a row, got a ${column.kind}`);
  const found = sizeOf(column.rowShape);
  if (column.open === true ? found > size : found !== size) {
    throw wrongColumn(table, name, `expected ${expected} a row, got ${showShape(column.rowShape)}`);
  }
  const wrong = column.dtype.startsWith("float") ? column.values.findIndex((value) => !Number.isFinite(value)) : -1;
  if (wrong < 0) return column;
  const problem = `expected finite numbers, got ${column.values[wrong]!} at ${wrong % found}`;
  throw wrongCell(table, Math.floor(wrong / found), name, problem);
}

const listed = (names: readonly string[]): string =>
  names.length <= 12 ? names.join(", ") : `${names.slice(0, 12).join(", ")}, … (${names.length} in all)`;

/** The text of a cell as a category, e.g. for a client named by a column. */
export function categoryCells(table: Table, name: string): string[] {
  const column = scalarColumn(table, name);
  return Array.from({ length: table.rows }, (_, row) => {
    if (column.missing?.[row] === 1) throw wrongCell(table, row, name, "expected a category, the cell is empty");
    return canonical(column.values[row]!);
  });
}

function scalarColumn(table: Table, name: string): NumberColumn | TextColumn {
  const column = tableColumn(table, name);
  if (column.kind !== "tensor") return column;
  throw wrongColumn(table, name, `expected a number or text a row, got ${showShape(column.rowShape)}`);
}

/** Decimal numbers in any spelling, leading zeros and "NaN", "inf" too. */
function numberOf(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed);
  if (/^[+-]?nan$/i.test(trimmed)) return NaN;
  return /^[+-]?inf(inity)?$/i.test(trimmed) ? (trimmed.startsWith("-") ? -Infinity : Infinity) : undefined;
}

function missingTest(
  column: NumberColumn | TextColumn,
  name: string,
  declared: MissingSchema,
): (row: number) => boolean {
  const marks = column.missing;
  const meant = new Set([...(declared.token ?? []), ...(declared.columns?.[name] ?? [])].map(canonical));
  const marked = (row: number): boolean => marks?.[row] === 1;
  if (meant.size === 0) return marked;
  if (column.kind === "text") return (row) => marked(row) || meant.has(canonical(column.values[row]!));
  // Numbers are compared as numbers: a set of texts would cost a conversion for each cell.
  const numbers = new Set([...meant].map(Number));
  const nan = meant.has("NaN");
  return (row) => marked(row) || (Number.isNaN(column.values[row]!) ? nan : numbers.has(column.values[row]!));
}
