/**
 * The one door to SQLite. Only what the driver takes without harm goes through: some wrong arguments abort the whole process (a
 * boolean, a lone Buffer), others pass in silence (a missing parameter is NULL, one too many is ignored, NaN becomes NULL). So
 * parameters are always one list, its length and its types are checked here, and rows come back as lists.
 *
 *     db.all("SELECT client FROM receipts WHERE run = ? AND round = ?", ["heart", 7])   // [["a"], ["b"]]
 */
import Database from "libsql";
import { TributaryError } from "../../shared/errors.ts";

export type SqlValue = string | number | bigint | null | Uint8Array;

/** An error of SQLite, by its name: "SQLITE_FULL", "SQLITE_IOERR_FSYNC", … */
export const sqlCodeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("SQLITE_")
    ? error.code
    : undefined;

interface Prepared {
  readonly statement: Database.Statement;
  readonly parameters: number;
}

export class Sqlite {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Prepared>();

  constructor(file: string) {
    this.#database = new Database(file);
  }

  /** Statements without parameters or rows. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** Answers with the row id of the last row inserted, and how many rows were changed. */
  run(sql: string, values: readonly SqlValue[]): { readonly rowId: number; readonly changes: number } {
    const { changes, lastInsertRowid } = this.#prepare(sql, values).run(values);
    return { rowId: Number(lastInsertRowid), changes };
  }

  all(sql: string, values: readonly SqlValue[] = []): SqlValue[][] {
    return this.#prepare(sql, values).raw().all(values) as SqlValue[][]; // what SQLite's five types are read as
  }

  /** `integrity_check` → its rows. */
  pragma(text: string): SqlValue[][] {
    const rows = this.#database.prepare(`PRAGMA ${text}`).all([]) as Record<string, SqlValue>[]; // not raw: some give no rows
    return rows.map((row) => Object.values(row));
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string, values: readonly SqlValue[]): Database.Statement {
    let prepared = this.#statements.get(sql);
    if (prepared === undefined) {
      prepared = { statement: this.#database.prepare(sql), parameters: sql.split("?").length - 1 };
      this.#statements.set(sql, prepared);
    }
    refuseMisfits(sql, values, prepared.parameters);
    return prepared.statement;
  }
}

function refuseMisfits(sql: string, values: readonly unknown[], parameters: number): void {
  if (values.length !== parameters) {
    throw new TributaryError("invalid-option", `${sql}: expected ${parameters} parameters, got ${values.length}`);
  }
  values.forEach((value, i) => {
    const fits =
      value === null ||
      typeof value === "string" ||
      typeof value === "bigint" ||
      (typeof value === "number" && Number.isFinite(value)) ||
      value instanceof Uint8Array;
    if (fits) return;
    const got = typeof value === "number" ? String(value) : typeof value;
    throw new TributaryError(
      "invalid-option",
      `${sql}: parameter ${i + 1} must be a string, a finite number, a bigint, null or bytes, got ${got}`,
    );
  });
}
