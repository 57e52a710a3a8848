/**
 * What the coordinator never loses. A store keeps runs, rounds, updates and checkpoints of one daemon; the daemon knows no more of
 * it than this interface. On disk it is one SQLite journal beside content-addressed files (`disk-store.ts`), in tests a few maps
 * (`test/support/memory-store.ts`); one suite holds both (`test/contract/stores.test.ts`).
 *
 * An update is acknowledged in this order, and never before its end:
 *
 *     receive(slot, claim)          a temporary file, gone on with where an earlier connection left it; or the receipt it already has
 *     write(chunk) …                hashed while it streams; never more bytes than were claimed
 *     content()                     all bytes are there and are those that were claimed: now they are validated
 *     accept()                      fsync → rename → fsync of the folder → receipt in the journal, synced → the receipt
 *
 * A round is committed in one transaction, after its final participants are durable:
 *
 *     record(transition) …          selections and leavers ride along with the next sync
 *     await settle()                the final participants are on disk
 *     await commit(…)               checkpoint, round, events: all or nothing
 *
 * Every promise here answers once what it says is on disk. Whatever `void` says rides along with the next sync, in order: what was
 * said before a receipt or a commit is on disk when that is. Once `lost` is aborted nothing is written any more, and the process must end.
 */
import type { RunEvent } from "../events.ts";
import type { Place } from "../round/place.ts";
import type { ClientId } from "../round/round.ts";

export type RunId = string;

export interface Store extends AsyncDisposable {
  /** Grows by one with every daemon on this directory; whoever holds an older one can write nothing. */
  readonly epoch: number;
  /** Aborted when this process may not write any more: another one has taken over, or a sync has failed. The reason says which. */
  readonly lost: AbortSignal;
  /** False while the disk is full: what would write rejects with "disk-full" until space is freed. */
  readonly accepting: boolean;

  // Runs
  /** Throws "already-exists" when a run has this id. */
  createRun(run: NewRun): Promise<void>;
  runs(): Promise<readonly RunRecord[]>;
  endRun(run: RunId, end: RunConclusion): Promise<void>;
  /** A value that belongs to a run and is set once (standardization, roster, members …). Throws "already-exists" when it is set to something else. */
  setNote(run: RunId, name: string, value: Uint8Array): Promise<void>;
  note(run: RunId, name: string): Promise<Uint8Array | undefined>;

  // Updates
  /**
   * Opens the upload of one client's answer to one place, or gives the receipt it already has. Opening it again fences the
   * earlier opening off. Throws "already-exists" when the slot has a receipt for other bytes.
   */
  receive(slot: Slot, claim: Claim): Promise<Upload | Receipt>;
  /** What has been acknowledged for a place, sorted by client. */
  accepted(run: RunId, place: Place): Promise<readonly Receipt[]>;
  /** The bytes of an acknowledged update of a round not yet committed. Throws "corrupt-journal" when they are not those that were acknowledged. */
  content(receipt: Receipt): Promise<Uint8Array>;

  // Rounds
  record(run: RunId, transition: Transition): void;
  /**
   * These clients leave a pass, but for those of whom it holds a receipt: they are given back. In one step: whoever has left is
   * acknowledged no more.
   */
  leave(run: RunId, place: Place, clients: readonly ClientId[], reason: string): Promise<readonly ClientId[]>;
  /** Everything recorded so far is on disk. */
  settle(): Promise<void>;
  /** The transitions of an attempt of a round, in the order in which they were recorded. */
  transitions(run: RunId, round: number, attempt: number): Promise<readonly Transition[]>;
  emit(run: RunId, event: RunEvent): void;
  events(run: RunId, after?: number): Promise<readonly { readonly seq: number; readonly event: RunEvent }[]>;
  /** The checkpoint, the round's end and its events in one transaction; the updates of rounds up to this one may go afterwards. Harmless twice. */
  commit(run: RunId, commit: Commit): Promise<void>;
  /** The newest checkpoint; events that came after it are forgotten. Undefined when no round has been committed. */
  resume(run: RunId): Promise<Resumption | undefined>;

  // Content-addressed files: models, programs, shards
  /** Keeps bytes of a run under their SHA-256, in lower-case hex, and gives it. They go with the run. */
  put(run: RunId, bytes: Uint8Array): Promise<string>;
  get(sha256: string): Promise<Uint8Array | undefined>;

  // Everything else that must outlive the process, by kind and key: enrolments, revocations, tokens
  setRecord(kind: string, key: string, value: unknown): Promise<void>;
  deleteRecord(kind: string, key: string): Promise<void>;
  records(kind: string): Promise<ReadonlyMap<string, unknown>>;
  /** What was spent of a run's privacy budget in a round, before anything is released. Charged once for a round: a second charge gives the first. */
  charge(run: RunId, round: number, entry: unknown): Promise<unknown>;
  charges(run: RunId): Promise<readonly { readonly round: number; readonly entry: unknown }[]>;
  /** Appended to a chain of hashes. */
  audit(entry: AuditEntry): void;
  audits(after?: number): Promise<readonly (AuditEntry & { readonly seq: number; readonly at: number })[]>;
}

export interface NewRun {
  readonly id: RunId;
  /** Resolved: what `decodeExperiment` gave, as JSON. */
  readonly experiment: unknown;
  /** As it was written. */
  readonly source: string;
  readonly submittedBy: string;
}

export interface RunRecord extends NewRun {
  /** Milliseconds since 1970. */
  readonly submittedAt: number;
  /** Undefined as long as the run is to go on. */
  readonly end: RunConclusion | undefined;
  /** Rounds committed. */
  readonly rounds: number;
}

export interface RunConclusion {
  readonly status: "finished" | "failed" | "stopped";
  readonly explanation: string;
}

/** For whom there is room: one update of one client to one place. */
export interface Slot {
  readonly run: RunId;
  readonly place: Place;
  readonly client: ClientId;
}

/** What a client says it will send. */
export interface Claim {
  /** The length of the content. */
  readonly bytes: number;
  /** Of the content, in lower-case hex. */
  readonly sha256: string;
  /** What is said beside the content, such as an encoded answer: small, and part of what makes an update the same one. */
  readonly head: Uint8Array;
}

export interface Upload {
  readonly kind: "upload";
  /** How many bytes are there: where the sender goes on. */
  readonly offset: number;
  /** Throws "invalid-data" beyond the claimed length, "stale-upload" when the slot has been opened anew. */
  write(chunk: Uint8Array): Promise<void>;
  /** Every byte. Throws "data-loss" and forgets the upload when it is short or its hash is another one. */
  content(): Promise<Uint8Array>;
  /**
   * Acknowledges: durable when the promise answers. Idempotent, also against the same bytes on another connection. Throws
   * "stale-round" when the round is committed, or the client has left the pass: nothing is acknowledged that cannot count.
   */
  accept(): Promise<Receipt>;
  /** Forgets the bytes: they are not acceptable. */
  reject(): Promise<void>;
}

/** The durable acknowledgement of one update. */
export interface Receipt extends Slot {
  readonly kind: "receipt";
  readonly sha256: string;
  readonly bytes: number;
  readonly head: Uint8Array;
  /** Position in the journal: a later receipt has a higher one. */
  readonly seq: number;
}

/**
 * What must be known of a round to play it again, beside its receipts:
 *
 *     selected   the cohort; asked in this order
 *     left       who left a pass of an exchange, and why; the deadline's leavers among them
 *     closed     an exchange's pass has these participants, and no others: whoever was acknowledged too late has no part in it
 */
export type Transition = { readonly round: number; readonly attempt: number } & (
  | { readonly type: "selected"; readonly cohort: readonly ClientId[] }
  | {
      readonly type: "left";
      readonly exchange: number;
      readonly pass: number;
      readonly client: ClientId;
      readonly reason: string;
    }
  | {
      readonly type: "closed";
      readonly exchange: number;
      readonly pass: number;
      readonly participants: readonly ClientId[];
    }
  | { readonly type: "abandoned"; readonly reason: string }
);

export interface Commit {
  readonly round: number;
  /** Encoded by `checkpoint.ts`. */
  readonly checkpoint: Uint8Array;
  readonly events: readonly RunEvent[];
  /** How many checkpoints of this run are kept, this one among them. */
  readonly keep: number;
}

export interface Resumption {
  readonly round: number;
  readonly checkpoint: Uint8Array;
}

export interface AuditEntry {
  /** Who did it, by the name that its certificate gives. */
  readonly actor: string;
  /** `revoke`, `adjust-run`, … */
  readonly action: string;
  readonly detail: unknown;
}
