/**
 * One round, as a machine that can be read aloud:
 *
 *     selecting → exchange 1 … n → aggregating → committed | abandoned
 *
 * `next(state, event, policy)` is the whole of it. It is pure: no clock (time is an event), no socket, no logger. A state holds
 * ids and receipts, never tensors, and is plain JSON, so it can be logged and journalled as it is. An event that does not fit
 * (late, repeated, of another round) leaves the state as it is: the very same object.
 *
 * An exchange asks every participant for one answer. Those who leave before they answer are treated as the exchange says:
 *
 *     recompute   go on with the survivors; what an earlier exchange gave is recomputed over them, and this one is asked again
 *     redo        begin again at the first exchange, with the survivors
 *     abandon     the round is lost
 *     go-on       go on with the survivors, and ask nothing again
 *
 * Whatever the rule, fewer survivors than the quorum abandon the round at once. Read next: `run-round.ts`, the loop around it.
 */
import { fewestClients, thresholdOf } from "../../shared/secure/session.ts";

export type ClientId = string;

/** The coordinator's acknowledgement of one update. */
export interface Receipt {
  readonly client: ClientId;
  /** The update acknowledged, by the name its carrier gives it. */
  readonly id: string;
}

export interface Departure {
  readonly client: ClientId;
  readonly reason: string;
}

export interface ExchangePolicy {
  readonly name: string;
  readonly leavers: "recompute" | "redo" | "abandon" | "go-on";
}

export interface RoundPolicy {
  readonly exchanges: readonly [ExchangePolicy, ...ExchangePolicy[]];
  /** The least number of clients that makes a round count. */
  readonly quorum: number | "all";
  /** How long an exchange waits for answers, in ms; for ever when left out. */
  readonly deadlineMs?: number;
  /** So many answers to the first exchange make the cohort, and whoever is slower is let go; all are waited for when left out. */
  readonly enough?: number;
  /** Where sums are secure. */
  readonly secured?: SecuredPolicy;
  /** What a cohort of nobody is: no round (the default), or one that is stepped as it is. */
  readonly nobody?: "abandon" | "step";
  /** What becomes of an answer to the round before: nothing, or it counts in this round beside the cohort's (one-exchange rounds). */
  readonly late: "drop" | "count-next";
}

/**
 * Of those who answer the first exchange a share has to stay to the end, or nothing is unmasked; and the quorum until the answers that
 * count are there. Who leaves afterwards is in the sum.
 */
export interface SecuredPolicy {
  /** The exchange whose answers count. */
  readonly counts: number;
  readonly threshold: number;
}

export type AbandonReason =
  "no clients" | "quorum not reached" | "a participant left" | "the sum could not be unmasked";

interface Place {
  readonly round: number;
  /** How often this round has been drawn before. */
  readonly attempt: number;
}

export type RoundState =
  | (Place & { readonly phase: "selecting" })
  | (Place & {
      readonly phase: "exchanging";
      /** Position in `policy.exchanges`. */
      readonly exchange: number;
      /** How often an exchange of this round had to be asked again. */
      readonly pass: number;
      /** When this pass began, in ms. */
      readonly since: number;
      /** The quorum as a number. */
      readonly needed: number;
      readonly waitingFor: readonly ClientId[];
      readonly receipts: readonly Receipt[];
      /** Who left in this round, with the reason. */
      readonly left: readonly Departure[];
      /** Whether one of them left in this pass. */
      readonly lost: boolean;
      /** Where sums are secure: so many have to stay … */
      readonly least?: number;
      /** … and these count, whoever leaves after them. */
      readonly counted?: readonly Receipt[];
    })
  | (Place & { readonly phase: "aggregating"; readonly receipts: readonly Receipt[] })
  | (Place & { readonly phase: "committed"; readonly receipts: readonly Receipt[] })
  | (Place & { readonly phase: "abandoned"; readonly reason: AbandonReason; readonly left: readonly Departure[] });

export type Exchanging = Extract<RoundState, { phase: "exchanging" }>;

export type RoundEvent =
  | { readonly type: "selected"; readonly cohort: readonly ClientId[]; readonly now: number }
  /** Answers of one or more clients to one exchange. */
  | {
      readonly type: "accepted";
      readonly round: number;
      readonly exchange: number;
      readonly pass: number;
      readonly receipts: readonly Receipt[];
      readonly now: number;
    }
  | { readonly type: "left"; readonly client: ClientId; readonly reason: string; readonly now: number }
  | { readonly type: "clock"; readonly now: number }
  /** As many have answered as the policy wants. */
  | { readonly type: "enough"; readonly now: number }
  /** These have kept the sum from being unmasked. */
  | { readonly type: "spoiled"; readonly left: readonly Departure[] }
  | { readonly type: "stepped" };

export const begin = (round: number, attempt = 0): RoundState => ({ phase: "selecting", round, attempt });

export function next(state: RoundState, event: RoundEvent, policy: RoundPolicy): RoundState {
  switch (state.phase) {
    case "selecting":
      return event.type === "selected" ? afterSelection(state, event, policy) : state;
    case "exchanging":
      return whileExchanging(state, event, policy);
    case "aggregating": {
      const { round, attempt, receipts } = state;
      if (event.type === "spoiled")
        return { phase: "abandoned", round, attempt, reason: "the sum could not be unmasked", left: event.left };
      return event.type === "stepped" ? { phase: "committed", round, attempt, receipts } : state;
    }
    case "committed":
    case "abandoned":
      return state;
  }
}

function afterSelection(
  { round, attempt }: Place,
  { cohort, now }: Extract<RoundEvent, { type: "selected" }>,
  policy: RoundPolicy,
): RoundState {
  const waitingFor = [...new Set(cohort)].sort();
  const all = Math.min(waitingFor.length, policy.enough ?? waitingFor.length);
  const quorum = policy.quorum === "all" ? all : policy.quorum;
  const needed = policy.secured === undefined ? quorum : Math.max(quorum, fewestClients);
  if (waitingFor.length === 0 && policy.nobody === "step")
    return { phase: "aggregating", round, attempt, receipts: [] };
  if (waitingFor.length === 0) return { phase: "abandoned", round, attempt, reason: "no clients", left: [] };
  if (waitingFor.length < needed) return { phase: "abandoned", round, attempt, reason: "quorum not reached", left: [] };
  const empty = { receipts: [], left: [], lost: false };
  return { phase: "exchanging", round, attempt, exchange: 0, pass: 0, since: now, needed, waitingFor, ...empty };
}

function whileExchanging(state: Exchanging, event: RoundEvent, policy: RoundPolicy): RoundState {
  switch (event.type) {
    case "accepted": {
      const counted = fitting(state, event, policy);
      if (counted.length === 0) return state;
      const answered = new Set(counted.map((receipt) => receipt.client));
      const waitingFor = state.waitingFor.filter((client) => !answered.has(client));
      return settle({ ...state, waitingFor, receipts: [...state.receipts, ...counted] }, event.now, policy);
    }
    case "left":
      return state.waitingFor.includes(event.client)
        ? without(state, [event.client], event.reason, event.now, policy)
        : state;
    case "clock":
      return policy.deadlineMs !== undefined && event.now - state.since >= policy.deadlineMs
        ? without(state, state.waitingFor, `no answer within ${policy.deadlineMs} ms`, event.now, policy)
        : state;
    case "enough":
      return isEnough(state, policy)
        ? without(state, state.waitingFor, "enough others have answered", event.now, policy)
        : state;
    case "selected":
    case "spoiled":
    case "stepped":
      return state;
  }
}

/** Whether as many have answered to the first exchange as the policy wants. */
export const isEnough = ({ exchange, receipts }: Exchanging, { enough }: RoundPolicy): boolean =>
  exchange === 0 && enough !== undefined && receipts.length >= enough;

/** The receipts of `event` that count in this state: one for each client that is waited for, or late ones where the policy takes them. */
function fitting(state: Exchanging, event: Extract<RoundEvent, { type: "accepted" }>, policy: RoundPolicy): Receipt[] {
  const late = policy.late === "count-next" && policy.exchanges.length === 1 && event.round === state.round - 1;
  if (!late && (event.round !== state.round || event.exchange !== state.exchange || event.pass !== state.pass))
    return [];
  const waiting = new Set(state.waitingFor);
  const known = new Set([...state.receipts, ...state.left].map(({ client }) => client));
  const once = new Map(event.receipts.map((receipt) => [receipt.client, receipt]));
  return [...once.values()].filter(({ client }) =>
    late ? !waiting.has(client) && !known.has(client) : waiting.has(client),
  );
}

/** The state after `leavers`, who are all waited for, have gone. */
function without(
  state: Exchanging,
  leavers: readonly ClientId[],
  reason: string,
  now: number,
  policy: RoundPolicy,
): RoundState {
  const gone = new Set(leavers);
  const waitingFor = state.waitingFor.filter((client) => !gone.has(client));
  const left = [...state.left, ...leavers.map((client) => ({ client, reason }))];
  const { round, attempt } = state;
  if (policy.exchanges[state.exchange]!.leavers === "abandon") {
    return { phase: "abandoned", round, attempt, reason: "a participant left", left };
  }
  if (waitingFor.length + state.receipts.length < state.needed) {
    return { phase: "abandoned", round, attempt, reason: "quorum not reached", left };
  }
  return settle({ ...state, waitingFor, left, lost: true }, now, policy);
}

/** Once nobody is waited for: ask again where someone left, or go to the next exchange, or aggregate. */
function settle(state: Exchanging, now: number, policy: RoundPolicy): RoundState {
  if (state.waitingFor.length > 0) return state;
  const { round, attempt, exchange, pass, receipts } = state;
  const { leavers } = policy.exchanges[exchange]!;
  const survivors = receipts.map(({ client }) => client).sort();
  const ask = { ...state, since: now, waitingFor: survivors, receipts: [], lost: false };
  if (state.lost && exchange > 0 && leavers !== "go-on") {
    return { ...ask, pass: pass + 1, exchange: leavers === "redo" ? 0 : exchange };
  }
  const closed = policy.secured === undefined ? ask : secured(ask, receipts, policy.secured);
  if (exchange + 1 < policy.exchanges.length) return { ...closed, exchange: exchange + 1 };
  return { phase: "aggregating", round, attempt, receipts: closed.counted ?? receipts };
}

/** Of a secure sum, what the end of this exchange settles. */
function secured(state: Exchanging, receipts: readonly Receipt[], { counts, threshold }: SecuredPolicy): Exchanging {
  const least = state.least ?? thresholdOf(threshold, receipts.length);
  if (state.exchange < counts) return { ...state, least, needed: Math.max(state.needed, least) };
  return { ...state, least, needed: least, counted: state.counted ?? receipts };
}
