/**
 * Backups of a store, also of one that a daemon is using: a consistent copy of the journal as of one moment, and every file that it names;
 * the folders of runs beside it. While a backup is under way no file is swept.
 */
import { randomUUID } from "node:crypto";
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TributaryError } from "../../shared/errors.ts";
import { makeFolder } from "./durable.ts";
import { blobFolder, holdFolder, journalFile } from "./journal-engine.ts";
import { runsFolderOf } from "./run-directory.ts";
import { lockDirectory } from "./lock.ts";
import { Sqlite } from "./sqlite.ts";
import { select } from "./tables.ts";
import { verifyJournal } from "./verify.ts";
import { scanWal } from "./wal.ts";

export interface BackupReport {
  readonly folder: string;
  readonly runs: number;
  readonly files: number;
  readonly bytes: number;
}

/**
 * Throws "missing-file" when there is no store, "invalid-option" when the target holds something, and "corrupt-journal" when what
 * would be copied is not what was written.
 */
export function backUp(folder: string, target: string): BackupReport {
  if (!existsSync(journalFile(folder)))
    throw new TributaryError("missing-file", `${folder} holds no journal: expected ${journalFile(folder)}`);
  makeEmpty(target);
  makeFolder(holdFolder(folder));
  const hold = join(holdFolder(folder), randomUUID());
  writeFileSync(hold, "");
  try {
    scanWhileUsed(`${journalFile(folder)}-wal`);
    const db = new Sqlite(journalFile(folder));
    try {
      db.pragma("busy_timeout = 5000");
      db.exec(`VACUUM INTO '${journalFile(target).replaceAll("'", "''")}'`);
    } finally {
      db.close();
    }
    return copyFiles(folder, target);
  } finally {
    rmSync(hold, { force: true });
  }
}

const triesOfScan = 20;
const betweenScansMs = 100;

/**
 * The scan of a log that a daemon may be writing: its index can be ahead of what was read a moment before, which looks like
 * damage, but never twice at the same place.
 */
function scanWhileUsed(file: string): void {
  let last: string | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      scanWal(file);
      return;
    } catch (error) {
      const { message } = error as Error;
      if (message === last || attempt === triesOfScan) throw error;
      last = message;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, betweenScansMs);
    }
  }
}

/** Makes a store of a backup. Throws as `backUp` does. Nothing is served from the folder before it is whole. */
export function restore(backup: string, folder: string): BackupReport {
  if (!existsSync(journalFile(backup)))
    throw new TributaryError("missing-file", `${backup} holds no backup: expected ${journalFile(backup)}`);
  makeEmpty(folder);
  using _lock = lockDirectory(folder);
  copyFileSync(journalFile(backup), journalFile(folder));
  return copyFiles(backup, folder);
}

/** The files that the target's journal names, each verified where it arrives; and the folders of runs. */
function copyFiles(from: string, target: string): BackupReport {
  makeFolder(blobFolder(target));
  const db = new Sqlite(journalFile(target));
  try {
    const files = new Map(
      select(db, "contents", "inline IS NULL").map(({ sha256, bytes }) => [String(sha256), Number(bytes)]),
    );
    for (const file of files.keys()) {
      copyFileSync(join(blobFolder(from), file), join(blobFolder(target), file));
      sync(join(blobFolder(target), file));
    }
    sync(journalFile(target));
    sync(blobFolder(target));
    copyTree(runsFolderOf(from), runsFolderOf(target));
    sync(target);
    verifyJournal(db, target, true);
    const bytes = [...files.values()].reduce((sum, one) => sum + one, 0);
    return { folder: target, runs: select(db, "runs").length, files: files.size, bytes };
  } finally {
    db.close();
  }
}

/**
 * Models, metrics and summaries, as they are at this moment. A run that goes on takes back what its folder tells of rounds that the
 * journal does not know. Nothing is copied where there is nothing.
 */
function copyTree(from: string, target: string): void {
  if (!existsSync(from)) return;
  makeFolder(target);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name.startsWith(".")) continue; // on its way to its name
    const [source, copy] = [join(from, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) copyTree(source, copy);
    else if (existsSync(source)) {
      copyFileSync(source, copy);
      sync(copy);
    }
  }
  sync(target);
}

function makeEmpty(folder: string): void {
  makeFolder(folder, 0o700);
  const [found] = readdirSync(folder);
  if (found !== undefined)
    throw new TributaryError("invalid-option", `${folder} holds ${found}: expected an empty folder, or a new one`);
}

function sync(path: string): void {
  if (process.platform === "win32") return; // cannot open a folder, and flushes a file only when it is writable
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
