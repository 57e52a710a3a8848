/** Whether a journal and its files are as they were written: SQLite's own check, every row's checksum, the audit chain, the files. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { TributaryError } from "../../shared/errors.ts";
import { verify } from "./blobs.ts";
import { verifyChain } from "./record-rows.ts";
import { sqlCodeOf, type Sqlite } from "./sqlite.ts";
import { DamagedRow, select, tables, type Row, type TableName } from "./tables.ts";

const pageBytes = 4096;

/**
 * Throws "corrupt-journal" with file and offset at the first damage. Files are read whole where a run that goes on needs them,
 * or all of them when `everything` is asked for; of the others it is enough that they are there.
 */
export function verifyJournal(db: Sqlite, folder: string, everything = false): void {
  const file = join(folder, "journal.db");
  try {
    const problems = db.pragma("integrity_check").map(([problem]) => String(problem));
    if (problems[0] !== "ok") throw damagedPage(file, problems[0] ?? "unknown");
    for (const table of Object.keys(tables) as TableName[]) select(db, table);
    verifyChain(db);
  } catch (error) {
    if (error instanceof DamagedRow) throw located(file, error);
    const code = sqlCodeOf(error);
    if (code === undefined) throw error;
    throw new TributaryError("corrupt-journal", `${file} is damaged: ${(error as Error).message} (${code})`, {
      cause: error,
    });
  }
  const open = new Set(select(db, "runs", "status = 'open'").map(({ id }) => id));
  for (const content of select(db, "contents")) {
    try {
      verifyContent(folder, content, everything || open.has(content.run));
    } catch (error) {
      if (content.kind === "checkpoint" && error instanceof TributaryError) throw withOlder(db, folder, content, error);
      throw error;
    }
  }
}

function verifyContent(folder: string, content: Row<"contents">, whole: boolean): void {
  const { sha256, run, kind, round, bytes, chunks, inline } = content;
  const what = `of run ${String(run)}, ${String(kind)} of round ${Number(round)}`;
  if (inline !== null) {
    verify(inline as Uint8Array, String(sha256), chunks as Uint8Array, `A row of contents (${what})`);
    return;
  }
  const path = join(folder, "blobs", String(sha256));
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size !== bytes) {
    const got = size === undefined ? "none" : `${size} bytes`;
    throw new TributaryError("corrupt-journal", `${path} (${what}): expected ${Number(bytes)} bytes, got ${got}`);
  }
  if (whole) verify(readFileSync(path), String(sha256), chunks as Uint8Array, path);
}

/** The same error, with the newest older checkpoint that is sound, if there is one. */
function withOlder(db: Sqlite, folder: string, damaged: Row<"contents">, error: TributaryError): TributaryError {
  const sound = soundCheckpoints(db, folder, String(damaged.run)).find(
    ({ round }) => Number(round) < Number(damaged.round),
  );
  const advice =
    sound === undefined
      ? "no older checkpoint is sound: restore a backup"
      : `the checkpoint of round ${Number(sound.round)} is sound: tributary journal repair ${folder} goes on from it`;
  return new TributaryError("corrupt-journal", `${error.message}; ${advice}`, { cause: error });
}

/** Of a run, the newest first. */
export function soundCheckpoints(db: Sqlite, folder: string, run: string): Row<"contents">[] {
  const all = select(db, "contents", "run = ? AND kind = 'checkpoint' ORDER BY round DESC", [run]);
  return all.filter((one) => {
    try {
      verifyContent(folder, one, true);
      return true;
    } catch {
      return false;
    }
  });
}

/** SQLite names the page: its offset is where the damage is, to a page. */
function damagedPage(file: string, problem: string): TributaryError {
  const page = Number(/page (\d+)/i.exec(problem)?.[1] ?? 1);
  return new TributaryError("corrupt-journal", `${file} is damaged at offset ${(page - 1) * pageBytes}: ${problem}`);
}

/** The error with the offset at which the row's longest value lies in the file, where it can be found. */
function located(file: string, error: DamagedRow): TributaryError {
  const longest = error.values
    .filter((value) => typeof value === "string" || value instanceof Uint8Array)
    .map((value) => Buffer.from(value as string)) // or bytes: both are taken as they are
    .sort((a, b) => b.length - a.length)[0];
  const at = longest === undefined ? -1 : readFileSync(file).indexOf(longest.subarray(0, 1024));
  const where = at < 0 ? file : `${file}, near offset ${at}`;
  return new TributaryError("corrupt-journal", `${where}: ${error.message}`, { cause: error });
}
