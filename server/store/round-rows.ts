/** Updates that were acknowledged, the course of rounds, and their commits. */
import { TributaryError } from "../../shared/errors.ts";
import { emit, committedRound, requireRun } from "./run-rows.ts";
import { alreadyTaken, isSameClaim, slotName, tooLate } from "./slot.ts";
import type { Sqlite, SqlValue } from "./sqlite.ts";
import type { Claim, Commit, Receipt, RunId, Slot, Transition } from "./store.ts";
import { insert, nextSeq, select, type Row } from "./tables.ts";
import type { Place } from "../round/place.ts";

/** Bytes that a row of the journal stands for: themselves, or in the file of that name. */
export interface Content {
  readonly sha256: string;
  readonly bytes: number;
  /** CRC-32 of each of its pieces. */
  readonly chunks: Uint8Array;
  readonly inline: Uint8Array | null;
}

/** The receipt that a slot has, if it is for this claim. Throws "already-exists" when it is for another. */
export function receiptFor(db: Sqlite, { slot, claim }: { slot: Slot; claim: Claim }): Receipt | undefined {
  requireRun(db, slot.run);
  const [row] = select(db, "receipts", `${atPlace} AND client = ?`, [
    ...placeValues(slot.run, slot.place),
    slot.client,
  ]);
  if (row === undefined) return undefined;
  const receipt = receiptOf(row);
  if (!isSameClaim(receipt, claim)) throw alreadyTaken("update", slotName(slot));
  return receipt;
}

export function accept(
  db: Sqlite,
  { slot, claim, content }: { slot: Slot; claim: Claim; content: Content },
  now: number,
): Receipt {
  const before = receiptFor(db, { slot, claim });
  if (before !== undefined) return before;
  refuseLate(db, slot);
  const { run, place, client } = slot;
  const seq = nextSeq(db, "receipts");
  insertContent(db, content, run, "update", place.round);
  insert(db, "receipts", { seq, run, ...place, client, ...claim, at: now });
  return { kind: "receipt", ...slot, ...claim, seq };
}

/** Nothing is acknowledged that can no longer count. The preparation, round 0, is done anew by every coordinator. */
function refuseLate(db: Sqlite, slot: Slot): void {
  const { run, place, client } = slot;
  const committed = committedRound(db, run);
  if (place.round > 0 && committed >= place.round) throw tooLate(slot, `round ${committed} is committed`);
  const ends = select(db, "transitions", "run = ? AND round = ? AND attempt = ? AND type <> 'selected'", [
    run,
    place.round,
    place.attempt,
  ]).map(transitionOf);
  for (const end of ends) {
    if (end.type === "abandoned") throw tooLate(slot, `the attempt was abandoned, ${end.reason}`);
    if (end.type === "selected" || end.exchange !== place.exchange || end.pass !== place.pass) continue;
    if (end.type === "left" && end.client === client) throw tooLate(slot, `the client has left, ${end.reason}`);
    if (end.type === "closed" && !end.participants.includes(client))
      throw tooLate(slot, "it has been closed without this client");
  }
}

/** Lets these clients leave, but for those that are acknowledged, whom it answers with. */
export function leave(
  db: Sqlite,
  { run, place, clients, reason }: { run: RunId; place: Place; clients: readonly string[]; reason: string },
): string[] {
  const known = new Set(accepted(db, { run, place }).map(({ client }) => client));
  for (const client of clients.filter((one) => !known.has(one)))
    record(db, { run, transition: { type: "left", ...place, client, reason } });
  return clients.filter((client) => known.has(client));
}

export function accepted(db: Sqlite, { run, place }: { run: RunId; place: Place }): Receipt[] {
  return select(db, "receipts", `${atPlace} ORDER BY client`, placeValues(run, place)).map(receiptOf);
}

const atPlace = "run = ? AND round = ? AND attempt = ? AND exchange = ? AND pass = ?";
const placeValues = (run: RunId, { round, attempt, exchange, pass }: Place): SqlValue[] => [
  run,
  round,
  attempt,
  exchange,
  pass,
];

const receiptOf = (row: Row<"receipts">): Receipt => ({
  kind: "receipt",
  run: String(row.run),
  place: {
    round: Number(row.round),
    attempt: Number(row.attempt),
    exchange: Number(row.exchange),
    pass: Number(row.pass),
  },
  client: String(row.client),
  bytes: Number(row.bytes),
  sha256: String(row.sha256),
  head: new Uint8Array(row.head as Uint8Array),
  seq: Number(row.seq),
});

/** Kept once, however often it is named in the same round. */
export function insertContent(db: Sqlite, content: Content, run: RunId, kind: ContentKind, round: number): void {
  const { sha256, bytes, chunks, inline } = content;
  const known = db.all("SELECT 1 FROM contents WHERE sha256 = ? AND run = ? AND kind = ? AND round = ?", [
    sha256,
    run,
    kind,
    round,
  ]);
  if (known.length === 0) insert(db, "contents", { sha256, run, kind, round, bytes, chunks, inline });
}

export type ContentKind = "update" | "checkpoint" | "shared";

/** Any row of this content: they all stand for the same bytes. */
export function contentOf(db: Sqlite, sha256: string): Content | undefined {
  const [row] = select(db, "contents", "sha256 = ? LIMIT 1", [sha256]);
  return row === undefined ? undefined : asContent(row);
}

const asContent = ({ sha256, bytes, chunks, inline }: Row<"contents">): Content => ({
  sha256: String(sha256),
  bytes: Number(bytes),
  chunks: chunks as Uint8Array,
  inline: inline as Uint8Array | null,
});

export function put(db: Sqlite, { run, content }: { run: RunId; content: Content }): void {
  requireRun(db, run);
  insertContent(db, content, run, "shared", 0);
}

export function record(db: Sqlite, { run, transition }: { run: RunId; transition: Transition }): void {
  requireRun(db, run);
  const { round, attempt, type } = transition;
  insert(db, "transitions", {
    seq: nextSeq(db, "transitions"),
    run,
    round,
    attempt,
    type,
    body: JSON.stringify(transition),
  });
}

export function transitions(db: Sqlite, at: { run: RunId; round: number; attempt: number }): Transition[] {
  const where = "run = ? AND round = ? AND attempt = ? ORDER BY seq";
  return select(db, "transitions", where, [at.run, at.round, at.attempt]).map(transitionOf);
}

const transitionOf = ({ body }: Row<"transitions">): Transition => JSON.parse(String(body)) as Transition; // what record has written

/** Commits a round, once. Answers with the files that may go. */
export function commit(
  db: Sqlite,
  { run, commit: given, content }: { run: RunId; commit: Omit<Commit, "checkpoint">; content: Content },
  now: number,
): string[] {
  requireRun(db, run);
  const { round, keep } = given;
  if (committedRound(db, run) >= round) return [];
  insertContent(db, content, run, "checkpoint", round);
  const last = select(db, "transitions", "run = ? AND round = ? AND type = 'closed' ORDER BY seq DESC LIMIT 1", [
    run,
    round,
  ]);
  const [closed] = last.map(transitionOf);
  insert(db, "commits", {
    run,
    round,
    attempt: closed?.attempt ?? 0,
    participants: JSON.stringify(closed?.type === "closed" ? closed.participants : []),
    checkpoint: content.sha256,
    at: now,
  });
  for (const event of given.events) emit(db, { run, event }, now);
  const [kept] = db.all("SELECT round FROM commits WHERE run = ? ORDER BY round DESC LIMIT 1 OFFSET ?", [run, keep]);
  const oldest = Number(kept?.[0] ?? 0);
  const gone = "run = ? AND (kind = 'update' AND round <= ? OR kind = 'checkpoint' AND round <= ?)";
  const files = db.all(`SELECT sha256 FROM contents WHERE ${gone} AND inline IS NULL`, [run, round, oldest]);
  db.run(`DELETE FROM contents WHERE ${gone}`, [run, round, oldest]);
  return files.map(([sha256]) => String(sha256));
}

/** The newest checkpoint; events after it are forgotten. */
export function resume(db: Sqlite, run: RunId): { round: number; content: Content } | undefined {
  requireRun(db, run);
  const round = committedRound(db, run);
  db.run("DELETE FROM events WHERE run = ? AND round > ?", [run, round]);
  if (round === 0) return undefined;
  const [row] = select(db, "contents", "run = ? AND kind = 'checkpoint' AND round = ?", [run, round]);
  if (row !== undefined) return { round, content: asContent(row) };
  throw new TributaryError(
    "corrupt-journal",
    `Run ${run}: round ${round} is committed, and its checkpoint is not there`,
  );
}
