/**
 * Where a run stands at this moment, client by client: who has reported, who is awaited and since when, how long the deadline leaves.
 * Made when somebody asks, of the state of the round, of who carries whom, and of who was heard when.
 */
import type { Membership } from "../fleet/membership.ts";
import type { Roster } from "../fleet/roster.ts";
import type { ClientId, Departure, RoundPolicy, RoundState } from "../round/round.ts";

export interface Awaited {
  readonly client: ClientId;
  /** The worker that carries it; undefined while none does. */
  readonly worker: string | undefined;
  /** Since its worker was last heard, in ms; undefined while it is not connected. */
  readonly silentMs: number | undefined;
  /** What its worker says it does. */
  readonly doing: string;
  /** Why it has declined to take part. */
  readonly declined: string | undefined;
}

export interface Standing {
  /** gathering: before the first round, while clients join. */
  readonly phase: "gathering" | RoundState["phase"];
  readonly round: number;
  /** How often this round has been drawn before. */
  readonly attempt: number;
  /** What is asked at the moment; empty where nothing is. */
  readonly exchange: string;
  /** How long it has been asked, in ms. */
  readonly forMs: number;
  /** What is left of the deadline, in ms; undefined where there is none. */
  readonly deadlineLeftMs: number | undefined;
  /** The least number of answers that makes the round count. */
  readonly quorum: number;
  readonly awaited: readonly Awaited[];
  readonly reported: readonly ClientId[];
  /** Who left the round, and why. */
  readonly left: readonly Departure[];
  /** Workers that are connected and have no part in the run, and why. */
  readonly turnedAway: readonly Departure[];
}

export interface Round {
  readonly state: RoundState;
  readonly policy: RoundPolicy;
}

const empty = { attempt: 0, exchange: "", forMs: 0, deadlineLeftMs: undefined, quorum: 0, reported: [], left: [] };

/** @param now on the clock of the round's events, in ms */
export function standingOf(
  round: Round | undefined,
  membership: Membership,
  roster: Pick<Roster, "presenceOf">,
  now: number,
): Standing {
  const awaited = (clients: readonly ClientId[]): Awaited[] =>
    clients.map((client) => {
      const worker = membership.carrier(client);
      const presence = worker === undefined ? undefined : roster.presenceOf(worker);
      const declined = membership.refusalOf(client);
      return { client, worker, silentMs: presence?.silentMs, doing: presence?.doing ?? "", declined };
    });
  const nothing = { ...empty, turnedAway: membership.turnedAway() };
  if (round === undefined) return { ...nothing, phase: "gathering", round: 0, awaited: awaited(membership.missing()) };
  const { state, policy } = round;
  const common = { ...nothing, phase: state.phase, round: state.round, attempt: state.attempt, awaited: [] };
  switch (state.phase) {
    case "selecting":
      return common;
    case "exchanging": {
      const { exchange, since, needed, waitingFor, receipts, left } = state;
      const { deadlineMs } = policy;
      return {
        ...common,
        exchange: policy.exchanges[exchange]!.name,
        forMs: now - since,
        deadlineLeftMs: deadlineMs === undefined ? undefined : Math.max(0, since + deadlineMs - now),
        quorum: needed,
        awaited: awaited(waitingFor),
        reported: namesOf(receipts),
        left,
      };
    }
    case "aggregating":
    case "committed":
      return { ...common, reported: namesOf(state.receipts) };
    case "abandoned":
      return { ...common, left: state.left };
  }
}

const namesOf = (receipts: readonly { readonly client: ClientId }[]): ClientId[] =>
  receipts.map(({ client }) => client).sort();
