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
import { lockDirectory, type Lock } from "./lock.ts";
import type { Content } from "./round-rows.ts";
import { StoreGuard } from "./store-guard.ts";
import type {
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
  readonly #guard: StoreGuard;
  readonly #contents: DiskContents;
  readonly #uploads: Uploads<InMemory | InFile>;

  private constructor(folder: string, parts: { lock: Lock; space: DiskSpace; journal: Journal; blobs: Blobs }) {
    this.folder = folder;
    this.#lock = parts.lock;
    this.#space = parts.space;
    this.#journal = parts.journal;
    const guard = new StoreGuard(folder, parts);
    this.#guard = guard;
    const onDisk = guard.onDisk.bind(guard);
    this.#contents = new DiskContents(parts.blobs, parts.journal, onDisk);
    this.#uploads = new Uploads({
      begin: ({ bytes }) => this.#contents.begin(bytes),
      acknowledge: (slot, claim, body) =>
        this.#contents.keepUpload(body, (content) => this.#guard.write("accept", { slot, claim, content })),
      onDisk,
    });
  }

  /**
   * Throws "locked" when another daemon has the folder, "corrupt-journal" when what is in it is not what was written,
   * "newer-version", or "disk-full". Nothing is changed by then.
   */
  static async open(folder: string, { log, takeOver = false }: DiskStoreOptions): Promise<DiskStore> {
    makeFolder(folder, 0o700);
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
    const { unused, bytes } = await this.#guard.ask("retain", { budgetBytes });
    this.#contents.sweep(unused);
    return bytes;
  }

  get epoch(): number {
    return this.#journal.opened.epoch;
  }

  get lost(): AbortSignal {
    return this.#guard.lost;
  }

  get accepting(): boolean {
    return this.#space.accepting;
  }

  createRun(run: NewRun): Promise<void> {
    return this.#guard.write("createRun", run);
  }

  runs(): Promise<readonly RunRecord[]> {
    return this.#guard.ask("runs", null);
  }

  async endRun(run: RunId, end: RunConclusion): Promise<void> {
    const unused = await this.#guard.onceThereIsRoom(() => this.#guard.ask("endRun", { run, end }));
    await this.#uploads.forgetUpTo(run, Infinity);
    this.#contents.sweep(unused);
  }

  setNote(run: RunId, name: string, value: Uint8Array): Promise<void> {
    return this.#guard.write("setNote", { run, name, value });
  }

  note(run: RunId, name: string): Promise<Uint8Array | undefined> {
    return this.#guard.ask("note", { run, name });
  }

  async receive(slot: Slot, claim: Claim): Promise<Upload | Receipt> {
    for (;;) {
      const receipt = await this.#guard.ask("receiptFor", { slot, claim });
      if (receipt !== undefined) return receipt;
      this.#space.mustAccept();
      const upload = await this.#uploads.open(slot, claim);
      if (upload !== undefined) return upload;
    }
  }

  accepted(run: RunId, place: Place): Promise<readonly Receipt[]> {
    return this.#guard.ask("accepted", { run, place });
  }

  async content({ sha256, ...receipt }: Receipt): Promise<Uint8Array> {
    const found = await this.get(sha256);
    if (found !== undefined) return found;
    const what = `${receipt.client}, round ${receipt.place.round}`;
    throw new TributaryError("corrupt-journal", `The update of ${what} is not kept any more: its round is committed`);
  }

  record(run: RunId, transition: Transition): void {
    this.#guard.tell("record", { run, transition });
  }

  leave(run: RunId, place: Place, clients: readonly string[], reason: string): Promise<readonly string[]> {
    return this.#guard.onceThereIsRoom(() => this.#guard.ask("leave", { run, place, clients, reason }));
  }

  async settle(): Promise<void> {
    await this.#guard.onceThereIsRoom(() => this.#guard.ask("settle", null));
    failpoint("round.closed");
  }

  transitions(run: RunId, round: number, attempt: number): Promise<readonly Transition[]> {
    return this.#guard.ask("transitions", { run, round, attempt });
  }

  emit(run: RunId, event: RunEvent): void {
    this.#guard.tell("emit", { run, event });
  }

  events(run: RunId, after = 0): Promise<readonly { readonly seq: number; readonly event: RunEvent }[]> {
    return this.#guard.ask("events", { run, after });
  }

  async commit(run: RunId, { checkpoint, ...commit }: Commit): Promise<void> {
    failpoint("round.stepped");
    const write = (content: Content): Promise<string[]> => this.#guard.write("commit", { run, commit, content });
    const unused = await this.#guard.onceThereIsRoom(() => this.#contents.keep(checkpoint, write));
    failpoint("round.committed");
    await this.#uploads.forgetUpTo(run, commit.round);
    this.#contents.sweep(unused);
  }

  async resume(run: RunId): Promise<Resumption | undefined> {
    const found = await this.#guard.ask("resume", run);
    if (found === undefined) return undefined;
    return { round: found.round, checkpoint: await this.#contents.read(found.content) };
  }

  put(run: RunId, bytes: Uint8Array): Promise<string> {
    return this.#contents.keep(bytes, async (content) => {
      await this.#guard.write("put", { run, content });
      return content.sha256;
    });
  }

  async get(sha256: string): Promise<Uint8Array | undefined> {
    const content = await this.#guard.ask("contentOf", sha256);
    return content === undefined ? undefined : this.#contents.read(content);
  }

  setRecord(kind: string, key: string, value: unknown): Promise<void> {
    return this.#guard.write("setRecord", { kind, key, value });
  }

  deleteRecord(kind: string, key: string): Promise<void> {
    return this.#guard.write("deleteRecord", { kind, key });
  }

  records(kind: string): Promise<ReadonlyMap<string, unknown>> {
    return this.#guard.ask("records", kind);
  }

  charge(run: RunId, round: number, entry: unknown): Promise<unknown> {
    return this.#guard.write("charge", { run, round, entry });
  }

  charges(run: RunId): Promise<readonly { readonly round: number; readonly entry: unknown }[]> {
    return this.#guard.ask("charges", run);
  }

  audit(entry: AuditEntry): void {
    this.#guard.tell("audit", entry);
  }

  audits(after = 0): Promise<readonly (AuditEntry & { readonly seq: number; readonly at: number })[]> {
    return this.#guard.ask("audits", after);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#space[Symbol.dispose]();
    this.#guard.close();
    await this.#contents.settled();
    await this.#journal[Symbol.asyncDispose]();
    this.#lock[Symbol.dispose]();
  }
}
