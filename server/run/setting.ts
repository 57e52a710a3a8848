/**
 * What there is to know of a run before anybody works, whoever holds the rows: the experiment compiled, what each client is told once,
 * and how many rows each has. A simulation makes it from the data it has read, a daemon from what clients say of theirs.
 */
import { sumsOfObjective, type OuterFunctions } from "../../shared/evaluation/evaluation.ts";
import { compileExperiment, type CompiledExperiment, type CompileOptions } from "../../shared/experiment/compile.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { SecureSumsConfig } from "../../shared/experiment/secure-sums.ts";
import { TributaryError } from "../../shared/errors.ts";
import { matches } from "../../shared/regularizers/regularizer.ts";
import type { ParameterLayout } from "../../shared/tensor/parameters.ts";
import { asynchronyOf } from "../../shared/experiment/asynchrony-checks.ts";
import type { WholeGroups } from "../../shared/experiment/whole-groups.ts";
import type { Heap } from "../../shared/kernels/heap.ts";
import { outerFunction } from "../../shared/objectives/outer.ts";
import type { Assignment } from "../../shared/protocol/assignment.ts";
import type { Random } from "../../shared/random.ts";
import type { Shape } from "../../shared/tensor/shape.ts";
import type { OwnParts } from "../strategy/define-strategy.ts";
import { countingProgram } from "./counting.ts";

/** What is known of a client's rows without seeing them. */
export interface ClientCounts {
  readonly client: string;
  readonly trainRows: number;
  readonly testRows: number;
  /** Where rows stay together: the blocks of its training rows, as positions among them. */
  readonly blocks?: readonly Int32Array[];
}

export interface Setting {
  readonly compiled: CompiledExperiment;
  /** What the coordinator makes of the sums of objectives that are functions of sums. */
  readonly outers: OuterFunctions;
  readonly assignment: Assignment;
  /** Parts of a strategy of one's own. */
  readonly own: OwnParts;
  /** Sorted by name. */
  readonly clients: readonly ClientCounts[];
  /** Rows that belong to no client; undefined where there is no such set. */
  readonly heldOutRows: number | undefined;
}

/** The name under which rows that belong to no client are evaluated; no client can have it. */
export const heldOutClient = "";

export interface SettingOptions {
  readonly random: Random;
  /** Where functions of sums are computed. */
  readonly heap: Heap;
  readonly custom: CompileOptions;
  /** Parts of a strategy of one's own. @default none */
  readonly own?: OwnParts;
  readonly groups: WholeGroups;
  readonly clients: readonly ClientCounts[];
  readonly heldOutRows: number | undefined;
}

/** Throws "invalid-experiment" with whatever does not fit together in the model. */
export function settle(experiment: Experiment, options: SettingOptions): Setting {
  const { random, heap, custom, own = {}, groups, clients, heldOutRows } = options;
  const compiled = compileExperiment(experiment, random, custom);
  const assignment = assignmentOf(experiment, compiled, groups, own);
  return { compiled, outers: outersOf(compiled, heap), assignment, own, clients, heldOutRows };
}

/** What every client is told once. */
function assignmentOf(
  experiment: Experiment,
  { goals, programs, layout, penalties }: CompiledExperiment,
  { training, evaluation }: WholeGroups,
  own: OwnParts,
): Assignment {
  const { seed, precision, data, federation } = experiment;
  const personal = personalOf(federation, layout);
  const multipliers = federation.mode === "update" ? { multipliers: federation.multipliers } : {};
  return {
    seed,
    precision,
    schema: data,
    objectives: goals.map(({ name, weight, targets, loss }) => ({
      name,
      weight,
      targets,
      ...(loss.kind === "two-phase" && multipliers),
    })),
    parameters: layout.size,
    penalized: federation.mode === "update" && federation.local.objectives === "combined" && penalties.length > 0,
    clip: clipOf(experiment),
    ...(federation.transport && {
      transport: { dtype: federation.transport.dtype, scaled: federation.transport.lossScale !== "none" },
    }),
    work: programs.train,
    evaluation: programs.evaluate,
    counting: countingProgram(programs.evaluate),
    ...(programs.sums && { sums: programs.sums }),
    ...(programs.slopes && { slopes: programs.slopes }),
    ...(programs.tuning && { tuning: programs.tuning }),
    ...(training && { groups: training }),
    ...(evaluation && { evaluationGroups: evaluation }),
    ...(federation.mode === "update" && { local: federation.local }),
    ...(personal && { personal }),
    ...(federation.secureSums && { secureSums: toldOf(federation.secureSums) }),
    report: seesEach(federation) || own.rule !== undefined ? "each" : "sum",
    keeps: [...keepsOf(federation, layout.size), ...ownPieces(personal, layout)],
  };
}

const toldOf = ({ clip, levels, threshold }: SecureSumsConfig): NonNullable<Assignment["secureSums"]> => ({
  clip,
  levels,
  threshold,
});

/** Of updates that are noised before they leave, nobody can say afterwards what they were shortened to. */
function clipOf({ federation: { clip }, privacy }: Experiment): Assignment["clip"] {
  const { perClient, ...others } = clip;
  return privacy?.mechanism === "local" || perClient === undefined ? others : { ...others, perClient };
}

/** Whether the coordinator has to see every client's own vectors. */
const seesEach = (federation: Experiment["federation"]): boolean =>
  federation.aggregation.rule !== "mean" ||
  asynchronyOf(federation) !== undefined ||
  (federation.mode === "gradient" && federation.shares.kind !== "denominators");

/** What clients keep from round to round: a control variate or a dual variable of the model's size. */
function keepsOf(federation: Experiment["federation"], size: number): Assignment["keeps"] {
  if (federation.mode !== "update") return [];
  const { kind } = federation.local.drift;
  return kind === "scaffold" || kind === "dynamic" ? [{ name: kind, size }] : [];
}

/** What of the model is a client's own, by full names. Throws "invalid-experiment" when that is nothing, or all of it. */
function personalOf(federation: Experiment["federation"], { places }: ParameterLayout): Assignment["personal"] {
  if (federation.mode !== "update" || federation.personal.kind === "none") return undefined;
  const { personal } = federation;
  if (personal.kind !== "parts") return personal;
  const names = places.map(({ name }) => name);
  const keep = names.filter((name) => personal.keep.some((pattern) => matches(pattern, name)));
  if (keep.length > 0 && keep.length < names.length) return { ...personal, keep };
  throw new TributaryError(
    "invalid-experiment",
    `federation.personal.keep: expected some of ${names.join(", ")}, and not all, got ${personal.keep.join(", ")}`,
  );
}

function ownPieces(personal: Assignment["personal"], { places, size }: ParameterLayout): Assignment["keeps"] {
  if (personal?.kind === "ditto") return [{ name: "model", size }];
  if (personal?.kind !== "parts") return [];
  return personal.keep.map((name) => ({ name, size: places.find((place) => place.name === name)!.size }));
}

function outersOf({ goals, programs }: CompiledExperiment, heap: Heap): OuterFunctions {
  const { evaluate } = programs;
  const found = goals.flatMap(({ name, loss }) => {
    if (loss.kind !== "two-phase") return [];
    const nodes = sumsOfObjective(
      name,
      mapValues(evaluate.outputs, (node) => evaluate.nodes[node]!.shape),
    );
    return [[name, outerFunction(loss, nodes as Record<string, Shape>, heap)] as const];
  });
  return new Map(found);
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
