/**
 * The dull loop around the round machine: ask the fleet → `next` → act on the new phase → one log line. Everything with a clock
 * or a carrier is here; everything that decides is in `round.ts`.
 */
import type { Task } from "../../shared/protocol/task.ts";
import type { Accepted, Fleet } from "../fleet/fleet.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Place } from "./place.ts";
import {
  begin,
  next,
  type ClientId,
  type Exchanging,
  type RoundEvent,
  type RoundPolicy,
  type RoundState,
} from "./round.ts";

/** What one exchange asks, and what it does with the answers. */
export interface Exchange {
  /** Opens a pass over these participants: forgets the answers of an earlier pass, and says what to ask. */
  open(participants: readonly ClientId[]): Task;
  absorb(report: Accepted): void;
}

export interface RoundParts {
  readonly fleet: Fleet;
  readonly policy: RoundPolicy;
  /** One for each exchange of the policy, in its order. */
  readonly exchanges: readonly Exchange[];
  select(): readonly ClientId[];
  /** The server's step, once every exchange is closed. */
  step(participants: readonly ClientId[]): void;
  readonly now: () => number;
  readonly log: Logger;
}

export type RoundEnd = Extract<RoundState, { phase: "committed" | "abandoned" }>;

/** Runs one attempt of one round to its end. Throws what the fleet throws, and `signal.reason` when it is told to stop. */
export async function runRound(
  round: number,
  attempt: number,
  parts: RoundParts,
  signal: AbortSignal,
): Promise<RoundEnd> {
  const { policy, now, log } = parts;
  let state = begin(round, attempt);
  const advance = (event: RoundEvent): void => {
    const before = state;
    state = next(before, event, policy);
    if (state.phase !== before.phase) {
      log.debug({ round, attempt, from: before.phase, to: state.phase, event: event.type }, "round advanced");
    }
  };
  for (;;) {
    signal.throwIfAborted();
    switch (state.phase) {
      case "selecting":
        advance({ type: "selected", cohort: parts.select(), now: now() });
        break;
      case "exchanging":
        await runPass(state, parts, signal, () => state, advance);
        break;
      case "aggregating":
        parts.step(state.receipts.map(({ client }) => client));
        advance({ type: "stepped" });
        break;
      case "committed":
      case "abandoned":
        return state;
    }
  }
}

/** One pass of one exchange: until everyone has answered or left, the deadline has passed, or `signal` says stop. */
async function runPass(
  pass: Exchanging,
  { fleet, exchanges, policy, now }: RoundParts,
  signal: AbortSignal,
  current: () => RoundState,
  advance: (event: RoundEvent) => void,
): Promise<void> {
  const exchange = exchanges[pass.exchange]!;
  const task = exchange.open(pass.waitingFor);
  const closing = new AbortController();
  const isOpen = (): boolean => {
    const state = current();
    return state.phase === "exchanging" && state.exchange === pass.exchange && state.pass === pass.pass;
  };
  const deadline =
    policy.deadlineMs === undefined
      ? undefined
      : setTimeout(() => {
          advance({ type: "clock", now: Math.max(now(), pass.since + policy.deadlineMs!) });
          closing.abort();
        }, policy.deadlineMs);
  try {
    const both = AbortSignal.any([signal, closing.signal]);
    for await (const report of fleet.run(task, placeOf(pass), pass.waitingFor, both)) {
      if (!isOpen()) break;
      if (report.type === "left") {
        advance({ ...report, now: now() });
      } else if (isWaitedFor(current(), report)) {
        exchange.absorb(report);
        advance(acceptance(pass, report, now()));
      }
      if (!isOpen()) break;
    }
  } finally {
    clearTimeout(deadline);
  }
  signal.throwIfAborted();
  // A fleet that ends without a word about someone has lost them.
  for (let state = current(); isOpen() && state.phase === "exchanging"; state = current()) {
    advance({ type: "left", client: state.waitingFor[0]!, reason: "no answer", now: now() });
  }
}

const placeOf = ({ round, attempt, exchange, pass }: Exchanging): Place => ({ round, attempt, exchange, pass });

/** A sum over several clients is taken whole or not at all. */
function isWaitedFor(state: RoundState, report: Accepted): boolean {
  if (state.phase !== "exchanging") return false;
  const waiting = new Set(state.waitingFor);
  return report.answers.every(({ client }) => waiting.has(client));
}

function acceptance({ round, exchange, pass }: Exchanging, { answers }: Accepted, now: number): RoundEvent {
  const receipts = answers.map(({ client }) => ({ client, id: `${round}.${exchange}.${pass}` }));
  return { type: "accepted", round, exchange, pass, receipts, now };
}
