/**
 * The exchanges in which a round learns. One, as a rule: local training in update mode, one global gradient in gradient mode. It asks
 * with the model and this round's totals, and folds what comes back into one sum.
 *
 * Two, where an objective is a function F of sums S over all rows:
 *
 *     sums       every client's S, forward only        → S = Σₖ Sₖ exactly, F(S) and λ = ∂F/∂S of those who go on
 *     learn      as ever, with λ in the task           → the objective's numerator is F(S), its denominator 1
 *
 * Or where objectives are weighed by sketches of their gradients:
 *
 *     sketch     every client's sketches                → the Gramian of those who go on, and what each objective counts for
 *     train      local work on all of them together, with these weights
 *
 * If one leaves in the second, λ (or the weights) is computed anew over the survivors, who are asked again. Where F is not estimable the objective
 * sits the round out, as one without rows does.
 */
import { sumsOfObjective, type OuterFunctions } from "../../shared/evaluation/evaluation.ts";
import { asynchronyOf } from "../../shared/experiment/asynchrony-checks.ts";
import type { FederationConfig } from "../../shared/experiment/federation.ts";
import type { OuterValue } from "../../shared/objectives/outer.ts";
import type { ObjectiveRow } from "../../shared/objectives/combine.ts";
import { sketchOf, type Answer } from "../../shared/protocol/answer.ts";
import type { GradientTask, Multipliers, Task, Vector } from "../../shared/protocol/task.ts";
import type { Random } from "../../shared/random.ts";
import { ExactSum } from "../../shared/sum.ts";
import { partialSum, type PartialSum } from "../../shared/updates/partial-sum.ts";
import type { Accepted } from "../fleet/fleet.ts";
import type { Counted } from "../strategy/shares.ts";
import { countedOf, lossOf, type ClientAxis } from "./client-axis.ts";
import { globalBatch, globalBatchOfBlocks } from "./global-batch.ts";
import type { ClientId, RoundPolicy } from "./round.ts";
import type { Exchange } from "./run-round.ts";

export interface LearningOptions {
  readonly round: number;
  readonly federation: FederationConfig;
  readonly objectives: readonly string[];
  /** What they count for, where that has changed since the clients were told. */
  readonly weights: readonly number[] | undefined;
  /** What they count for by the sketches of their gradients; those without rows are left out. */
  readonly weighSketched?: ((rows: readonly ObjectiveRow[]) => readonly number[]) | undefined;
  /** Of the objectives that are functions of sums. */
  readonly outers: OuterFunctions;
  /** Objectives whose turn this round is not. */
  readonly resting: ReadonlySet<string>;
  /** The model it learns at, once the first exchange opens. */
  readonly parameters: () => Vector;
  /** The rows it learns from; all training rows when left out. */
  readonly portion?: Portion | undefined;
  /** u: instead of gradients, how they turn with the parameters of tuned losses along this direction. */
  readonly along?: (() => Vector) | undefined;
  /** What updates are multiplied by on their way. */
  readonly scale: number | undefined;
  /** The local learning rate of this round (update mode). */
  readonly localRate: number;
  readonly roster: Roster;
  /** Every client counts 1, whatever its rows, and nobody hears of the cohort's totals: what differential privacy needs. */
  readonly alike?: boolean;
  readonly turns: Readonly<Record<string, number>>;
  /** The last committed round of each client that keeps something. */
  readonly committed: Readonly<Record<string, number>>;
  /** This round's own fork. */
  readonly random: Random;
  readonly merge: (a: PartialSum, b: PartialSum) => PartialSum;
  /** How clients count and work, where that is not as the assignment says. */
  readonly axis: ClientAxis;
}

/** What clients have said about themselves when they prepared. */
export interface Roster {
  /** For each client its denominator of each objective, over its training rows. */
  readonly denominators: ReadonlyMap<ClientId, readonly number[]>;
  readonly trainRows: ReadonlyMap<ClientId, number>;
  /** Where rows stay together: the blocks of each client, as positions among its training rows. */
  readonly blocks?: ReadonlyMap<ClientId, readonly Int32Array[]>;
}

/** What differs between the learnings of one round. */
export type LearningChoice = Pick<LearningOptions, "parameters" | "portion" | "along">;

/** A part of everybody's training rows. */
export interface Portion {
  /** Client → positions among its training rows, ascending. */
  readonly rows: ReadonlyMap<ClientId, Int32Array>;
  /** Where rows stay together: the blocks they make. */
  readonly blocks?: ReadonlyMap<ClientId, readonly Int32Array[]>;
  /** Whether it is taken whole, even where the experiment draws batches. */
  readonly whole: boolean;
}

export interface Learning {
  readonly exchanges: readonly [Exchange, ...Exchange[]];
  /** What each exchange is called, and what becomes of those who leave in it. */
  readonly policies: RoundPolicy["exchanges"];
  sum(): PartialSum;
  /** Clients whose numbers were not finite; they are in no sum. */
  broken(): readonly ClientId[];
  /** Whether an update did not fit at this scale: it is missing from the sum's vectors, though not from its losses. */
  overflowed(): boolean;
  /** Examples and updates that the clients have clipped. */
  clipped(): { readonly examples: number; readonly update: number };
  /** Local steps → Σ aₖ of the clients that took so many. */
  localSteps(): ReadonlyMap<number, number>;
  /** What each client's change is weighed by in this round, and its loss at the model; empty where each weighs its own share. */
  counted(): readonly Counted[];
  /** The loss of each client's own work, of those whose numbers are finite. */
  localLosses(): ReadonlyMap<ClientId, number>;
  /** The norm of each client's update. */
  lengths(): ReadonlyMap<ClientId, number>;
  /** Objectives whose F or λ is not a finite number. */
  unbounded(): readonly string[];
  /** Objective → what it shows beside F. */
  details(): Readonly<Record<string, OuterValue["details"]>>;
}

/** Whether a round asks for sums before it learns. */
const isTwoPhase = (federation: FederationConfig, outers: OuterFunctions): boolean =>
  outers.size > 0 && (federation.mode === "gradient" || federation.multipliers === "frozen");

export function learningOf(options: LearningOptions): Learning {
  const { objectives, merge, outers, federation, axis } = options;
  const twoPhase = isTwoPhase(federation, outers);
  const apart = federation.mode === "update" && federation.local.objectives === "separate";
  const named = federation.mode === "update" ? "train" : "gradient";
  let sum = partialSum(objectives, [], []);
  let broken: ClientId[] = [];
  let steps = new Map<number, ExactSum>();
  let clipped = { examples: 0, update: 0 };
  let overflowed = false;
  let batch: GradientTask["batch"];
  let values: ReadonlyMap<string, OuterValue> = new Map();
  const answered = new Map<ClientId, Answer>();
  let counted: readonly Counted[] = [];
  let shares: ReadonlyMap<ClientId, number> | undefined;
  let lengths = new Map<ClientId, number>();
  const localLosses = new Map<ClientId, number>();
  const lossesAt = new Map<ClientId, number>();
  const losses: Exchange = {
    open() {
      lossesAt.clear();
      return { kind: "evaluate", parameters: options.parameters(), part: "train" };
    },
    absorb({ answers }) {
      for (const answer of answers) lossesAt.set(answer.client, lossOf(answer, axis.objectiveWeights));
    },
  };

  const sums: Exchange = {
    open(participants) {
      answered.clear();
      batch = batchOf(options, participants);
      const { round, parameters } = options;
      return { kind: "sums", round, parameters: parameters(), ...(batch && { batch }) };
    },
    absorb({ answers }) {
      for (const answer of answers) answered.set(answer.client, answer);
    },
  };
  const sketches: Exchange = {
    open() {
      answered.clear();
      const { round, parameters } = options;
      return { kind: "sums", round, parameters: parameters(), sketches: true };
    },
    absorb({ answers }) {
      for (const answer of answers) answered.set(answer.client, answer);
    },
  };
  const learn: Exchange = {
    open(participants) {
      sum = partialSum(objectives, [], []);
      steps = new Map();
      clipped = { examples: 0, update: 0 };
      overflowed = false;
      lengths = new Map();
      localLosses.clear();
      counted = countedOf(participants, options, lossesAt);
      broken = participants.filter((client) => (answered.get(client)?.nonFinite ?? 0) > 0);
      if (twoPhase) {
        const counted = participants.flatMap((client) => answered.get(client) ?? []);
        values = valuesOf(
          outers,
          counted.filter(({ nonFinite }) => nonFinite === 0),
        );
      } else batch = batchOf(options, participants);
      const alike = options.alike === true ? new Map(participants.map((client) => [client, 1])) : undefined;
      shares = counted.length === 0 ? alike : axis.weights(counted);
      const weights = options.weighSketched?.(sketchedRows(objectives, participants, answered)) ?? options.weights;
      return federation.mode === "update"
        ? { ...trainTask({ ...options, weights }, participants, values), ...(shares && { shares }), ...axis.work }
        : gradientTask(options, batch, values);
    },
    absorb({ answers, vectors, updates }: Accepted) {
      const whole = answers.filter(({ nonFinite }) => nonFinite === 0);
      overflowed ||= answers.some(({ overflow }) => overflow > 0);
      for (const { client, nonFinite } of answers) if (nonFinite > 0) broken.push(client);
      for (const { client, norm } of answers) lengths.set(client, norm);
      for (const answer of whole) localLosses.set(answer.client, lossOf(answer, axis.objectiveWeights));
      for (const { steps: taken, weight, contributions, clipped: own } of whole) {
        clipped = { examples: clipped.examples + own.examples, update: clipped.update + own.update };
        const total = steps.get(taken) ?? new ExactSum();
        if (!apart) total.add(weight);
        else for (const { denominator } of contributions) total.add(denominator);
        steps.set(taken, total);
      }
      const own = partialSum(objectives, whole, vectors);
      sum = merge(sum, updates === undefined ? own : axis.absorb(own, whole, updates, shares ?? new Map()));
    },
  };
  const before = [
    ...(axis.asksLosses ? [["losses", losses] as const] : []),
    ...(twoPhase ? [["sums", sums] as const] : []),
    ...(options.weighSketched === undefined ? [] : [["sketch", sketches] as const]),
  ];
  const [[firstName, first], ...others] = [...before, [named, learn] as const] as unknown as readonly [
    readonly [string, Exchange],
    ...(readonly [string, Exchange])[],
  ];
  const [rest, restNames] = [others.map(([, exchange]) => exchange), others.map(([name]) => name)];
  return {
    exchanges: [first, ...rest],
    policies: [policyOf(firstName), ...restNames.map(policyOf)],
    counted: () => counted,
    lengths: () => lengths,
    localLosses: () => localLosses,
    sum: () => withValues(sum, values),
    broken: () => [...new Set(broken)].sort(),
    overflowed: () => overflowed,
    clipped: () => clipped,
    localSteps: () => new Map([...steps].map(([taken, total]) => [taken, total.value()])),
    details: () =>
      Object.fromEntries(
        [...values].flatMap(([name, { details }]) => (Object.keys(details).length === 0 ? [] : [[name, details]])),
      ),
    unbounded: () => [...values].filter(([, value]) => !isBounded(value)).map(([name]) => name),
  };
}

const policyOf = (name: string) => ({ name, leavers: "recompute" }) as const;

/** F and λ of the sums of these clients together. The sums are exact: no order of clients reaches a bit. */
function valuesOf(outers: OuterFunctions, answers: readonly Answer[]): Map<string, OuterValue> {
  const values = new Map<string, OuterValue>();
  for (const [objective, outer] of outers) {
    const parts = answers.map(({ sums }) => sumsOfObjective(objective, sums));
    const names = Object.keys(parts[0] ?? {});
    const rows = answers.reduce(
      (total, { contributions }) =>
        total + contributions.filter((one) => one.objective === objective).reduce((n, { examples }) => n + examples, 0),
      0,
    );
    if (rows === 0) values.set(objective, { value: null, multipliers: {}, details: {} });
    else values.set(objective, outer(Object.fromEntries(names.map((name) => [name, exactly(parts, name)]))));
  }
  return values;
}

/** Of each objective that has rows: its loss, and the sketch of its mean gradient, over these clients together. */
function sketchedRows(
  objectives: readonly string[],
  participants: readonly ClientId[],
  answered: ReadonlyMap<ClientId, Answer>,
): ObjectiveRow[] {
  const answers = participants
    .flatMap((client) => answered.get(client) ?? [])
    .filter(({ nonFinite }) => nonFinite === 0);
  return objectives.flatMap((objective, i) => {
    const [numerator, denominator] = [new ExactSum(), new ExactSum()];
    for (const { contributions } of answers) {
      numerator.add(contributions[i]!.numerator);
      denominator.add(contributions[i]!.denominator);
    }
    const total = denominator.value();
    if (total === 0) return [];
    const sketch = exactly(
      answers.map(({ sums }) => sums),
      sketchOf(objective),
    );
    return [{ objective, value: numerator.value() / total, gradient: sketch.map((x) => x / total) }];
  });
}

/** Σₖ Sₖ, element by element, rounded once. */
function exactly(parts: readonly Readonly<Record<string, ArrayLike<number>>>[], name: string): Float64Array {
  return Float64Array.from(parts[0]![name]!, (_, i) => {
    const sum = new ExactSum();
    for (const part of parts) sum.add(part[name]![i]!);
    return sum.value();
  });
}

const isBounded = ({ value, multipliers }: OuterValue): boolean =>
  value === null || (Number.isFinite(value) && Object.values(multipliers).every((one) => one.every(Number.isFinite)));

/** The sum with F(S) over 1 for each function of sums, and 0 over 0 where it is not estimable. */
function withValues(sum: PartialSum, values: ReadonlyMap<string, OuterValue>): PartialSum {
  if (values.size === 0) return sum;
  const objectives = sum.objectives.map((own) => {
    const found = values.get(own.objective);
    if (found === undefined) return own;
    const [numerator, denominator] = [new ExactSum(), new ExactSum()];
    if (found.value !== null && Number.isFinite(found.value)) {
      numerator.add(found.value);
      denominator.add(1);
    }
    return { ...own, numerator, denominator };
  });
  return { ...sum, objectives };
}

function multipliersOf(values: ReadonlyMap<string, OuterValue>): { readonly multipliers?: Multipliers } {
  if (values.size === 0) return {};
  const found = [...values].flatMap(([objective, { multipliers }]) =>
    Object.entries(multipliers).map(([sum, lambda]) => [`${objective}/${sum}`, lambda] as const),
  );
  return { multipliers: Object.fromEntries(found) };
}

/** The last committed rounds of those asked, where clients keep something. */
function committedIn(
  participants: readonly ClientId[],
  committed: LearningOptions["committed"],
): { committed?: ReadonlyMap<string, number> } {
  const known = participants.flatMap((client) => {
    const round = committed[client];
    return round === undefined ? [] : [[client, round] as const];
  });
  return known.length === 0 ? {} : { committed: new Map(known) };
}

const scaled = (scale: number | undefined): { scale?: number } => (scale === undefined ? {} : { scale });

function trainTask(
  options: LearningOptions,
  participants: readonly ClientId[],
  values: ReadonlyMap<string, OuterValue>,
): Task {
  const { round, federation, objectives, weights, resting, parameters, scale, localRate, roster, turns, committed } =
    options;
  const declared =
    federation.mode === "update" && federation.normalizer !== "cohort" ? federation.normalizer : undefined;
  const totals = objectives.map((name, i) => {
    if (resting.has(name) || values.get(name)?.value === null) return 0; // or not estimable in this round
    if (options.alike === true && declared === undefined) return 1; // of a single objective's work no bit depends on it
    return declared === undefined
      ? (asynchronyOf(federation) === undefined ? participants : [...roster.denominators.keys()]).reduce(
          (total, client) => total + (roster.denominators.get(client)?.[i] ?? 0),
          0,
        )
      : declared[name]!;
  });
  const taken = new Map(participants.map((client) => [client, turns[client] ?? 0]));
  const task = {
    kind: "train",
    round,
    parameters: parameters(),
    learningRate: localRate,
    totals,
    turns: taken,
    ...(weights && { weights }),
    ...committedIn(participants, committed),
    ...scaled(scale),
  } as const;
  return { ...task, ...multipliersOf(values) };
}

function gradientTask(
  { round, parameters, scale, along }: LearningOptions,
  batch: GradientTask["batch"],
  values: ReadonlyMap<string, OuterValue>,
): Task {
  return {
    kind: "gradient",
    round,
    parameters: parameters(),
    ...(batch && { batch }),
    ...multipliersOf(values),
    ...(along && { along: along() }),
    ...scaled(scale),
  };
}

/** The rows of this round's global batch; undefined where all are taken. */
function batchOf(
  { federation, roster, random, portion }: LearningOptions,
  participants: readonly ClientId[],
): GradientTask["batch"] {
  if (federation.mode !== "gradient") return undefined;
  const rowsOf = (client: ClientId): Int32Array => portion?.rows.get(client) ?? new Int32Array(0);
  if (federation.batch === "full" || portion?.whole === true)
    return portion && new Map(participants.map((client) => [client, rowsOf(client)]));
  const { blocks } = portion ?? roster;
  if (blocks !== undefined) {
    const own = new Map(participants.map((client) => [client, blocks.get(client) ?? []]));
    return globalBatchOfBlocks(own, federation.batch, random.fork("batch"));
  }
  const count = (client: ClientId): number =>
    portion === undefined ? (roster.trainRows.get(client) ?? 0) : rowsOf(client).length;
  const counts = new Map(participants.map((client) => [client, count(client)]));
  const drawn = globalBatch(counts, federation.batch, random.fork("batch"));
  if (portion === undefined) return drawn;
  return new Map([...drawn].map(([client, at]) => [client, at.map((i) => rowsOf(client)[i]!)]));
}
