/**
 * The dull loop around the round machine: ask the fleet → `next` → act on the new phase → one log line. Everything with a clock
 * or a carrier is here; everything that decides is in `round.ts`.
 */
import type { Task } from "../../shared/protocol/task.ts";
import type { Accepted, Fleet } from "../fleet/fleet.ts";
import type { Transition } from "../store/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import { noHistory, type RoundHistory } from "./history.ts";
import type { Place } from "./place.ts";
import {
  begin,
  isEnough,
  next,
  type ClientId,
  type Departure,
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
  /** Whom of the participants it asks; of the others nothing is wanted, and they go on. @default all of them */
  asked?(participants: readonly ClientId[]): readonly ClientId[];
}

export interface RoundParts {
  readonly fleet: Fleet;
  readonly policy: RoundPolicy;
  /** One for each exchange of the policy, in its order. */
  readonly exchanges: readonly Exchange[];
  /** Draws the cohort; one that is known from before is only taken note of, whatever is answered. */
  select(known: readonly ClientId[] | undefined): readonly ClientId[] | Promise<readonly ClientId[]>;
  /** What is to be opened before the step; whoever is to blame where that cannot be, and the attempt is abandoned. @default nothing */
  open?(): readonly Departure[];
  /** The server's step, once every exchange is closed. */
  step(participants: readonly ClientId[]): void;
  /** Where what happens is kept, and what is known of it from before. @default nowhere, nothing */
  readonly history?: RoundHistory;
  /** Told where the round stands, whenever that changes. */
  readonly onState?: (state: RoundState, policy: RoundPolicy) => void;
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
  const { policy, now, log, history = noHistory, onState } = parts;
  const past = await history.past(round, attempt);
  let state = begin(round, attempt);
  onState?.(state, policy);
  const advance = (event: RoundEvent): void => {
    const before = state;
    state = next(before, event, policy);
    if (state === before) return;
    onState?.(state, policy);
    if (state.phase !== before.phase) {
      log.debug({ round, attempt, from: before.phase, to: state.phase, event: event.type }, "round advanced");
    }
    const ended = endOf(before, state);
    if (ended !== undefined && !isKnown(ended, past)) history.record(ended);
  };
  for (;;) {
    signal.throwIfAborted();
    switch (state.phase) {
      case "selecting": {
        const known = past.find((one) => one.type === "selected");
        const drawn = await parts.select(known?.cohort);
        const cohort = known?.cohort ?? drawn; // who has been selected stays so: some have been acknowledged
        if (known === undefined) history.record({ type: "selected", round, attempt, cohort });
        advance({ type: "selected", cohort, now: now() });
        break;
      }
      case "exchanging":
        await runPass(state, { ...parts, history, past }, signal, () => state, advance);
        break;
      case "aggregating": {
        await history.settle(); // the final participants, before anything is made of their answers
        const left = parts.open?.() ?? [];
        if (left.length === 0) parts.step(state.receipts.map(({ client }) => client));
        advance(left.length === 0 ? { type: "stepped" } : { type: "spoiled", left });
        break;
      }
      case "committed":
      case "abandoned":
        return state;
    }
  }
}

/** One pass of one exchange: until everyone has answered or left, the deadline has passed, or `signal` says stop. */
async function runPass(
  pass: Exchanging,
  { fleet, exchanges, policy, now, history, past }: RoundParts & { history: RoundHistory; past: readonly Transition[] },
  signal: AbortSignal,
  current: () => RoundState,
  advance: (event: RoundEvent) => void,
): Promise<void> {
  const exchange = exchanges[pass.exchange]!;
  // Who goes on is on disk before anybody is told: asked again after a restart, clients would refuse another list.
  if (policy.exchanges[pass.exchange]!.leavers === "go-on") await history.settle();
  const asked = exchange.asked?.(pass.waitingFor) ?? pass.waitingFor;
  const task = exchange.open(asked);
  const place = placeOf(pass);
  const waitingFor = (): readonly ClientId[] => {
    const state = current();
    const isOpen = state.phase === "exchanging" && state.exchange === pass.exchange && state.pass === pass.pass;
    return isOpen ? state.waitingFor : [];
  };
  const spared = pass.waitingFor.filter((client) => !asked.includes(client));
  if (spared.length > 0) advance(acknowledged(pass, spared, now()));
  for (const one of past) {
    if (one.type === "left" && one.exchange === pass.exchange && one.pass === pass.pass)
      advance({ type: "left", client: one.client, reason: one.reason, now: now() });
  }
  const enough = (): boolean => {
    const state = current();
    return waitingFor().length > 0 && state.phase === "exchanging" && isEnough(state, policy);
  };
  const closing = new AbortController();
  const { deadlineMs } = policy;
  const deadline =
    deadlineMs === undefined
      ? undefined
      : setTimeout(() => {
          closing.abort();
        }, deadlineMs);
  const until = AbortSignal.any([signal, closing.signal]);
  /** Takes what these clients answer; those who leave are those of whom nothing has been acknowledged. */
  const hear = async (clients: readonly ClientId[], stop: AbortSignal): Promise<void> => {
    if (clients.length === 0) return;
    for await (const report of fleet.run(task, place, clients, stop)) {
      if (stop.aborted) break;
      if (report.type === "left") await lose([report.client], report.reason, { ...report, now: now() });
      else if (isWaitedFor(waitingFor(), report)) {
        exchange.absorb(report);
        const answered = report.answers.map(({ client }) => client);
        advance(acknowledged(pass, answered, now()));
      }
      if (waitingFor().length === 0 || enough()) break;
    }
  };
  const lose = async (clients: readonly ClientId[], reason: string, event: RoundEvent): Promise<void> => {
    const leaving = clients.filter((client) => waitingFor().includes(client));
    if (leaving.length === 0) return;
    const acknowledged = await history.leave(place, leaving, reason);
    await hear(acknowledged, signal);
    advance(event);
  };
  try {
    await hear(waitingFor(), until);
  } finally {
    clearTimeout(deadline);
  }
  signal.throwIfAborted();
  if (closing.signal.aborted) {
    const passed = { type: "clock", now: Math.max(now(), pass.since + deadlineMs!) } as const;
    await lose(waitingFor(), `no answer within ${deadlineMs!} ms`, passed);
  }
  if (enough()) await lose(waitingFor(), "enough others have answered", { type: "enough", now: now() });
  // A fleet that ends without a word about someone has lost them.
  for (let [client] = waitingFor(); client !== undefined; [client] = waitingFor()) {
    await lose([client], "no answer", { type: "left", client, reason: "no answer", now: now() });
  }
}

/** What is to be known of the end of a pass, or of the attempt. */
function endOf(before: RoundState, after: RoundState): Transition | undefined {
  if (before.phase === "aggregating" && after.phase === "abandoned")
    return { type: "abandoned", round: after.round, attempt: after.attempt, reason: after.reason };
  if (before.phase !== "exchanging") return undefined;
  const { round, attempt, exchange, pass } = before;
  if (after.phase === "abandoned") return { type: "abandoned", round, attempt, reason: after.reason };
  if (after.phase === "exchanging" && after.exchange === exchange && after.pass === pass) return undefined;
  const participants = after.phase === "exchanging" ? after.waitingFor : participantsOf(after);
  return { type: "closed", round, attempt, exchange, pass, participants };
}

const participantsOf = (state: RoundState): readonly ClientId[] =>
  state.phase === "aggregating" ? state.receipts.map(({ client }) => client).sort() : [];

const placeOf = ({ round, attempt, exchange, pass }: Exchanging): Place => ({ round, attempt, exchange, pass });

const isKnown = (end: Transition, past: readonly Transition[]): boolean =>
  past.some((one) =>
    end.type === "closed"
      ? one.type === "closed" && one.exchange === end.exchange && one.pass === end.pass
      : one.type === end.type,
  );

/** A sum over several clients is taken whole or not at all. */
function isWaitedFor(waitingFor: readonly ClientId[], report: Accepted): boolean {
  const waiting = new Set(waitingFor);
  return report.answers.every(({ client }) => waiting.has(client));
}

function acknowledged(
  { round, exchange, pass }: Exchanging,
  clients: readonly ClientId[],
  now: number,
): Extract<RoundEvent, { type: "accepted" }> {
  const receipts = clients.map((client) => ({ client, id: `${round}.${exchange}.${pass}` }));
  return { type: "accepted", round, exchange, pass, receipts, now };
}
