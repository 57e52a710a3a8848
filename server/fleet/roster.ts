/**
 * The roster: who is connected at this moment, under which identity. No stream or socket type appears here: a connection is a `Link`
 * that orders can be sent through. One identity has one link: when a second one comes, the newest wins, and the older is sent away.
 *
 * A peer that says nothing for `silenceMs` is taken for gone, whatever its socket claims: half-open connections end here. Time in which
 * this process itself stood still (stopped, or starved of its processor) is nobody's silence.
 */
import type { Order, Signal } from "../../shared/protocol/orders.ts";
import type { Logger } from "../telemetry/logger.ts";

export interface Link {
  send(order: Order): void;
  /** Ends it; nothing is sent after. */
  close(): void;
}

export interface RosterListener {
  arrived?(worker: string): void;
  left?(worker: string, reason: string): void;
  signalled?(worker: string, signal: Signal): void;
}

interface Entry {
  readonly link: Link;
  readonly since: number;
  heardAt: number;
  doing: string;
}

export interface RosterOptions {
  readonly heartbeatMs: number;
  readonly silenceMs: number;
  readonly now: () => number;
  readonly log: Logger;
}

/** So many ms a new connection takes with mTLS on two cores, and a little more. */
const betweenReturnsMs = 8;

/** Found within 15 s: silence of 12 s, looked for every second. */
export const defaultPresence = { heartbeatMs: 4000, silenceMs: 12_000 } as const;

export interface Presence {
  readonly worker: string;
  readonly connectedMs: number;
  readonly silentMs: number;
  readonly doing: string;
}

export class Roster implements Disposable {
  readonly #options: RosterOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<RosterListener>();
  readonly #timer: NodeJS.Timeout;
  readonly #everyMs: number;
  #beatAt: number;
  #lookedAt: number;

  constructor(options: RosterOptions) {
    this.#options = options;
    this.#beatAt = this.#lookedAt = options.now();
    this.#everyMs = Math.min(1000, options.silenceMs / 4);
    this.#timer = setInterval(() => {
      this.#look();
    }, this.#everyMs);
    this.#timer.unref();
  }

  /** Whoever is connected, sorted. */
  get workers(): readonly string[] {
    return [...this.#entries.keys()].sort();
  }

  has(worker: string): boolean {
    return this.#entries.has(worker);
  }

  /** Undefined when nobody of this name is connected. */
  presenceOf(worker: string): Presence | undefined {
    const entry = this.#entries.get(worker);
    if (entry === undefined) return undefined;
    const now = this.#options.now();
    return { worker, connectedMs: now - entry.since, silentMs: now - entry.heardAt, doing: entry.doing };
  }

  /** Takes note of a connection; what it returns hears of its signals and of its end. */
  attend(worker: string, link: Link): { signal(signal: Signal): void; end(reason: string): void } {
    const now = this.#options.now();
    const before = this.#entries.get(worker);
    if (before !== undefined) {
      this.#options.log.warn({ worker }, "the same worker connected again: the newest connection wins");
      before.link.send({ kind: "goodbye", reason: `${worker} has connected anew elsewhere` });
      before.link.close();
      this.#tell("left", worker, "connected anew");
    }
    const entry: Entry = { link, since: now, heardAt: now, doing: "" };
    this.#entries.set(worker, entry);
    this.#options.log.info({ worker, connected: this.#entries.size }, "worker connected");
    for (const listener of this.#listeners) listener.arrived?.(worker);
    const isCurrent = (): boolean => this.#entries.get(worker) === entry;
    return {
      signal: (signal) => {
        if (!isCurrent()) return;
        entry.heardAt = this.#options.now();
        if (signal.kind === "heartbeat") entry.doing = signal.doing;
        for (const listener of this.#listeners) listener.signalled?.(worker, signal);
      },
      end: (reason) => {
        if (isCurrent()) this.#remove(worker, reason);
      },
    };
  }

  /** False when there is nobody of this name. */
  send(worker: string, order: Order): boolean {
    const entry = this.#entries.get(worker);
    entry?.link.send(order);
    return entry !== undefined;
  }

  /** Sends everyone away, to come back after a while: one after the other, since all at once would be a stampede. */
  dismiss(reason: string, returnAfterMs: number): void {
    let turn = 0;
    for (const { link } of this.#entries.values()) {
      link.send({ kind: "goodbye", reason, returnAfterMs: returnAfterMs + turn++ * betweenReturnsMs });
      link.close();
    }
    this.#entries.clear();
  }

  listen(listener: RosterListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** Heartbeats out, and the silent away. */
  #look(): void {
    const { heartbeatMs, silenceMs, now } = this.#options;
    const time = now();
    const beats = time - this.#beatAt >= heartbeatMs;
    if (beats) this.#beatAt = time;
    const stoodStillMs = time - this.#lookedAt - this.#everyMs;
    this.#lookedAt = time;
    if (stoodStillMs > this.#everyMs) for (const entry of this.#entries.values()) entry.heardAt += stoodStillMs;
    for (const [worker, { link, heardAt }] of this.#entries) {
      if (time - heardAt >= silenceMs) {
        link.close();
        this.#remove(worker, `silent for ${Math.round((time - heardAt) / 1000)} s`);
      } else if (beats) link.send({ kind: "heartbeat" });
    }
  }

  #remove(worker: string, reason: string): void {
    this.#entries.delete(worker);
    this.#options.log.info({ worker, reason, connected: this.#entries.size }, "worker left");
    this.#tell("left", worker, reason);
  }

  #tell(what: "left", worker: string, reason: string): void {
    for (const listener of this.#listeners) listener[what]?.(worker, reason);
  }
}
