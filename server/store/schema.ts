/**
 * The journal's versions. A journal of an earlier version is brought forward, step by step, in one transaction when it is opened; one
 * of a later version is refused. A step that has been released never changes: what is to be different is another step.
 */
import { TributaryError } from "../../shared/errors.ts";
import type { Sqlite } from "./sqlite.ts";

export type SchemaStep = (db: Sqlite) => void;

/** Marks the file as ours: "TRIB". */
const applicationId = 0x54524942;

const first: SchemaStep = (db) => {
  db.exec(`
    PRAGMA application_id = ${applicationId};
    CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, started_at INTEGER NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,
      crc INTEGER NOT NULL) STRICT;
    CREATE TABLE runs (id TEXT PRIMARY KEY, experiment TEXT NOT NULL, source TEXT NOT NULL, submitted_by TEXT NOT NULL,
      submitted_at INTEGER NOT NULL, status TEXT NOT NULL, explanation TEXT NOT NULL, crc INTEGER NOT NULL) STRICT;
    CREATE TABLE notes (run TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, crc INTEGER NOT NULL,
      PRIMARY KEY (run, name)) STRICT;
    CREATE TABLE transitions (seq INTEGER PRIMARY KEY, run TEXT NOT NULL, round INTEGER NOT NULL, attempt INTEGER NOT NULL,
      type TEXT NOT NULL, body TEXT NOT NULL, crc INTEGER NOT NULL) STRICT;
    CREATE INDEX transitions_by_round ON transitions (run, round, attempt);
    CREATE TABLE receipts (seq INTEGER PRIMARY KEY, run TEXT NOT NULL, round INTEGER NOT NULL, attempt INTEGER NOT NULL,
      exchange INTEGER NOT NULL, pass INTEGER NOT NULL, client TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
      head BLOB NOT NULL, at INTEGER NOT NULL, crc INTEGER NOT NULL,
      UNIQUE (run, round, attempt, exchange, pass, client)) STRICT;
    CREATE TABLE contents (sha256 TEXT NOT NULL, run TEXT NOT NULL, kind TEXT NOT NULL, round INTEGER NOT NULL,
      bytes INTEGER NOT NULL, chunks BLOB NOT NULL, inline BLOB, crc INTEGER NOT NULL,
      PRIMARY KEY (sha256, run, kind, round)) STRICT;
    CREATE INDEX contents_by_run ON contents (run, kind, round);
    CREATE TABLE commits (run TEXT NOT NULL, round INTEGER NOT NULL, attempt INTEGER NOT NULL, participants TEXT NOT NULL,
      checkpoint TEXT NOT NULL, at INTEGER NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (run, round)) STRICT;
    CREATE TABLE events (seq INTEGER PRIMARY KEY, run TEXT NOT NULL, round INTEGER, body TEXT NOT NULL, at INTEGER NOT NULL,
      crc INTEGER NOT NULL) STRICT;
    CREATE INDEX events_by_run ON events (run, seq);
    CREATE TABLE charges (run TEXT NOT NULL, round INTEGER NOT NULL, entry TEXT NOT NULL, at INTEGER NOT NULL,
      crc INTEGER NOT NULL, PRIMARY KEY (run, round)) STRICT;
    CREATE TABLE records (kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, crc INTEGER NOT NULL,
      PRIMARY KEY (kind, key)) STRICT;
    CREATE TABLE audits (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
      detail TEXT NOT NULL, hash TEXT NOT NULL, crc INTEGER NOT NULL) STRICT;
  `);
};

export const schemaSteps: readonly SchemaStep[] = [first];

/**
 * Brings a journal to the newest version; answers with the version it had. Throws "newer-version" when it is beyond the steps
 * known here, "corrupt-journal" when the file is another program's.
 */
export function migrate(db: Sqlite, file: string, steps: readonly SchemaStep[] = schemaSteps): number {
  const version = Number(db.pragma("user_version")[0]![0]);
  if (version > steps.length) {
    throw new TributaryError(
      "newer-version",
      `${file} is of version ${version} of the journal, and this program knows versions up to ${steps.length}: install the newer program`,
    );
  }
  const id = Number(db.pragma("application_id")[0]![0]);
  const isEmpty = db.all("SELECT count(*) FROM sqlite_schema")[0]![0] === 0;
  if (version === 0 ? !isEmpty : id !== applicationId) {
    throw new TributaryError("corrupt-journal", `${file} is not a journal: it is another program's database`);
  }
  if (version === steps.length) return version;
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const step of steps.slice(version)) step(db);
    db.exec(`PRAGMA user_version = ${steps.length}`);
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
  return version;
}
