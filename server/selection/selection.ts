/**
 * Who takes part in a round. A selection draws from its own random fork, over ids in sorted order, so that neither the order in which
 * clients came nor any other draw reaches it; what it remembers is plain JSON and part of the run's state.
 *
 *     const cohort = await byState.draw({ round, count: 10, members, everyone, size, random, run, state, ask, secondsOf });
 *
 * A cohort is a list: one drawn twice stands in it twice, works once, and counts twice. Rules that draw by size pay for it in the
 * weights: never both a weighted draw and a weighted average. Read next: `uniform.ts`, `by-size.ts`, `oort.ts`, `catalogue.ts`.
 */
import type { Random } from "../../shared/random.ts";
import type { ClientId } from "../round/round.ts";

/** What a rule may look at. */
export interface SelectionSeen {
  readonly round: number;
  /** m, or more where more are asked than are needed. */
  readonly count: number;
  /** Whoever may be drawn, sorted. */
  readonly members: readonly ClientId[];
  /** Those and whoever is not there, sorted. */
  readonly everyone: readonly ClientId[];
  /** pₖ: a client's share of everybody's denominators. */
  readonly size: (client: ClientId) => number;
  /** This attempt's own fork, and the run's, which is the same in every round. */
  readonly random: Random;
  readonly run: Random;
  readonly state: SelectionState;
  /** Of the run, under differential privacy: what a draw comes from that nobody may foresee. */
  readonly secret?: Uint8Array | undefined;
  /** The losses at the round's model of those who answer. */
  readonly ask: (clients: readonly ClientId[]) => Promise<ReadonlyMap<ClientId, number>>;
  /** How long a client takes for its work, in seconds; undefined where nobody has said. */
  readonly secondsOf: (client: ClientId) => number | undefined;
}

export interface Selection {
  readonly name: string;
  draw(seen: SelectionSeen): readonly ClientId[] | Promise<readonly ClientId[]>;
  /** What each one's change counts with; by their shares of the denominators when left out. */
  weights?(
    cohort: readonly ClientId[],
    seen: Pick<SelectionSeen, "size" | "count" | "members">,
  ): ReadonlyMap<ClientId, number>;
  /** What the weighted sum of the changes is divided by; by the sum of the weights when left out. */
  divisor?(seen: Pick<SelectionSeen, "count" | "everyone">): number;
  /** Whether a cohort of nobody is a round, which leaves the model as it was. */
  readonly mayBeEmpty?: boolean;
  /** What is known after a round; undefined where nothing is remembered. */
  next?(state: SelectionState, worked: Worked): SelectionState;
}

/** Those who took part in a round. */
export interface Worked {
  readonly round: number;
  /** Client → the loss of its local work in this round. */
  readonly losses: ReadonlyMap<ClientId, number>;
  readonly rows: (client: ClientId) => number;
}

export interface SelectionState {
  readonly clients: Readonly<Record<ClientId, Known>>;
  /** Σ of the participants' utilities, of the last rounds. */
  readonly utilities: readonly number[];
  /** The percentile of durations that is no delay. */
  readonly percentile: number;
}

export interface Known {
  readonly loss: number;
  /** Rows × loss. */
  readonly utility: number;
  /** The last round it took part in. */
  readonly round: number;
}

export const startSelection: SelectionState = { clients: {}, utilities: [], percentile: 30 };

/** Notes what each participant's rows were worth. */
export function remembered(state: SelectionState, { round, losses, rows }: Worked): SelectionState {
  const known = [...losses].map(([client, loss]) => [client, { loss, utility: rows(client) * loss, round }] as const);
  return { ...state, clients: { ...state.clients, ...Object.fromEntries(known) } };
}

/** So many of them, without replacement, each with a probability in proportion to its weight; those of weight 0 only when no other is left. */
export function drawWeighted(
  clients: readonly ClientId[],
  weight: (client: ClientId) => number,
  count: number,
  random: Random,
): ClientId[] {
  const left = [...clients];
  const drawn: ClientId[] = [];
  while (drawn.length < count && left.length > 0) {
    const weights = left.map((client) => Math.max(0, weight(client)));
    const total = weights.reduce((sum, one) => sum + one, 0);
    const at = total > 0 ? positionIn(weights, random.uniform() * total) : random.integer(left.length);
    drawn.push(...left.splice(at, 1));
  }
  return drawn;
}

/** Where a point falls when the weights are laid end to end. */
export function positionIn(weights: readonly number[], point: number): number {
  let sum = 0;
  let last = 0;
  for (const [i, weight] of weights.entries()) {
    if (weight <= 0) continue;
    sum += weight;
    last = i;
    if (point < sum) return i;
  }
  return last; // the point is the sum itself, but for rounding
}
