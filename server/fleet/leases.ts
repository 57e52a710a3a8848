/**
 * Leases: what is asked of a client at this moment. Whoever answers names the lease; a client may only touch its own, and one that is
 * over takes no answer any more.
 */
import { randomUUID } from "node:crypto";
import { TributaryError } from "../../shared/errors.ts";
import type { Claim } from "../store/store.ts";

/** What an answer goes into. */
export interface Intake {
  /** How many bytes are there already: where the sender goes on. */
  readonly offset: number;
  write(chunk: Uint8Array): Promise<void>;
  /** All bytes are sent: checked, made durable, acknowledged. */
  finish(): Promise<Acknowledged>;
}

export interface Acknowledged {
  readonly sha256: string;
  readonly size: number;
}

export interface Lease {
  readonly worker: () => string | undefined;
  readonly client: string;
  /** Opens the answer, or says that it has been acknowledged before. */
  open(claim: Claim): Promise<Intake | Acknowledged>;
  /** The client will not answer. */
  fail(reason: string): void;
  /** An answer was not taken to its end: it was refused, or it broke off. */
  broke(error: Error): void;
}

export interface Granted extends Lease {
  /** On the clock of `performance`, in ms. */
  readonly grantedAt: number;
}

/** So many leases that are over are remembered, to say what has become of them. */
const remembered = 4096;

export class Leases {
  readonly #open = new Map<string, Granted>();
  readonly #over = new Map<string, string>();

  grant(lease: Lease): string {
    const token = randomUUID();
    this.#open.set(token, { ...lease, grantedAt: performance.now() });
    return token;
  }

  /** `why` is what an answer that comes later is told. */
  end(token: string, why: string): void {
    if (!this.#open.delete(token)) return;
    this.#over.set(token, why);
    for (const oldest of this.#over.keys()) {
      if (this.#over.size <= remembered) break;
      this.#over.delete(oldest);
    }
  }

  /** The client will not answer: an error, or no consent. Nothing happens where the lease is over, or somebody else's. */
  giveUp(token: string, worker: string, reason: string): void {
    const lease = this.#open.get(token);
    if (lease?.worker() === worker) lease.fail(reason);
  }

  /** Throws "stale-round" when it is over, "forbidden" when it is somebody else's, "unknown-lease" when there never was one. */
  find(token: string, worker: string): Granted {
    const lease = this.#open.get(token);
    if (lease === undefined) {
      const why = this.#over.get(token);
      if (why !== undefined) throw new TributaryError("stale-round", `This answer is not wanted any more: ${why}`);
      throw new TributaryError("unknown-lease", "Expected a lease that was granted and is not over, got another");
    }
    if (lease.worker() !== worker)
      throw new TributaryError("forbidden", `The lease is of ${lease.client}, and ${worker} does not carry it`);
    return lease;
  }
}
