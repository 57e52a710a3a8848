/**
 * The store on disk: one folder for one daemon.
 *
 *     lock                 who has it (`lock.ts`)
 *     journal.db           SQLite: runs, rounds, receipts, commits, ledger, audit; small contents (`schema.ts`)
 *     blobs/<sha256>       large contents (`blobs.ts`)
 *     uploads/*.partial    what is on its way in
 *     reserve              16 MB, given back when the disk is full (`disk-space.ts`)
 *
 *     await using store = await DiskStore.open("/var/lib/tributary", { log });
 */
import { TributaryError } from "../../shared/errors.ts";
import type { RunEvent } from "../events.ts";
import type { Place } from "../round/place.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Blobs } from "./blobs.ts";
import { DiskContents } from "./disk-contents.ts";
import { DiskSpace } from "./disk-space.ts";
import { makeFolder } from "./durable.ts";
import { failpoint } from "./failpoints.ts";
import { Journal } from "./journal.ts";
import type { InputOf, OperationName, OutputOf } from "./operations.ts";
import { lockDirectory, type Lock } from "./lock.ts";
import type { Content } from "./round-rows.ts";
import type {
  Adjustment,
  AuditEntry,
  Claim,
  Commit,
  NewRun,
  Receipt,
  Resumption,
  RunConclusion,
  RunId,
  RunRecord,
  Slot,
  Store,
  Transition,
  Upload,
} from "./store.ts";
import type { InFile, InMemory } from "./upload-body.ts";
import { Uploads } from "./uploads.ts";

export interface DiskStoreOptions {
  readonly log: Logger;
  /** Take the folder from a daemon that may be alive: it is fenced off. @default false */
  readonly takeOver?: boolean;
}

export class DiskStore implements Store {
  readonly folder: string;
  readonly #lock: Lock;
  readonly #space: DiskSpace;
  readonly #journal: Journal;
  readonly #contents: DiskContents;
  readonly #uploads: Uploads<InMemory | InFile>;
  readonly #lost = new AbortController();
  readonly #closed = new AbortController();

  private constructor(folder: string, parts: { lock: Lock; space: DiskSpace; journal: Journal; blobs: Blobs }) {
    this.folder = folder;
    this.#lock = parts.lock;
    this.#space = parts.space;
    this.#journal = parts.journal;
    const onDisk = <T>(work: () => Promise<T>): Promise<T> => this.#onDisk(work);
    this.#contents = new DiskContents(parts.blobs, parts.journal, onDisk);
    this.#uploads = new Uploads({
      begin: ({ bytes }) => this.#contents.begin(bytes),
      acknowledge: (slot, claim, body) =>
        this.#contents.keepUpload(body, (content) => this.#write("accept", { slot, claim, content })),
      onDisk,
    });
    const { lost } = parts.journal;
    lost.addEventListener("abort", () => {
      this.#lost.abort(lost.reason);
    });
  }

  /**
   * Throws "locked" when another daemon has the folder, "corrupt-journal" when what is in it is not what was written,
   * "newer-version", or "disk-full". Nothing is changed by then.
   */
  static async open(folder: string, { log, takeOver = false }: DiskStoreOptions): Promise<DiskStore> {
    makeFolder(folder);
    const lock = lockDirectory(folder, { takeOver });
    failpoint("start.locked");
    try {
      const space = new DiskSpace(folder, log);
      const blobs = new Blobs(folder);
      lock.mustBeMine();
      const journal = await Journal.open(folder, log);
      const { epoch, migratedFrom, torn } = journal.opened;
      if (torn > 0)
        log.warn({ folder, frames: torn }, "the journal ended in an unfinished transaction, which is cut off");
      if (migratedFrom !== undefined)
        log.info({ folder, from: migratedFrom }, "the journal was brought to this version");
      const left = await blobs.clearUploads();
      const store = new DiskStore(folder, { lock, space, journal, blobs });
      const swept = await journal.ask("sweep", await blobs.list());
      failpoint("start.swept");
      log.info({ folder, epoch, unfinished: left, unused: swept }, "the store is open");
      return store;
    } catch (error) {
      lock.giveBack();
      throw error;
    }
  }

  /** Lets runs that are over give way (`retention.ts`) until the store is within its budget; answers with its size afterwards, in bytes. */
  async retain(budgetBytes: number): Promise<number> {
    const { unused, bytes } = await this.#ask("retain", { budgetBytes });
    this.#contents.sweep(unused);
    return bytes;
  }

  get epoch(): number {
    return this.#journal.opened.epoch;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get accepting(): boolean {
    return this.#space.accepting;
  }

  createRun(run: NewRun): Promise<void> {
    return this.#write("createRun", run);
  }

  runs(): Promise<readonly RunRecord[]> {
    return this.#ask("runs", null);
  }

  async endRun(run: RunId, end: RunConclusion): Promise<void> {
    const unused = await this.#onceThereIsRoom(() => this.#ask("endRun", { run, end }));
    await this.#uploads.forgetUpTo(run, Infinity);
    this.#contents.sweep(unused);
  }

  setNote(run: RunId, name: string, value: Uint8Array): Promise<void> {
    return this.#write("setNote", { run, name, value });
  }

  note(run: RunId, name: string): Promise<Uint8Array | undefined> {
    return this.#ask("note", { run, name });
  }

  async receive(slot: Slot, claim: Claim): Promise<Upload | Receipt> {
    const receipt = await this.#ask("receiptFor", { slot, claim });
    if (receipt !== undefined) return receipt;
    this.#space.mustAccept();
    return this.#uploads.open(slot, claim);
  }

  accepted(run: RunId, place: Place): Promise<readonly Receipt[]> {
    return this.#ask("accepted", { run, place });
  }

  async content({ sha256, ...receipt }: Receipt): Promise<Uint8Array> {
    const found = await this.get(sha256);
    if (found !== undefined) return found;
    const what = `${receipt.client}, round ${receipt.place.round}`;
    throw new TributaryError("corrupt-journal", `The update of ${what} is not kept any more: its round is committed`);
  }

  record(run: RunId, transition: Transition): void {
    this.#journal.tell("record", { run, transition });
  }

  leave(run: RunId, place: Place, clients: readonly string[], reason: string): Promise<readonly string[]> {
    return this.#onceThereIsRoom(() => this.#ask("leave", { run, place, clients, reason }));
  }

  async settle(): Promise<void> {
    await this.#onceThereIsRoom(() => this.#ask("settle", null));
    failpoint("round.closed");
  }

  transitions(run: RunId, round: number, attempt: number): Promise<readonly Transition[]> {
    return this.#ask("transitions", { run, round, attempt });
  }

  emit(run: RunId, event: RunEvent): void {
    this.#journal.tell("emit", { run, event });
  }

  events(run: RunId, after = 0): Promise<readonly { readonly seq: number; readonly event: RunEvent }[]> {
    return this.#ask("events", { run, after });
  }

  async commit(run: RunId, { checkpoint, ...commit }: Commit): Promise<void> {
    failpoint("round.stepped");
    const write = (content: Content): Promise<string[]> => this.#write("commit", { run, commit, content });
    const unused = await this.#onceThereIsRoom(() => this.#contents.keep(checkpoint, write));
    failpoint("round.committed");
    await this.#uploads.forgetUpTo(run, commit.round);
    this.#contents.sweep(unused);
  }

  async resume(run: RunId): Promise<Resumption | undefined> {
    const found = await this.#ask("resume", run);
    if (found === undefined) return undefined;
    return { round: found.round, checkpoint: await this.#contents.read(found.content) };
  }

  put(run: RunId, bytes: Uint8Array): Promise<string> {
    return this.#contents.keep(bytes, async (content) => {
      await this.#write("put", { run, content });
      return content.sha256;
    });
  }

  async get(sha256: string): Promise<Uint8Array | undefined> {
    const content = await this.#ask("contentOf", sha256);
    return content === undefined ? undefined : this.#contents.read(content);
  }

  setRecord(kind: string, key: string, value: unknown): Promise<void> {
    return this.#write("setRecord", { kind, key, value });
  }

  deleteRecord(kind: string, key: string): Promise<void> {
    return this.#write("deleteRecord", { kind, key });
  }

  records(kind: string): Promise<ReadonlyMap<string, unknown>> {
    return this.#ask("records", kind);
  }

  adjust(run: RunId, adjustment: Adjustment): Promise<number> {
    return this.#write("adjust", { run, adjustment });
  }

  adjustments(run: RunId): Promise<readonly (Adjustment & { readonly seq: number; readonly at: number })[]> {
    return this.#ask("adjustments", run);
  }

  charge(run: RunId, round: number, entry: unknown): Promise<unknown> {
    return this.#write("charge", { run, round, entry });
  }

  charges(run: RunId): Promise<readonly { readonly round: number; readonly entry: unknown }[]> {
    return this.#ask("charges", run);
  }

  audit(entry: AuditEntry): void {
    this.#journal.tell("audit", entry);
  }

  audits(after = 0): Promise<readonly (AuditEntry & { readonly seq: number; readonly at: number })[]> {
    return this.#ask("audits", after);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#space[Symbol.dispose]();
    this.#closed.abort(new TributaryError("interrupted", `The store ${this.folder} is closed`));
    await this.#contents.settled();
    await this.#journal[Symbol.asyncDispose]();
    this.#lock[Symbol.dispose]();
  }

  #ask<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>> {
    return this.#onDisk(() => this.#journal.ask(name, input));
  }

  /** As `#ask`, refused while the disk is full. */
  async #write<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>> {
    this.#space.mustAccept();
    return this.#ask(name, input);
  }

  /** A round that is under way waits for a full disk to be freed: what was acknowledged for it is kept meanwhile. */
  async #onceThereIsRoom<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof TributaryError && error.code === "disk-full")) throw error;
        await this.#space.freed(AbortSignal.any([this.#lost.signal, this.#closed.signal]));
      }
    }
  }

  /** What goes wrong on disk: a full one stops acceptance, anything else ends the process, since nothing is known of what is on it. */
  async #onDisk<T>(work: () => Promise<T>): Promise<T> {
    this.#lost.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "ENOSPC" || code === "EDQUOT" || code === "disk-full") {
        this.#space.exhausted();
        throw new TributaryError(
          "disk-full",
          `The disk of ${this.folder} is full: nothing is accepted until space is freed`,
          {
            cause: error,
          },
        );
      }
      if (error instanceof TributaryError || code === "EMFILE" || code === "ENFILE") throw error;
      const failure = new TributaryError("storage-failed", `${this.folder} cannot be written: ${String(error)}`, {
        cause: error,
      });
      this.#lost.abort(failure);
      throw failure;
    }
  }
}
