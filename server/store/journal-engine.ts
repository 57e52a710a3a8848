/**
 * The journal as one process has it open: SQLite in WAL mode with synchronous=FULL, so that what a transaction has written is on
 * disk when it ends. It is opened in this order, and anything unexpected ends the opening with an error that names file and offset:
 *
 *     scan of the write-ahead log → SQLite opens and recovers → migrate → every row checked → a new epoch
 *
 * Each transaction first looks whether its epoch is still the highest. Whoever was replaced finds out there, whatever it was doing
 * when it was stopped, and writes nothing.
 */
import { closeSync, existsSync, fsyncSync, openSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { TributaryError } from "../../shared/errors.ts";
import { failpoint } from "./failpoints.ts";
import { operations, type Context, type Operation, type OperationName } from "./operations.ts";
import { migrate, schemaSteps, type SchemaStep } from "./schema.ts";
import { Sqlite, sqlCodeOf } from "./sqlite.ts";
import { insert } from "./tables.ts";
import { verifyJournal } from "./verify.ts";
import { scanWal } from "./wal.ts";

export interface Request {
  readonly name: OperationName;
  readonly input: unknown;
}

export type Outcome = { readonly value: unknown } | { readonly error: TributaryError };

export interface OpenedJournal {
  readonly epoch: number;
  /** The version that the journal had, if it had to be brought forward. */
  readonly migratedFrom: number | undefined;
  /** Frames of an unfinished transaction at the end of the log: forgotten. */
  readonly torn: number;
}

export const journalFile = (folder: string): string => join(folder, "journal.db");
/** Where backups under way say so. */
export const holdFolder = (folder: string): string => join(folder, "holds");
export const blobFolder = (folder: string): string => join(folder, "blobs");

export class JournalEngine {
  readonly opened: OpenedJournal;
  readonly #db: Sqlite;
  readonly #folder: string;

  /** Throws "corrupt-journal", "newer-version", or "locked" when another process is in the middle of a transaction. */
  constructor(folder: string, steps: readonly SchemaStep[] = schemaSteps) {
    const file = journalFile(folder);
    const isNew = !existsSync(file);
    const scan = scanWal(`${file}-wal`);
    failpoint("start.scanned");
    this.#folder = folder;
    this.#db = new Sqlite(file);
    try {
      configure(this.#db, isNew);
      const version = migrate(this.#db, file, steps);
      if (isNew) syncFolderNow(folder);
      else verifyJournal(this.#db, folder);
      const epoch = this.#fence();
      const migratedFrom = isNew || version === steps.length ? undefined : version;
      this.opened = { epoch, migratedFrom, torn: scan.torn };
    } catch (error) {
      this.#db.close();
      throw openingError(file, error);
    }
    failpoint("start.fenced");
  }

  /** The size of the write-ahead log, in bytes. */
  get logBytes(): number {
    return statSync(`${journalFile(this.#folder)}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /**
   * Several requests in one transaction, durable together. What a request throws is its own outcome, and takes back its own rows
   * only. Throws when nothing of it was written: "disk-full" (may be tried again later), "fenced" or "storage-failed" (never again).
   */
  transact(requests: readonly Request[], now: number): Outcome[] {
    const context = { now, blobs: blobFolder(this.#folder), holds: holdFolder(this.#folder) };
    const work = (): Outcome[] => requests.map((request) => this.#attempt(request, context));
    try {
      if (!requests.some(({ name }) => operations[name].writes)) return work();
      this.#db.exec("BEGIN IMMEDIATE");
      this.#refuseFenced();
      failpoint("journal.begun");
      const outcomes = work();
      failpoint("journal.applied");
      this.#db.exec("COMMIT");
      failpoint("journal.committed");
      return outcomes;
    } catch (error) {
      this.#rollBack();
      throw storageError(error);
    }
  }

  /** Copies the write-ahead log into the database, so that it begins anew. */
  flush(mode: "PASSIVE" | "TRUNCATE" = "PASSIVE"): void {
    try {
      this.#db.pragma(`wal_checkpoint(${mode})`);
    } catch (error) {
      throw storageError(error);
    }
    failpoint("journal.flushed");
  }

  close(): void {
    this.#db.close();
  }

  #attempt({ name, input }: Request, context: Context): Outcome {
    const operation = operations[name] as Operation<unknown, unknown>; // whose input is of this name: `Journal` has seen to it
    if (!operation.writes) return outcomeOf(() => operation.run(this.#db, input, context));
    this.#db.exec("SAVEPOINT request");
    const outcome = outcomeOf(() => operation.run(this.#db, input, context));
    if ("error" in outcome) this.#db.exec("ROLLBACK TO request");
    this.#db.exec("RELEASE request");
    return outcome;
  }

  /** A new epoch, one above all others, on disk. */
  #fence(): number {
    this.#db.exec("BEGIN IMMEDIATE");
    const epoch = this.#newestEpoch() + 1;
    insert(this.#db, "epochs", { epoch, started_at: Date.now(), host: hostname(), pid: process.pid });
    this.#db.exec("COMMIT");
    return epoch;
  }

  #refuseFenced(): void {
    const newest = this.#newestEpoch();
    if (newest === this.opened.epoch) return;
    throw new TributaryError(
      "fenced",
      `${this.#folder} has been taken over: this process has epoch ${this.opened.epoch}, and ${newest} is in force`,
    );
  }

  #newestEpoch(): number {
    return Number(this.#db.all("SELECT coalesce(max(epoch), 0) FROM epochs")[0]![0]);
  }

  #rollBack(): void {
    try {
      this.#db.exec("ROLLBACK");
    } catch {
      // there was none to roll back, or SQLite has done so itself
    }
  }
}

/** What a request throws of ours is its outcome; what SQLite or the system throws ends the transaction. */
function outcomeOf(work: () => unknown): Outcome {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof TributaryError) return { error };
    throw error;
  }
}

/** After a sync that failed nothing is known of what is on disk: only a full disk, before the sync, may be tried again. */
function storageError(error: unknown): Error {
  if (error instanceof TributaryError) return error;
  const code = sqlCodeOf(error) ?? (error as NodeJS.ErrnoException).code;
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT") {
    return new TributaryError("disk-full", "The journal's disk is full: nothing was written", { cause: error });
  }
  if (code === "SQLITE_BUSY") return busy("The journal", error);
  const what = error instanceof Error ? error.message : String(error);
  return new TributaryError("storage-failed", `The journal cannot be written (${code ?? "no code"}): ${what}`, {
    cause: error,
  });
}

/** Whatever SQLite cannot read as it opens is not what was written. */
function openingError(file: string, error: unknown): unknown {
  const code = sqlCodeOf(error);
  if (code === undefined) return error;
  if (code === "SQLITE_BUSY") return busy(file, error);
  if (code === "SQLITE_FULL" || code.startsWith("SQLITE_IOERR") || code === "SQLITE_CANTOPEN")
    return storageError(error);
  return new TributaryError("corrupt-journal", `${file} is damaged: ${(error as Error).message} (${code})`, {
    cause: error,
  });
}

const busy = (what: string, cause: unknown): TributaryError =>
  new TributaryError("locked", `${what} is held by another process in the middle of a transaction`, { cause });

function configure(db: Sqlite, isNew: boolean): void {
  db.pragma("busy_timeout = 5000");
  if (isNew) db.pragma("auto_vacuum = INCREMENTAL"); // what is deleted can be given back to the disk
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("fullfsync = ON"); // macOS: through the drive's cache
  db.pragma("checkpoint_fullfsync = ON");
  db.pragma("wal_autocheckpoint = 0"); // SQLite would keep its errors to itself: `flush` does not
  db.pragma("cell_size_check = ON");
}

function syncFolderNow(folder: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
