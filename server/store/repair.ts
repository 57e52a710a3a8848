/**
 * What can be done about a damaged store when there is no backup. The journal as it is goes aside first; then, in this order:
 *
 *     log           its chain of checksums is made anew, so that what follows the damage is read
 *     rows          those whose own checksum does not fit are taken out
 *     checkpoints   a run whose newest is damaged goes back to the newest that is sound, and does the rounds after it again
 *     updates       an acknowledged one whose bytes are damaged is asked for again
 *
 * Everything that was lost is said, and stands in the audit chain.
 */
import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { TributaryError } from "../../shared/errors.ts";
import { makeFolder, writeDurably } from "./durable.ts";
import { blobFolder, journalFile } from "./journal-engine.ts";
import { lockDirectory } from "./lock.ts";
import { verify } from "./blobs.ts";
import { audit } from "./record-rows.ts";
import { Sqlite, type SqlValue } from "./sqlite.ts";
import { checksum, select, tables, type TableName } from "./tables.ts";
import { soundCheckpoints, verifyJournal } from "./verify.ts";
import { mendWal } from "./wal.ts";

/** Answers with what was done, a sentence each; nothing when all was sound. Throws "corrupt-journal" when it cannot be repaired. */
export function repair(folder: string, now: number): string[] {
  using _lock = lockDirectory(folder);
  const file = journalFile(folder);
  const aside = join(folder, `damaged-${now}`);
  makeFolder(aside);
  for (const ending of ["", "-wal", "-shm"])
    if (existsSync(file + ending)) copyFileSync(file + ending, join(aside, `journal.db${ending}`));
  const done = mendWal(`${file}-wal`, writeDurably).map(
    (offset) => `the log was damaged at offset ${offset}: what follows it is read`,
  );
  rmSync(`${file}-shm`, { force: true });
  const db = new Sqlite(file);
  try {
    const problem = String(db.pragma("integrity_check")[0]?.[0]);
    if (problem !== "ok")
      throw new TributaryError("corrupt-journal", `${file} cannot be repaired: ${problem}; restore a backup`);
    db.exec("BEGIN IMMEDIATE");
    for (const table of Object.keys(tables) as TableName[]) done.push(...withoutDamagedRows(db, table));
    for (const { id } of select(db, "runs", "status = 'open'")) done.push(...rolledBack(db, folder, String(id)));
    done.push(...withoutDamagedUpdates(db, folder));
    if (done.length > 0) audit(db, { actor: "repair", action: "repair-journal", detail: done }, now);
    db.exec("COMMIT");
    verifyJournal(db, folder);
  } finally {
    db.close();
  }
  if (done.length === 0) rmSync(aside, { recursive: true });
  else done.push(`the journal as it was is in ${aside}`);
  return done;
}

function withoutDamagedRows(db: Sqlite, table: TableName): string[] {
  const columns: readonly string[] = tables[table];
  return db.all(`SELECT rowid, ${columns.join(", ")}, crc FROM ${table}`).flatMap(([row, ...values]) => {
    if (values.pop() === checksum(table, values)) return [];
    db.run(`DELETE FROM ${table} WHERE rowid = ?`, [row!]);
    return [`a row of ${table} was damaged and is gone: ${values.slice(0, 4).map(shown).join(", ")}`];
  });
}

const shown = (value: SqlValue): string =>
  value instanceof Uint8Array
    ? `${value.length} bytes`
    : String(value)
        .replace(/[^\x20-\x7e]/g, "?")
        .slice(0, 60);

function rolledBack(db: Sqlite, folder: string, run: string): string[] {
  const [newest] = db.all("SELECT max(round) FROM commits WHERE run = ?", [run]);
  const round = Number(newest?.[0] ?? 0);
  if (round === 0) return [];
  const sound = Number(soundCheckpoints(db, folder, run)[0]?.round ?? 0);
  if (sound === round) return [];
  if (sound === 0)
    throw new TributaryError("corrupt-journal", `Run ${run} has no checkpoint that is sound: restore a backup`);
  for (const table of ["commits", "receipts", "transitions", "contents", "events"])
    db.run(`DELETE FROM ${table} WHERE run = ? AND round > ?`, [run, sound]);
  return [
    `run ${run} goes on from round ${sound}: the checkpoint of round ${round} is damaged, and the rounds after ${sound} are done again`,
  ];
}

function withoutDamagedUpdates(db: Sqlite, folder: string): string[] {
  return select(db, "contents", "kind = 'update'").flatMap(({ sha256, run, round, chunks, inline }) => {
    try {
      const bytes = inline ?? readFileSync(join(blobFolder(folder), String(sha256)));
      verify(bytes as Uint8Array, String(sha256), chunks as Uint8Array, "an update");
      return [];
    } catch {
      db.run("DELETE FROM contents WHERE sha256 = ?", [sha256]);
      db.run("DELETE FROM receipts WHERE run = ? AND round = ? AND sha256 = ?", [run, round, sha256]);
      return [`an update of run ${String(run)}, round ${Number(round)}, is damaged: its client is asked again`];
    }
  });
}
