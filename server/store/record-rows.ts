/** Everything that outlives the process and is no round: records by kind and key, the privacy ledger, the audit chain. */
import { createHash } from "node:crypto";
import { TributaryError } from "../../shared/errors.ts";
import { requireRun } from "./run-rows.ts";
import type { Sqlite } from "./sqlite.ts";
import type { AuditEntry, RunId } from "./store.ts";
import { insert, nextSeq, select, type Row } from "./tables.ts";

export function setRecord(db: Sqlite, { kind, key, value }: { kind: string; key: string; value: unknown }): void {
  insert(db, "records", { kind, key, value: JSON.stringify(value) }, true);
}

export function deleteRecord(db: Sqlite, { kind, key }: { kind: string; key: string }): void {
  db.run("DELETE FROM records WHERE kind = ? AND key = ?", [kind, key]);
}

export function records(db: Sqlite, kind: string): Map<string, unknown> {
  const rows = select(db, "records", "kind = ? ORDER BY key", [kind]);
  return new Map(rows.map(({ key, value }) => [String(key), JSON.parse(String(value)) as unknown]));
}

/** A round is charged once: a second charge gives the first. */
export function charge(
  db: Sqlite,
  { run, round, entry }: { run: RunId; round: number; entry: unknown },
  now: number,
): unknown {
  requireRun(db, run);
  const [before] = select(db, "charges", "run = ? AND round = ?", [run, round]);
  if (before !== undefined) return JSON.parse(String(before.entry));
  insert(db, "charges", { run, round, entry: JSON.stringify(entry), at: now });
  return entry;
}

export function charges(db: Sqlite, run: RunId): { round: number; entry: unknown }[] {
  requireRun(db, run);
  return select(db, "charges", "run = ? ORDER BY round", [run]).map(({ round, entry }) => ({
    round: Number(round),
    entry: JSON.parse(String(entry)) as unknown,
  }));
}

export function audit(db: Sqlite, { actor, action, detail }: AuditEntry, now: number): void {
  const seq = nextSeq(db, "audits");
  const [last] = select(db, "audits", "seq = ?", [seq - 1]);
  const row = { seq, at: now, actor, action, detail: JSON.stringify(detail ?? null) };
  insert(db, "audits", { ...row, hash: linkAfter(last, row) });
}

export function audits(db: Sqlite, after: number): (AuditEntry & { seq: number; at: number })[] {
  return select(db, "audits", "seq > ? ORDER BY seq", [after]).map(({ seq, at, actor, action, detail }) => ({
    seq: Number(seq),
    at: Number(at),
    actor: String(actor),
    action: String(action),
    detail: JSON.parse(String(detail)) as unknown,
  }));
}

/** Throws "corrupt-journal" at the first entry whose hash does not follow from the one before, or that is missing. */
export function verifyChain(db: Sqlite): void {
  let last: Row<"audits"> | undefined;
  for (const row of select(db, "audits", "1 ORDER BY seq")) {
    if (Number(row.seq) !== Number(last?.seq ?? 0) + 1 || row.hash !== linkAfter(last, row)) {
      throw new TributaryError(
        "corrupt-journal",
        `The audit chain breaks at entry ${Number(row.seq)}: it does not follow from the one before`,
      );
    }
    last = row;
  }
}

const linkAfter = (last: Row<"audits"> | undefined, row: Omit<Row<"audits">, "hash">): string =>
  createHash("sha256")
    .update(JSON.stringify([last?.hash ?? "", row.seq, row.at, row.actor, row.action, row.detail]))
    .digest("hex");
