/** Runs, what belongs to them, and what their operators change. */
import { unknownName } from "../../shared/errors.ts";
import type { RunEvent } from "../events.ts";
import { alreadyTaken } from "./slot.ts";
import type { Sqlite } from "./sqlite.ts";
import type { NewRun, RunConclusion, RunId, RunRecord } from "./store.ts";
import { insert, nextSeq, select, type Row } from "./tables.ts";

export function createRun(db: Sqlite, run: NewRun, now: number): void {
  if (select(db, "runs", "id = ?", [run.id]).length > 0) throw alreadyTaken("run", run.id);
  insert(db, "runs", {
    id: run.id,
    experiment: JSON.stringify(run.experiment),
    source: run.source,
    submitted_by: run.submittedBy,
    submitted_at: now,
    status: "open",
    explanation: "",
  });
}

export function runs(db: Sqlite): RunRecord[] {
  return select(db, "runs", "1 ORDER BY submitted_at, id").map((row) => ({
    id: String(row.id),
    experiment: JSON.parse(String(row.experiment)) as unknown,
    source: String(row.source),
    submittedBy: String(row.submitted_by),
    submittedAt: Number(row.submitted_at),
    end: row.status === "open" ? undefined : conclusionOf(row),
    rounds: committedRound(db, String(row.id)),
  }));
}

const conclusionOf = ({ status, explanation }: Row<"runs">): RunConclusion => ({
  status: status as RunConclusion["status"], // what endRun has written
  explanation: String(explanation),
});

/** A run that is over has no more use for updates. */
export function endRun(db: Sqlite, { run, end }: { readonly run: RunId; readonly end: RunConclusion }): string[] {
  insert(db, "runs", { ...requireRun(db, run), ...end }, true);
  const files = db.all("SELECT sha256 FROM contents WHERE run = ? AND kind = 'update' AND inline IS NULL", [run]);
  db.run("DELETE FROM contents WHERE run = ? AND kind = 'update'", [run]);
  return files.map(([sha256]) => String(sha256));
}

export function requireRun(db: Sqlite, run: RunId): Row<"runs"> {
  const [found] = select(db, "runs", "id = ?", [run]);
  if (found !== undefined) return found;
  throw unknownName("run", run, db.all("SELECT id FROM runs ORDER BY id LIMIT 10").map(String));
}

/** The newest round of a run that is committed; 0 for none. */
export const committedRound = (db: Sqlite, run: RunId): number =>
  Number(db.all("SELECT coalesce(max(round), 0) FROM commits WHERE run = ?", [run])[0]![0]);

export function setNote(db: Sqlite, { run, name, value }: { run: RunId; name: string; value: Uint8Array }): void {
  requireRun(db, run);
  const before = note(db, { run, name });
  if (before === undefined) insert(db, "notes", { run, name, value });
  else if (Buffer.compare(before, value) !== 0) throw alreadyTaken("note", name);
}

export function note(db: Sqlite, { run, name }: { run: RunId; name: string }): Uint8Array | undefined {
  return select(db, "notes", "run = ? AND name = ?", [run, name])[0]?.value as Uint8Array | undefined;
}

export function emit(db: Sqlite, { run, event }: { run: RunId; event: RunEvent }, now: number): void {
  const round = "round" in event ? event.round : null;
  insert(db, "events", { seq: nextSeq(db, "events"), run, round, body: JSON.stringify(event), at: now });
}

export function events(db: Sqlite, { run, after }: { run: RunId; after: number }): { seq: number; event: RunEvent }[] {
  requireRun(db, run);
  return select(db, "events", "run = ? AND seq > ? ORDER BY seq", [run, after]).map(({ seq, body }) => ({
    seq: Number(seq),
    event: JSON.parse(String(body)) as RunEvent, // what emit has written
  }));
}
