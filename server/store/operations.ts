/**
 * What can be asked of the journal: one table, name → work on the database. The journal's thread does several of them in one
 * transaction; an operation that throws takes back its own rows only.
 */
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { failpoint } from "./failpoints.ts";
import * as recordRows from "./record-rows.ts";
import { retain } from "./retention.ts";
import * as roundRows from "./round-rows.ts";
import * as runRows from "./run-rows.ts";
import type { Sqlite } from "./sqlite.ts";

export interface Operation<In, Out> {
  readonly writes: boolean;
  run(db: Sqlite, input: In, context: Context): Out;
}

export interface Context {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Where the content-addressed files are. */
  readonly blobs: string;
  /** Where backups under way say so. */
  readonly holds: string;
}

const reads = <In, Out>(run: (db: Sqlite, input: In) => Out): Operation<In, Out> => ({ writes: false, run });
const writes = <In, Out>(run: (db: Sqlite, input: In, now: number) => Out): Operation<In, Out> => ({
  writes: true,
  run: (db, input, { now }) => run(db, input, now),
});

export const operations = {
  createRun: writes(runRows.createRun),
  runs: reads((db, _: null) => runRows.runs(db)),
  endRun: writes(runRows.endRun),
  setNote: writes(runRows.setNote),
  note: reads(runRows.note),
  emit: writes(runRows.emit),
  events: reads(runRows.events),
  receiptFor: reads(roundRows.receiptFor),
  accept: writes(roundRows.accept),
  accepted: reads(roundRows.accepted),
  contentOf: reads(roundRows.contentOf),
  put: writes(roundRows.put),
  record: writes(roundRows.record),
  leave: writes(roundRows.leave),
  transitions: reads(roundRows.transitions),
  commit: writes(roundRows.commit),
  resume: writes(roundRows.resume),
  setRecord: writes(recordRows.setRecord),
  deleteRecord: writes(recordRows.deleteRecord),
  records: reads(recordRows.records),
  charge: writes(recordRows.charge),
  charges: reads(recordRows.charges),
  audit: writes(recordRows.audit),
  audits: reads(recordRows.audits),
  /** Nothing but the sync that everything recorded before rides along with. */
  retain: writes(retain),
  settle: writes((_db, _: null) => null),
  sweep: { writes: true, run: sweep },
} satisfies Record<string, Operation<never, unknown>>;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
export type InputOf<N extends OperationName> = Parameters<Operations[N]["run"]>[1];
export type OutputOf<N extends OperationName> = ReturnType<Operations[N]["run"]>;

/** A backup that says it is under way for more than a day has died. */
const isBeingCopied = (holds: string, now: number): boolean =>
  existsSync(holds) &&
  readdirSync(holds).some(
    (hold) => now - (statSync(join(holds, hold), { throwIfNoEntry: false })?.mtimeMs ?? 0) < 86_400_000,
  );

/**
 * Removes files that no row names. Within a transaction, so that a process which has been fenced off removes nothing, and none
 * can be fenced off while it does.
 */
function sweep(db: Sqlite, files: readonly string[], { blobs, holds, now }: Context): number {
  if (isBeingCopied(holds, now)) return 0; // they go with the next start
  const unused = files.filter(
    (file) => db.all("SELECT 1 FROM contents WHERE sha256 = ? AND inline IS NULL LIMIT 1", [file]).length === 0,
  );
  let removed = 0;
  for (const file of unused) {
    const path = join(blobs, file);
    if (!existsSync(path)) continue;
    failpoint("sweep.checked");
    rmSync(path);
    failpoint("sweep.removed");
    removed++;
  }
  return removed;
}
