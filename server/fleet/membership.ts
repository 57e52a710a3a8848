/**
 * The clients of one run, and which connected worker carries each. In placement `client` a worker is the client of its own name; in
 * placement `coordinator` clients are shards, dealt out evenly among the workers that are there, and dealt anew when one is gone.
 *
 * A client is ready once its worker has joined it on its present connection: it has the rows, and has said how many. One that comes
 * back is invited anew, and must come back with the same rows. Whoever else comes is told why it has no part in the run, or, where more
 * may join, is invited as well and becomes a member once it is `admit`ted (`server/run/late-joiners.ts`).
 */
import { TributaryError } from "../../shared/errors.ts";
import type { Invitation, Joined, Order } from "../../shared/protocol/orders.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Roster } from "./roster.ts";

export interface MembershipOptions {
  readonly run: string;
  readonly roster: Roster;
  /** The clients by name; or, where each comes with its own rows, how many of whoever comes first. */
  readonly clients: readonly string[] | { readonly count: number };
  readonly placement: "client" | "coordinator";
  /** placement coordinator: so many workers are waited for before the shards are dealt out. */
  readonly workers: number;
  /** Throws where this one cannot be asked to take part. */
  readonly invite: (client: string) => Invitation;
  /** placement client: those who came late before a restart, awaited as the others are; nobody may come late where it is left out. */
  readonly late?: readonly string[] | undefined;
  /** How many rows clients have been said to have before a restart. @default nobody has said anything yet */
  readonly known?: ReadonlyMap<string, RowCounts>;
  readonly log: Logger;
}

export type RowCounts = Pick<Joined, "trainRows" | "testRows">;

export interface MembershipListener {
  ready(client: string): void;
  gone(client: string, reason: string): void;
}

export class Membership implements Disposable {
  readonly #options: MembershipOptions;
  readonly #joined = new Map<string, Joined>();
  readonly #ready = new Set<string>();
  readonly #carriers = new Map<string, string>();
  readonly #declined = new Map<string, string>();
  /** Those who are here and have no part in the run, and why. */
  readonly #turnedAway = new Map<string, string>();
  readonly #listeners = new Set<MembershipListener>();
  readonly #subscription: Disposable;
  #clients: readonly string[] | undefined;
  #onProgress: () => void = () => undefined;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#clients = "count" in options.clients ? undefined : [...options.clients].sort();
    this.#subscription = options.roster.listen({
      arrived: () => {
        this.#deal();
      },
      left: (worker, reason) => {
        this.#lose(worker, reason);
      },
      signalled: (worker, signal) => {
        if (!("run" in signal) || signal.run !== options.run || this.#carriers.get(signal.client) !== worker) return;
        if (signal.kind === "joined") this.#join(signal);
        else this.#decline(signal.client, signal.reason);
      },
    });
    this.#deal();
  }

  /** Sorted. Everyone of the run, or whoever has joined so far. */
  get clients(): readonly string[] {
    return this.#clients ?? [...this.#joined.keys()].sort();
  }

  isReady(client: string): boolean {
    return this.#ready.has(client);
  }

  carrier(client: string): string | undefined {
    return this.#carriers.get(client);
  }

  /** Those of the run that have not joined yet, by name where they have one; sorted. */
  missing(): readonly string[] {
    return this.#awaited().filter((client) => !this.#joined.has(client));
  }

  /** What a client that is ready has said of its rows. */
  rowsOf(client: string): Joined | undefined {
    return this.#joined.get(client);
  }

  /** Those who are here and are no members, though they could be. */
  candidates(): readonly string[] {
    return [...this.#ready].filter((client) => this.#clients?.includes(client) === false).sort();
  }

  /** From now on it is a member. */
  admit(client: string): void {
    if (!this.clients.includes(client)) this.#clients = [...this.clients, client].sort();
  }

  /** It has no part in the run, as it is: it is told so, and is asked again on its next connection. */
  turnAway(worker: string, reason: string): void {
    this.#carriers.delete(worker);
    this.#ready.delete(worker);
    this.#tellAside(worker, reason);
  }

  /** Who is connected and has no part in the run, and why; sorted. */
  turnedAway(): readonly { readonly client: string; readonly reason: string }[] {
    return [...this.#turnedAway].sort().map(([client, reason]) => ({ client, reason }));
  }

  /** Why a client has declined to take part; undefined while it has not. */
  refusalOf(client: string): string | undefined {
    return this.#declined.get(client);
  }

  /** False when its worker is not there. */
  send(client: string, order: Order): boolean {
    const worker = this.#carriers.get(client);
    return worker !== undefined && this.#options.roster.send(worker, order);
  }

  listen(listener: MembershipListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** What everybody has said of its rows, sorted by client; once everyone is there. Rejects with `signal.reason`. */
  async gather(signal: AbortSignal): Promise<readonly Joined[]> {
    while (this.waitingFor() !== undefined) {
      signal.throwIfAborted();
      await new Promise<void>((done) => {
        const wake = (): void => {
          signal.removeEventListener("abort", wake);
          done();
        };
        this.#onProgress = wake;
        signal.addEventListener("abort", wake);
      });
    }
    const { clients } = this.#options;
    if ("count" in clients) this.#clients ??= this.clients.slice(0, clients.count);
    this.#deal(); // whoever came beyond that number
    return this.clients.map((client) => this.#joined.get(client)!);
  }

  /** Why the run cannot start yet, in words; undefined when everyone has joined. */
  waitingFor(): string | undefined {
    const { clients, workers, placement, roster } = this.#options;
    if ("count" in clients) {
      const missing = clients.count - this.#joined.size;
      return missing > 0 ? `waiting for ${missing} more of ${clients.count} clients${this.#refusals()}` : undefined;
    }
    if (placement === "coordinator" && this.#carriers.size === 0)
      return `waiting for ${workers - roster.workers.length} more of ${workers} workers`;
    const missing = this.missing();
    if (missing.length === 0) return undefined;
    const named = missing.slice(0, 3).join(", ") + (missing.length > 3 ? ", …" : "");
    return `waiting for ${missing.length} of ${this.#awaited().length} clients (${named})${this.#refusals()}`;
  }

  /** Tells every worker of the run that it is over. */
  dismiss(reason: string): void {
    for (const worker of new Set(this.#carriers.values()))
      this.#options.roster.send(worker, { kind: "dismissal", run: this.#options.run, reason, over: true });
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #tellAside(worker: string, reason: string): void {
    const { roster, run, log } = this.#options;
    if (this.#turnedAway.has(worker)) return;
    this.#turnedAway.set(worker, reason);
    log.info({ run, worker, reason }, "worker has no part in the run");
    roster.send(worker, { kind: "dismissal", run, reason, over: false });
  }

  #awaited(): readonly string[] {
    return [...(this.#clients ?? []), ...(this.#options.late ?? [])].sort();
  }

  #refusals(): string {
    const [first] = this.#declined;
    return first === undefined ? "" : `; ${first[0]} declined: ${first[1]}`;
  }

  /** Gives every client without a carrier one that is there, and invites it. */
  #deal(): void {
    const { roster, placement, workers } = this.#options;
    const present = roster.workers;
    if (placement === "client") {
      for (const worker of present) this.#welcome(worker);
      return;
    }
    if (present.length === 0 || (this.#joined.size === 0 && present.length < workers)) return;
    const load = new Map(present.map((worker) => [worker, 0]));
    for (const worker of this.#carriers.values()) load.set(worker, (load.get(worker) ?? 0) + 1);
    for (const client of this.#clients ?? []) {
      if (this.#carriers.has(client)) continue;
      const least = present.reduce((a, b) => (load.get(b)! < load.get(a)! ? b : a));
      load.set(least, load.get(least)! + 1);
      this.#assign(client, least);
    }
    const carrying = new Set(this.#carriers.values());
    for (const worker of present.filter((one) => !carrying.has(one)))
      this.#tellAside(worker, "every shard has its worker: this one takes over when another one is gone");
  }

  /** A worker with rows of its own: invited where it is one of the run, or may become one. */
  #welcome(worker: string): void {
    const { late } = this.#options;
    if (late !== undefined || this.#clients === undefined || this.#clients.includes(worker)) {
      if (!this.#carriers.has(worker) && !this.#turnedAway.has(worker)) this.#assign(worker, worker);
      return;
    }
    const named = this.#clients.slice(0, 5).join(", ") + (this.#clients.length > 5 ? ", …" : "");
    const how = "federation.clients.joining: open would let others join";
    this.turnAway(worker, `the run is for ${named}, and closed to others, ${worker} among them (${how})`);
  }

  #assign(client: string, worker: string): void {
    const { roster, invite } = this.#options;
    try {
      const invitation = invite(client);
      this.#carriers.set(client, worker);
      this.#turnedAway.delete(worker);
      roster.send(worker, invitation);
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error;
      this.turnAway(worker, error.message);
    }
  }

  #join(joined: Joined): void {
    const { client } = joined;
    const before = this.#joined.get(client);
    const expected = before ?? this.#options.known?.get(client);
    if (expected !== undefined && (expected.trainRows !== joined.trainRows || expected.testRows !== joined.testRows)) {
      const rows = ({ trainRows, testRows }: RowCounts): string =>
        `${trainRows} for training and ${testRows} for tests`;
      const reason = `its rows are not those it had: expected ${rows(expected)}, got ${rows(joined)}`;
      this.send(client, { kind: "dismissal", run: this.#options.run, reason, over: false });
      this.#decline(client, reason);
      return;
    }
    this.#joined.set(client, before ?? joined);
    this.#declined.delete(client);
    this.#ready.add(client);
    this.#options.log.info({ run: this.#options.run, client, trainRows: joined.trainRows }, "client joined");
    for (const listener of this.#listeners) listener.ready(client);
    this.#onProgress();
  }

  #decline(client: string, reason: string): void {
    if (this.#clients !== undefined && !this.#awaited().includes(client)) {
      this.turnAway(client, reason); // it came late, and nobody waits for it
      return;
    }
    this.#declined.set(client, reason);
    this.#ready.delete(client);
    this.#options.log.warn({ run: this.#options.run, client, reason }, "client declined");
    for (const listener of this.#listeners) listener.gone(client, `declined: ${reason}`);
    this.#onProgress();
  }

  #lose(worker: string, reason: string): void {
    this.#turnedAway.delete(worker);
    const lost = [...this.#carriers].filter(([, carrier]) => carrier === worker).map(([client]) => client);
    for (const client of lost) {
      this.#carriers.delete(client);
      this.#ready.delete(client);
      for (const listener of this.#listeners) listener.gone(client, reason);
    }
    if (this.#options.placement === "coordinator") this.#deal();
  }
}
