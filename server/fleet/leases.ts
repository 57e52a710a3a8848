/**
 * Leases: what is asked of a client at this moment. Whoever answers names the lease; a client may only touch its own, and one that is
 * over takes no answer any more.
 */
import { randomUUID } from "node:crypto";
import { TributaryError } from "../../shared/errors.ts";
import { alreadyTaken, fingerprintOf } from "../store/slot.ts";
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

/** What was acknowledged under a lease, and to whom. */
export interface Answered {
  readonly worker: string | undefined;
  readonly claim: Claim;
  readonly acknowledged: Acknowledged;
}

/** Neither the lease itself, whose opening holds a whole model, nor the answer. */
interface Over {
  readonly lease: Pick<Granted, "client" | "grantedAt">;
  readonly why: string;
  readonly answered: (Omit<Answered, "claim"> & { readonly fingerprint: string }) | undefined;
}

/** So many leases that are over are remembered, to say what has become of them, and to give a lost receipt again. */
const remembered = 4096;

export class Leases {
  readonly #open = new Map<string, Granted>();
  readonly #over = new Map<string, Over>();

  grant(lease: Lease): string {
    const token = randomUUID();
    this.#open.set(token, { ...lease, grantedAt: performance.now() });
    return token;
  }

  /** `why` is what an answer that comes later is told; the very one that was acknowledged is given its receipt again. */
  end(token: string, why: string, answered?: Answered): void {
    const lease = this.#open.get(token);
    if (lease === undefined) return;
    this.#open.delete(token);
    const { client, grantedAt } = lease;
    const kept = answered && {
      worker: answered.worker,
      fingerprint: fingerprintOf(answered.claim),
      acknowledged: answered.acknowledged,
    };
    this.#over.set(token, { lease: { client, grantedAt }, why, answered: kept });
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

  /**
   * Throws "stale-round" when it is over, "forbidden" when it is somebody else's, "unknown-lease" when there never was one. One that has
   * been answered takes the same answer once more, for another copy of its receipt; any other is refused with "already-exists".
   */
  find(token: string, worker: string): Granted {
    const lease = this.#open.get(token);
    if (lease === undefined) {
      const over = this.#over.get(token);
      if (over?.answered !== undefined && over.answered.worker === worker)
        return answeredLease(over.lease, over.answered);
      if (over !== undefined)
        throw new TributaryError("stale-round", `This answer is not wanted any more: ${over.why}`);
      throw new TributaryError("unknown-lease", "Expected a lease that was granted and is not over, got another");
    }
    if (lease.worker() !== worker)
      throw new TributaryError("forbidden", `The lease is of ${lease.client}, and ${worker} does not carry it`);
    return lease;
  }
}

const answeredLease = (
  lease: Over["lease"],
  { worker, fingerprint, acknowledged }: NonNullable<Over["answered"]>,
): Granted => ({
  ...lease,
  worker: () => worker,
  open: (claim) =>
    fingerprintOf(claim) === fingerprint
      ? Promise.resolve(acknowledged)
      : Promise.reject(alreadyTaken("answer of", lease.client)),
  fail: () => undefined,
  broke: () => undefined,
});
