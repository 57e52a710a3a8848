/**
 * What each worker has cost: bytes up and down, answers acknowledged, and how long they took from the offer to the receipt. For the operator
 * alone: metrics, which others may read, name no client.
 *
 * Kept in the store, where it is written once a minute and when the coordinator ends: a crash forgets what the last minute has added.
 */
import type { Store } from "../store/store.ts";
import type { Logger } from "../telemetry/logger.ts";

export interface Account {
  readonly worker: string;
  readonly upBytes: number;
  readonly downBytes: number;
  readonly answers: number;
  /** From offers to their receipts, all together. */
  readonly answeringMs: number;
}

const nothing = { upBytes: 0, downBytes: 0, answers: 0, answeringMs: 0 };

/** So many workers are remembered: beyond it, whoever moved nothing for the longest time is forgotten. */
const remembered = 20_000;
const everyMs = 60_000;
const kind = "account";
const sinceKind = "accounts-since";

type Keep = Pick<Store, "records" | "setRecord" | "deleteRecord">;

export class Accounts implements AsyncDisposable {
  /** When counting began, in ms since 1970. */
  readonly since: number;
  readonly #store: Keep;
  readonly #log: Logger;
  readonly #accounts: Map<string, Account>;
  readonly #changed = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  private constructor(store: Keep, log: Logger, since: number, accounts: Map<string, Account>) {
    this.since = since;
    this.#store = store;
    this.#log = log;
    this.#accounts = accounts;
    this.#timer = setInterval(() => void this.keep(), everyMs).unref();
  }

  /** With what earlier coordinators on this store have counted. */
  static async open(store: Keep, log: Logger): Promise<Accounts> {
    const known = await store.records(sinceKind);
    const since = Number(known.get("first") ?? Date.now());
    if (known.size === 0) await store.setRecord(sinceKind, "first", since);
    const accounts = [...(await store.records(kind))] as [string, Account][]; // what keep() has written
    return new Accounts(store, log, since, new Map(accounts));
  }

  moved(worker: string, direction: "up" | "down", bytes: number): void {
    const { upBytes, downBytes } = this.of(worker);
    this.#set(worker, direction === "up" ? { upBytes: upBytes + bytes } : { downBytes: downBytes + bytes });
  }

  answered(worker: string, ms: number): void {
    const { answers, answeringMs } = this.of(worker);
    this.#set(worker, { answers: answers + 1, answeringMs: answeringMs + ms });
  }

  of(worker: string): Account {
    return this.#accounts.get(worker) ?? { worker, ...nothing };
  }

  /** Whoever has moved something, sorted. */
  get workers(): readonly string[] {
    return [...this.#accounts.keys()].sort();
  }

  /** Writes what has changed since the last time. */
  async keep(): Promise<void> {
    const changed = [...this.#changed];
    this.#changed.clear();
    const written = await Promise.allSettled(
      changed.map((worker) =>
        this.#accounts.has(worker)
          ? this.#store.setRecord(kind, worker, this.of(worker))
          : this.#store.deleteRecord(kind, worker),
      ),
    );
    written.forEach(({ status }, i) => {
      if (status === "rejected") this.#changed.add(changed[i]!); // a full disk: with the next ones
    });
    const failed = written.filter(({ status }) => status === "rejected").length;
    if (failed > 0) this.#log.warn({ failed }, "what clients have cost could not be written");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.keep();
  }

  #set(worker: string, change: Partial<Account>): void {
    const account = { ...this.of(worker), ...change };
    this.#accounts.delete(worker); // the newest last
    this.#accounts.set(worker, account);
    this.#changed.add(worker);
    const [oldest] = this.#accounts.keys();
    if (this.#accounts.size <= remembered) return;
    this.#accounts.delete(oldest!);
    this.#changed.add(oldest!);
  }
}
