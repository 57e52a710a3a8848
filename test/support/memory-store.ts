/** A store that forgets with its process: the same promises as on disk (`store.ts`), but for durability. */
import { createHash } from "node:crypto";
import { TributaryError, unknownName } from "../../shared/errors.ts";
import type { RunEvent } from "../../server/events.ts";
import { placeName, type Place } from "../../server/round/place.ts";
import { alreadyTaken, isSameClaim, slotName, tooLate } from "../../server/store/slot.ts";
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
} from "../../server/store/store.ts";
import { InMemory } from "../../server/store/upload-body.ts";
import { Uploads } from "../../server/store/uploads.ts";

interface Run {
  readonly given: NewRun;
  readonly submittedAt: number;
  end: RunConclusion | undefined;
  readonly notes: Map<string, Uint8Array>;
  readonly transitions: Transition[];
  events: { seq: number; event: RunEvent }[];
  checkpoint: Resumption | undefined;
  readonly charges: Map<number, unknown>;
}

export class MemoryStore implements Store {
  readonly epoch = 1;
  readonly lost: AbortSignal = new AbortController().signal;
  accepting = true;
  readonly #runs = new Map<RunId, Run>();
  readonly #receipts = new Map<string, { receipt: Receipt; content: Uint8Array | undefined }>();
  readonly #uploads = new Uploads({
    begin: () => new InMemory(),
    acknowledge: (slot, claim, body) => this.#acknowledge(slot, claim, body),
    onDisk: (work) => work(),
  });
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #records = new Map<string, Map<string, unknown>>();
  readonly #audits: (AuditEntry & { seq: number; at: number })[] = [];
  #seq = 0;

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface's promises; there is nothing to wait for here
  async createRun(run: NewRun): Promise<void> {
    if (this.#runs.has(run.id)) throw alreadyTaken("run", run.id);
    this.#runs.set(run.id, {
      given: run,
      submittedAt: Date.now(),
      end: undefined,
      notes: new Map(),
      transitions: [],
      events: [],
      checkpoint: undefined,
      charges: new Map(),
    });
  }

  runs(): Promise<readonly RunRecord[]> {
    const records = [...this.#runs.values()].map(({ given, submittedAt, end, checkpoint }) => ({
      ...given,
      submittedAt,
      end,
      rounds: checkpoint?.round ?? 0,
    }));
    return Promise.resolve(records);
  }

  async endRun(run: RunId, end: RunConclusion): Promise<void> {
    (await this.#run(run)).end = end;
  }

  async setNote(run: RunId, name: string, value: Uint8Array): Promise<void> {
    const { notes } = await this.#run(run);
    const before = notes.get(name);
    if (before !== undefined && Buffer.compare(before, value) !== 0) throw alreadyTaken("note", name);
    notes.set(name, value.slice());
  }

  async note(run: RunId, name: string): Promise<Uint8Array | undefined> {
    return (await this.#run(run)).notes.get(name);
  }

  async receive(slot: Slot, claim: Claim): Promise<Upload | Receipt> {
    await this.#run(slot.run);
    const name = slotName(slot);
    const taken = this.#receipts.get(name);
    if (taken !== undefined) {
      if (!isSameClaim(taken.receipt, claim)) throw alreadyTaken("update", name);
      return taken.receipt;
    }
    return (await this.#uploads.open(slot, claim)) ?? (await this.receive(slot, claim));
  }

  async #acknowledge(slot: Slot, claim: Claim, body: InMemory): Promise<Receipt> {
    const name = slotName(slot);
    const taken = this.#receipts.get(name);
    if (taken !== undefined && isSameClaim(taken.receipt, claim)) return taken.receipt;
    const content = await body.read();
    this.#refuseLate(slot);
    const receipt: Receipt = { kind: "receipt", ...slot, ...claim, head: claim.head.slice(), seq: ++this.#seq };
    this.#receipts.set(name, { receipt, content });
    return receipt;
  }

  /** Nothing is acknowledged that can no longer count. The preparation, round 0, is done anew by every coordinator. */
  #refuseLate(slot: Slot): void {
    const run = this.#runs.get(slot.run);
    const { round, attempt, exchange, pass } = slot.place;
    const committed = run?.checkpoint?.round ?? 0;
    if (round > 0 && committed >= round) throw tooLate(slot, `round ${committed} is committed`);
    for (const one of run?.transitions ?? []) {
      if (one.round !== round || one.attempt !== attempt || one.type === "selected") continue;
      if (one.type === "abandoned") throw tooLate(slot, `the attempt was abandoned, ${one.reason}`);
      if (one.exchange !== exchange || one.pass !== pass) continue;
      if (one.type === "left" && one.client === slot.client) throw tooLate(slot, `the client has left, ${one.reason}`);
      if (one.type === "closed" && !one.participants.includes(slot.client))
        throw tooLate(slot, "it has been closed without this client");
    }
  }

  accepted(run: RunId, place: Place): Promise<readonly Receipt[]> {
    const found = [...this.#receipts.values()]
      .map(({ receipt }) => receipt)
      .filter((receipt) => receipt.run === run && placeName(receipt.place) === placeName(place));
    return Promise.resolve(found.sort((a, b) => (a.client < b.client ? -1 : 1)));
  }

  async content(receipt: Receipt): Promise<Uint8Array> {
    await Promise.resolve();
    const found = this.#receipts.get(slotName(receipt))?.content;
    if (found === undefined) throw new TributaryError("corrupt-journal", `${slotName(receipt)} is not in this store`);
    return found;
  }

  record(run: RunId, transition: Transition): void {
    this.#runs.get(run)?.transitions.push(transition);
  }

  async leave(run: RunId, place: Place, clients: readonly string[], reason: string): Promise<readonly string[]> {
    const known = new Set((await this.accepted(run, place)).map(({ client }) => client));
    for (const client of clients.filter((one) => !known.has(one)))
      this.record(run, { type: "left", ...place, client, reason });
    return clients.filter((client) => known.has(client));
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  async transitions(run: RunId, round: number, attempt: number): Promise<readonly Transition[]> {
    const { transitions } = await this.#run(run);
    return transitions.filter((one) => one.round === round && one.attempt === attempt);
  }

  emit(run: RunId, event: RunEvent): void {
    this.#runs.get(run)?.events.push({ seq: ++this.#seq, event });
  }

  async events(run: RunId, after = 0): Promise<readonly { readonly seq: number; readonly event: RunEvent }[]> {
    return (await this.#run(run)).events.filter(({ seq }) => seq > after);
  }

  async commit(run: RunId, { round, checkpoint, events }: Commit): Promise<void> {
    const state = await this.#run(run);
    if (state.checkpoint !== undefined && state.checkpoint.round >= round) return;
    for (const event of events) state.events.push({ seq: ++this.#seq, event });
    state.checkpoint = { round, checkpoint: checkpoint.slice() };
    for (const kept of this.#receipts.values())
      if (kept.receipt.run === run && kept.receipt.place.round <= round) kept.content = undefined;
    await this.#uploads.forgetUpTo(run, round);
  }

  async resume(run: RunId): Promise<Resumption | undefined> {
    const state = await this.#run(run);
    const round = state.checkpoint?.round ?? 0;
    state.events = state.events.filter(({ event }) => !("round" in event) || event.round <= round);
    return state.checkpoint;
  }

  async put(run: RunId, bytes: Uint8Array): Promise<string> {
    await this.#run(run);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    this.#blobs.set(sha256, bytes.slice());
    return sha256;
  }

  get(sha256: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#blobs.get(sha256));
  }

  setRecord(kind: string, key: string, value: unknown): Promise<void> {
    const kept = this.#records.get(kind) ?? new Map<string, unknown>();
    this.#records.set(kind, kept.set(key, structuredClone(value)));
    return Promise.resolve();
  }

  deleteRecord(kind: string, key: string): Promise<void> {
    this.#records.get(kind)?.delete(key);
    return Promise.resolve();
  }

  records(kind: string): Promise<ReadonlyMap<string, unknown>> {
    return Promise.resolve(new Map(this.#records.get(kind)));
  }

  async charge(run: RunId, round: number, entry: unknown): Promise<unknown> {
    const { charges } = await this.#run(run);
    if (!charges.has(round)) charges.set(round, structuredClone(entry));
    return charges.get(round);
  }

  async charges(run: RunId): Promise<readonly { readonly round: number; readonly entry: unknown }[]> {
    return [...(await this.#run(run)).charges].map(([round, entry]) => ({ round, entry }));
  }

  audit(entry: AuditEntry): void {
    this.#audits.push({ ...entry, seq: this.#audits.length + 1, at: Date.now() });
  }

  audits(after = 0): Promise<readonly (AuditEntry & { readonly seq: number; readonly at: number })[]> {
    return Promise.resolve(this.#audits.filter(({ seq }) => seq > after));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #run(id: RunId): Promise<Run> {
    const run = this.#runs.get(id);
    if (run !== undefined) return Promise.resolve(run);
    return Promise.reject(unknownName("run", id, this.#runs.keys()));
  }
}
