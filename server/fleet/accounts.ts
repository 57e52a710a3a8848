/**
 * What each worker has cost since the coordinator began: bytes up and down, answers acknowledged, and how long they took from the offer
 * to the receipt. For the operator alone: metrics, which others may read, name no client.
 */
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

export class Accounts {
  /** When counting began, in ms since 1970. */
  readonly since = Date.now();
  readonly #accounts = new Map<string, Account>();

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

  #set(worker: string, change: Partial<Account>): void {
    const account = { ...this.of(worker), ...change };
    this.#accounts.delete(worker); // the newest last
    this.#accounts.set(worker, account);
    const [oldest] = this.#accounts.keys();
    if (this.#accounts.size > remembered) this.#accounts.delete(oldest!);
  }
}
