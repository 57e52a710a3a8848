/** `tributary backup`, `restore` and `journal`: the store of a daemon, without the daemon. */
import { existsSync } from "node:fs";
import { backUp, restore, type BackupReport } from "../server/store/backup.ts";
import { courseOf } from "../server/store/course.ts";
import { journalFile } from "../server/store/journal-engine.ts";
import { repair } from "../server/store/repair.ts";
import { Sqlite } from "../server/store/sqlite.ts";
import { verifyJournal } from "../server/store/verify.ts";
import { scanWal } from "../server/store/wal.ts";
import { TributaryError } from "../shared/errors.ts";
import type { Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { bytesInWords, counted } from "./format.ts";

export interface JournalFlags {
  readonly json?: boolean;
}

type Command = (flags: JournalFlags, context: Context) => Promise<number>;

const said =
  <Report extends object>(report: () => Report, words: (report: Report) => string): Command =>
  (flags, { stdout }) => {
    const found = report();
    stdout.write(`${flags.json === true ? JSON.stringify(found) : words(found)}\n`);
    return Promise.resolve(exitCodes.done);
  };

const copied = ({ folder, runs, files, bytes }: BackupReport): string =>
  `${folder}: ${counted(runs, "run")}, ${counted(files, "file")} of ${bytesInWords(bytes)} beside the journal, everything as it was written`;

export const backupCommand = (store: string, target: string): Command => said(() => backUp(store, target), copied);

export const restoreCommand = (backup: string, store: string): Command => said(() => restore(backup, store), copied);

/** Reads everything and changes nothing. */
export const checkJournalCommand = (store: string): Command =>
  said(
    () => {
      mustHoldJournal(store);
      const { frames, torn } = scanWal(`${journalFile(store)}-wal`);
      const db = new Sqlite(journalFile(store));
      try {
        verifyJournal(db, store, true);
      } finally {
        db.close();
      }
      return { store, sound: true, frames, torn };
    },
    () => `${store}: the journal and all its files are as they were written`,
  );

export const repairJournalCommand = (store: string): Command =>
  said(
    () => {
      mustHoldJournal(store);
      return { store, done: repair(store, Date.now()) };
    },
    ({ done }) => (done.length === 0 ? `${store}: nothing was damaged` : done.join("\n")),
  );

/** A line for each round: who took part, who left and why. */
export const showJournalCommand =
  (store: string, run: string): Command =>
  (flags, { stdout }) => {
    mustHoldJournal(store);
    for (const round of courseOf(store, run)) {
      const left = round.left.map(({ client, reason }) => `${client} left: ${reason}`).join("; ");
      const words = `round ${round.round}: ${round.participants.join(", ")}${left === "" ? "" : ` (${left})`}`;
      stdout.write(`${flags.json === true ? JSON.stringify(round) : words}\n`);
    }
    return Promise.resolve(exitCodes.done);
  };

function mustHoldJournal(store: string): void {
  if (existsSync(journalFile(store))) return;
  throw new TributaryError("missing-file", `${store} holds no journal: expected ${journalFile(store)}`);
}
