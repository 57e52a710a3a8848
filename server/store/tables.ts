/**
 * The journal's tables. Every row carries a CRC-32 over its table's name and all its other columns, so that a flipped bit is
 * found when the row is read, whatever SQLite makes of it. Rows are written and read through this file only.
 */
import { crc32 } from "node:zlib";
import { TributaryError } from "../../shared/errors.ts";
import type { Sqlite, SqlValue } from "./sqlite.ts";

/** Columns in the order of the checksum; `seq` numbers rows in the order in which they were written. */
export const tables = {
  /** One for each daemon that had this directory: the highest may write. */
  epochs: ["epoch", "started_at", "host", "pid"],
  runs: ["id", "experiment", "source", "submitted_by", "submitted_at", "status", "explanation"],
  notes: ["run", "name", "value"],
  transitions: ["seq", "run", "round", "attempt", "type", "body"],
  receipts: ["seq", "run", "round", "attempt", "exchange", "pass", "client", "bytes", "sha256", "head", "at"],
  /** What receipts, commits and runs hold: in `inline`, or in the file of that name. `chunks` are the CRC-32 of its 64 KiB pieces. */
  contents: ["sha256", "run", "kind", "round", "bytes", "chunks", "inline"],
  commits: ["run", "round", "attempt", "participants", "checkpoint", "at"],
  events: ["seq", "run", "round", "body", "at"],
  charges: ["run", "round", "entry", "at"],
  records: ["kind", "key", "value"],
  /** `hash` is SHA-256 of the previous hash and the row: a chain. */
  audits: ["seq", "at", "actor", "action", "detail", "hash"],
} as const;

export type TableName = keyof typeof tables;
export type Row<T extends TableName> = Record<(typeof tables)[T][number], SqlValue>;
type Numbered = "seq" extends (typeof tables)[TableName][number] ? TableName : never;

/** Writes a row; a row with the same key is replaced when `replace` says so, and an error of SQLite otherwise. */
export function insert<T extends TableName>(db: Sqlite, table: T, row: Row<T>, replace = false): void {
  const columns: readonly string[] = tables[table];
  const values = columns.map((column) => (row as Record<string, SqlValue>)[column]!);
  const places = columns.map(() => "?").join(", ");
  const verb = replace ? "INSERT OR REPLACE" : "INSERT";
  db.run(`${verb} INTO ${table} (${columns.join(", ")}, crc) VALUES (${places}, ?)`, [
    ...values,
    checksum(table, values),
  ]);
}

/** The rows that fit, each checked. Throws "corrupt-journal" naming the row that is not as it was written. */
export function select<T extends TableName>(
  db: Sqlite,
  table: T,
  where = "1",
  values: readonly SqlValue[] = [],
): Row<T>[] {
  const columns: readonly string[] = tables[table];
  const asBytes = columns.map(
    (column) => `CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) ELSE ${column} END`,
  );
  const isText = columns.map((column) => `typeof(${column}) = 'text'`);
  const sql = `SELECT ${[...asBytes, ...isText, "crc"].join(", ")} FROM ${table} WHERE ${where}`;
  return db.all(sql, values).map((row) => {
    const found = columns.map((_, i) => (row[columns.length + i] === 1 ? textOf(row[i] as Uint8Array) : row[i]!));
    const crc = row.at(-1)!;
    if (crc !== checksum(table, found)) throw damagedRow(table, columns, found, crc);
    return Object.fromEntries(columns.map((column, i) => [column, found[i]!])) as Row<T>;
  });
}

/** The driver aborts the process on a text that is no UTF-8, as a flipped bit can make it: then it stays bytes, which no checksum fits. */
function textOf(bytes: Uint8Array): SqlValue {
  try {
    return utf8.decode(bytes);
  } catch {
    return bytes;
  }
}
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The number of the next row of a table whose rows are numbered. */
export const nextSeq = (db: Sqlite, table: Numbered | "transitions" | "receipts" | "events" | "audits"): number =>
  Number(db.all(`SELECT coalesce(max(seq), 0) + 1 FROM ${table}`)[0]![0]);

export function checksum(table: TableName, values: readonly SqlValue[]): number {
  let crc = crc32(table);
  for (const value of values) crc = crc32(bytesOf(value), crc);
  return crc;
}

/** A row that is not as it was written, by what still can be read of it. */
export class DamagedRow extends TributaryError {
  readonly table: TableName;
  readonly values: readonly SqlValue[];
  constructor(table: TableName, values: readonly SqlValue[], message: string) {
    super("corrupt-journal", message);
    this.table = table;
    this.values = values;
  }
}

function damagedRow(
  table: TableName,
  columns: readonly string[],
  values: readonly SqlValue[],
  crc: unknown,
): DamagedRow {
  const key = columns
    .slice(0, 3)
    .map(
      (column, i) => `${column} ${typeof values[i] === "string" || typeof values[i] === "number" ? values[i] : "…"}`,
    );
  return new DamagedRow(
    table,
    values,
    `A row of ${table} (${key.join(", ")}) is not as it was written: expected the checksum ${String(crc)}, got ${checksum(table, values)}`,
  );
}

/** Each value with its type and length, so that no two rows have the same bytes. */
function bytesOf(value: SqlValue): Uint8Array {
  if (value === null) return Buffer.from("-");
  if (typeof value === "number" || typeof value === "bigint") {
    const bytes = Buffer.alloc(9, "#");
    bytes.writeDoubleLE(Number(value), 1);
    return bytes;
  }
  const text = typeof value === "string";
  const body = text ? Buffer.from(value) : value;
  return Buffer.concat([Buffer.from(`${text ? "'" : "x"}${body.length}:`), body]);
}
