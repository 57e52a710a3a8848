import type { Random } from "../../shared/random.ts";
import { TributaryError } from "../../shared/errors.ts";
import type { ClientId } from "../round/round.ts";
import type { Flight } from "./asynchrony.ts";

export interface WindowOptions {
  /** Steps taken before. */
  readonly version: number;
  /** Sorted. */
  readonly members: readonly ClientId[];
  /** Arrivals that make a step. */
  readonly size: number;
  readonly concurrency: number;
  readonly maxStaleness: number;
  /** The window's own fork. */
  readonly random: Random;
  /** How long a client takes for the work it begins now. */
  readonly seconds: (client: ClientId) => number;
}

export interface Window {
  /** Who begins on this version; nobody twice. */
  readonly starters: readonly Flight[];
  /** Who arrives, in order. */
  readonly arrivals: readonly Flight[];
  /** Those too stale to count. */
  readonly dropped: readonly Flight[];
  /** Who is still at work when the step is taken. */
  readonly flying: readonly Flight[];
  readonly now: number;
}

/**
 * From one step to the next: whenever fewer than `concurrency` are at work, one of the others begins, drawn uniformly; of those at work the
 * one whose time comes first arrives. Ties go by name.
 *
 * Facts   all at work and size N: everybody arrives once, with staleness 0 · a size of at most N is always reached
 */
export function windowOf(now: number, flights: readonly Flight[], options: WindowOptions): Window {
  const { version, members, size, concurrency, maxStaleness, random, seconds } = options;
  if (size > members.length)
    throw new TributaryError(
      "invalid-experiment",
      `federation.asynchrony.size is ${size}, but there are only ${members.length} clients`,
    );
  let flying = [...flights];
  const [starters, arrivals, dropped]: [Flight[], Flight[], Flight[]] = [[], [], []];
  const begin = (): void => {
    const busy = new Set([...flying, ...starters].map(({ client }) => client));
    const idle = members.filter((client) => !busy.has(client));
    while (flying.length < concurrency && idle.length > 0) {
      const [client] = idle.splice(random.integer(idle.length), 1);
      const flight = { client: client!, version, finishes: now + seconds(client!) };
      starters.push(flight);
      flying.push(flight);
    }
  };
  begin();
  while (arrivals.length < size) {
    const next = flying.reduce((a, b) => (isBefore(b, a) ? b : a));
    flying = flying.filter((flight) => flight !== next);
    now = next.finishes;
    (version - next.version > maxStaleness ? dropped : arrivals).push(next);
    if (arrivals.length < size) begin();
  }
  return { starters, arrivals, dropped, flying, now };
}

const isBefore = (a: Flight, b: Flight): boolean =>
  a.finishes === b.finishes ? a.client < b.client : a.finishes < b.finishes;
