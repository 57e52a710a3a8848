/**
 * A round with several models (`shared/experiment/clustering.ts`): every client tells its loss of each, trains the one that fits it best,
 * and each model takes the step of those who trained it.
 *
 *     cluster 1 … cluster k   everybody's loss of each model      → who sits where
 *     train 1 … train k       local work, asked of those who sit there alone
 *
 * If one leaves on the way, the others sit where they sat, and what the cluster of the one that left has learned is asked again of the rest.
 */
import type { FederationConfig } from "../../shared/experiment/federation.ts";
import { clusteringOf } from "../../shared/experiment/clustering-checks.ts";
import { matches } from "../../shared/regularizers/regularizer.ts";
import type { ParameterLayout } from "../../shared/tensor/parameters.ts";
import type { Vector } from "../../shared/protocol/task.ts";
import { addScaled } from "../../shared/tensor/vector.ts";
import { partialSum, type PartialSum } from "../../shared/updates/partial-sum.ts";
import type { Clipped } from "../strategy/clipping.ts";
import type { ServerStep } from "../strategy/server-step.ts";
import type { Model } from "../strategy/strategy.ts";
import type { Moves } from "../events.ts";
import { lossOf } from "./client-axis.ts";
import type { Learned, Learning } from "./learning.ts";
import type { ClientId } from "./round.ts";
import type { Exchange } from "./run-round.ts";

export interface Clusters {
  /** In their order. All have taken as many steps; one that nobody trained has stood still. */
  readonly models: readonly Model[];
  /** Where each client sat when it was last asked, counted from 0. */
  readonly seats: Seats;
}

export type Seats = Readonly<Record<ClientId, number>>;

/** Where each model is the best: the least of its losses, the first of equals; one that is not finite is none. */
export function seatOf(losses: readonly (number | undefined)[]): number {
  const known = losses.map((loss) => (loss === undefined || !Number.isFinite(loss) ? Infinity : loss));
  return known.reduce((best, loss, j) => (loss < known[best]! ? j : best), 0);
}

/** Clients in each of k clusters. */
export const sizesOf = (seats: Seats, clusters: number): number[] =>
  Array.from({ length: clusters }, (_, j) => Object.values(seats).filter((seat) => seat === j).length);

export interface ClusteredLearning extends Learned {
  /** Where these sit, of those asked in this round. */
  seats(participants: readonly ClientId[]): Seats;
}

export interface ClusteredOptions {
  /** The models as clients receive them. */
  readonly sent: readonly Vector[];
  /** What each cluster learns, in one exchange. */
  readonly each: readonly Learning[];
  /** In the experiment's order. */
  readonly objectives: readonly { readonly name: string; readonly weight: number }[];
}

export function clusteredLearning({ sent, each, objectives }: ClusteredOptions): ClusteredLearning {
  const weights = objectives.map(({ weight }) => weight);
  const losses = sent.map(() => new Map<ClientId, number>());
  const seat = (client: ClientId): number => seatOf(losses.map((own) => own.get(client)));
  const asking = sent.map((parameters, j): Exchange => {
    const own = losses[j]!;
    return {
      open() {
        own.clear();
        return { kind: "evaluate", parameters, part: "train" };
      },
      absorb({ answers }) {
        for (const answer of answers) own.set(answer.client, lossOf(answer, weights));
      },
    };
  });
  const training = each.map(({ exchanges: [exchange] }, j): Exchange => ({
    asked: (participants) => participants.filter((client) => seat(client) === j),
    open: (participants) => exchange.open(participants),
    absorb: (report) => {
      exchange.absorb(report);
    },
  }));
  const [first, ...others] = sent.length === 1 ? training : [...asking, ...training];
  const [firstPolicy, ...otherPolicies] = [
    ...(sent.length === 1 ? [] : sent.map((_, j) => ({ name: `cluster ${j + 1}`, leavers: "recompute" as const }))),
    ...each.map(({ policies: [policy] }, j) => ({ ...policy, name: `${policy.name} ${j + 1}` })),
  ];
  const all = <T>(read: (learning: Learning) => readonly T[]): T[] => each.flatMap((learning) => [...read(learning)]);
  return {
    exchanges: [first!, ...others], // there is at least one cluster
    policies: [firstPolicy!, ...otherPolicies],
    seats: (participants) => Object.fromEntries(participants.map((client) => [client, seat(client)])),
    sum: () => numbersOf(each, objectives),
    broken: () => all((learning) => learning.broken()).sort(),
    overflowed: () => each.some((learning) => learning.overflowed()),
    clipped: () => added(each.map((learning) => learning.clipped())),
    localLosses: () => new Map(all((learning) => [...learning.localLosses()])),
    unbounded: () => all((learning) => learning.unbounded()),
    details: () => ({}),
  };
}

/** The numbers of several sums together; not their vectors, which are of different models. */
function numbersOf(each: readonly Learning[], objectives: ClusteredOptions["objectives"]): PartialSum {
  const sums = each.map((learning) => learning.sum());
  const whole = partialSum(
    objectives.map(({ name }) => name),
    [],
    [],
  );
  const added = whole.objectives.map((sum, i) => {
    let { examples, ignored } = sum;
    for (const { objectives: own } of sums) {
      sum.numerator.merge(own[i]!.numerator);
      sum.denominator.merge(own[i]!.denominator);
      examples += own[i]!.examples;
      ignored += own[i]!.ignored;
    }
    return { ...sum, examples, ignored };
  });
  return { ...whole, clients: sums.reduce((count, { clients }) => count + clients, 0), objectives: added };
}

const added = (clipped: readonly ReturnType<Learning["clipped"]>[]): ReturnType<Learning["clipped"]> =>
  clipped.reduce((a, b) => ({ examples: a.examples + b.examples, update: a.update + b.update }));

export function movesBetween({ seats: before }: Clusters, after: Clusters, participants: readonly ClientId[]): Moves {
  const now = Object.fromEntries(participants.map((client) => [client, after.seats[client]!]));
  const moved = participants.filter((client) => before[client] !== undefined && before[client] !== now[client]);
  return { sizes: sizesOf(now, after.models.length), moved: moved.length };
}

export interface ClusterStep {
  readonly clusters: Clusters;
  /** Of the largest cluster, with what all steps together come to. */
  readonly step: ServerStep;
}

/** What becomes of the clusters in a round: a step of each, but of shared parameters one for all, by the shares of all who took part. */
export function stepClusters(
  { models, seats: before }: Clusters,
  now: Seats,
  steps: readonly ServerStep[],
  { federation, layout, shares, round }: SharedOptions,
): ClusterStep {
  const seats = { ...before, ...now };
  const stepped = steps.map(({ model }) => model);
  const patterns = clusteringOf(federation)?.shared ?? [];
  const shared = layout.places.filter(({ name }) => patterns.some((pattern) => matches(pattern, name)));
  const after = shared.length === 0 ? stepped : together(models, stepped, now, { shared, shares, round });
  const sizes = sizesOf(seats, models.length);
  const [first] = steps;
  const axis = steps.find((step) => step.axis !== undefined)?.axis;
  return {
    clusters: { models: after, seats },
    step: {
      model: after[sizes.indexOf(Math.max(...sizes))]!,
      stepNorm: Math.sqrt(steps.reduce((sum, { stepNorm }) => sum + stepNorm * stepNorm, 0)),
      learningRate: first!.learningRate, // there is at least one cluster
      clipped: steps.map(({ clipped }) => clipped).reduce(addedClips),
      ...(axis && { axis }),
      rejected: steps.flatMap(({ rejected }) => rejected),
    },
  };
}

interface SharedOptions {
  readonly federation: FederationConfig;
  readonly layout: Pick<ParameterLayout, "places">;
  /** pₖ of those who took part. */
  readonly shares: ReadonlyMap<ClientId, number>;
  readonly round: (vector: Float64Array) => Float64Array;
}

/** x + Σⱼ qⱼ·(xⱼ⁺ − x) in the shared places, qⱼ the shares of cluster j's clients: with a server of plain steps, the mean of all. */
function together(
  before: readonly Model[],
  after: readonly Model[],
  seats: Seats,
  { shared, shares, round }: Pick<SharedOptions, "shares" | "round"> & { readonly shared: ParameterLayout["places"] },
): Model[] {
  const parts = before.map(() => 0);
  for (const [client, seat] of Object.entries(seats)) parts[seat] = parts[seat]! + (shares.get(client) ?? 0);
  const start = before[0]!.parameters;
  const moved = start.slice();
  after.forEach(({ parameters }, j) => {
    const step = parameters.map((value, i) => value - start[i]!);
    addScaled(moved, parts[j]!, step);
  });
  const rounded = round(moved);
  return after.map((model) => {
    const parameters = model.parameters.slice();
    for (const { offset, size } of shared) parameters.set(rounded.subarray(offset, offset + size), offset);
    return { ...model, parameters };
  });
}

/** Counts by name, added. */
function addedClips(a: Clipped, b: Clipped): Clipped {
  const counts = new Map(Object.entries(a));
  for (const [name, count] of Object.entries(b)) counts.set(name, (counts.get(name) ?? 0) + count);
  return Object.fromEntries(counts);
}
