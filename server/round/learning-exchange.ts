/**
 * The exchange in which a round learns: local training in update mode, one global gradient in gradient mode. It asks with the
 * model and this round's totals, and folds what comes back into one sum.
 */
import type { FederationConfig } from "../../shared/experiment/federation.ts";
import type { Task, Vector } from "../../shared/protocol/task.ts";
import type { Random } from "../../shared/random.ts";
import { ExactSum } from "../../shared/sum.ts";
import { partialSum, type PartialSum } from "../../shared/updates/partial-sum.ts";
import type { Accepted } from "../fleet/fleet.ts";
import { globalBatch } from "./global-batch.ts";
import type { ClientId } from "./round.ts";
import type { Exchange } from "./run-round.ts";

export interface LearningOptions {
  readonly round: number;
  readonly federation: FederationConfig;
  readonly objectives: readonly string[];
  readonly parameters: Vector;
  /** The local learning rate of this round (update mode). */
  readonly localRate: number;
  readonly roster: Roster;
  readonly turns: Readonly<Record<string, number>>;
  /** This round's own fork. */
  readonly random: Random;
  readonly merge: (a: PartialSum, b: PartialSum) => PartialSum;
}

/** What clients have said about themselves when they prepared. */
export interface Roster {
  /** For each client its denominator of each objective, over its training rows. */
  readonly denominators: ReadonlyMap<ClientId, readonly number[]>;
  readonly trainRows: ReadonlyMap<ClientId, number>;
}

export interface LearningExchange extends Exchange {
  sum(): PartialSum;
  /** Clients whose numbers were not finite; they are in no sum. */
  broken(): readonly ClientId[];
  /** Examples and updates that the clients have clipped. */
  clipped(): { readonly examples: number; readonly update: number };
  /** Local steps → Σ aₖ of the clients that took so many. */
  localSteps(): ReadonlyMap<number, number>;
}

export function learningExchange(options: LearningOptions): LearningExchange {
  const { objectives, merge } = options;
  let sum = partialSum(objectives, [], []);
  let broken: ClientId[] = [];
  let steps = new Map<number, ExactSum>();
  let clipped = { examples: 0, update: 0 };
  return {
    open(participants) {
      sum = partialSum(objectives, [], []);
      broken = [];
      steps = new Map();
      clipped = { examples: 0, update: 0 };
      return options.federation.mode === "update"
        ? trainTask(options, participants)
        : gradientTask(options, participants);
    },
    absorb({ answers, vectors }: Accepted) {
      const whole = answers.filter(({ nonFinite }) => nonFinite === 0);
      for (const { client, nonFinite } of answers) if (nonFinite > 0) broken.push(client);
      for (const { steps: taken, weight, clipped: own } of whole) {
        clipped = { examples: clipped.examples + own.examples, update: clipped.update + own.update };
        const total = steps.get(taken) ?? new ExactSum();
        total.add(weight);
        steps.set(taken, total);
      }
      sum = merge(sum, partialSum(objectives, whole, vectors));
    },
    sum: () => sum,
    broken: () => broken.toSorted(),
    clipped: () => clipped,
    localSteps: () => new Map([...steps].map(([taken, total]) => [taken, total.value()])),
  };
}

function trainTask(
  { round, federation, objectives, parameters, localRate, roster, turns }: LearningOptions,
  participants: readonly ClientId[],
): Task {
  const declared =
    federation.mode === "update" && federation.normalizer !== "cohort" ? federation.normalizer : undefined;
  const totals = objectives.map((name, i) =>
    declared === undefined
      ? participants.reduce((total, client) => total + (roster.denominators.get(client)?.[i] ?? 0), 0)
      : declared[name]!,
  );
  const taken = new Map(participants.map((client) => [client, turns[client] ?? 0]));
  return { kind: "train", round, parameters, learningRate: localRate, totals, turns: taken };
}

function gradientTask(
  { round, federation, parameters, roster, random }: LearningOptions,
  participants: readonly ClientId[],
): Task {
  const task = { kind: "gradient", round, parameters } as const;
  if (federation.mode !== "gradient" || federation.batch === "full") return task;
  const rows = new Map(participants.map((client) => [client, roster.trainRows.get(client) ?? 0]));
  return { ...task, batch: globalBatch(rows, federation.batch, random.fork("batch")) };
}
