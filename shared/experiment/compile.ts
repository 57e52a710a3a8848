/**
 * Experiment → what there is to run: programs, parameters, first values, and which column feeds which input.
 *
 *     const compiled = compileExperiment(experiment, Random.seeded(experiment.seed).fork("model"));
 *     compiled.programs.train.hash;                       // what clients may pin
 *     compiled.initial;                                   // Float64Array, laid out as compiled.layout says
 *
 * Everything here follows from the experiment and the stream of chance: two coordinators compile the same programs, with the
 * same hashes.
 */
import { TributaryError } from "../errors.ts";
import { fill } from "../graph/build.ts";
import type { Program } from "../graph/program.ts";
import { tableColumns } from "../data/schema.ts";
import { initialValues, valuesFrom } from "../models/initial.ts";
import type { FeatureShapes, Model, ParameterSpec } from "../models/model.ts";
import { trace } from "../models/trace.ts";
import type { OptimizerSpec } from "../optimizers/optimizer.ts";
import type { Random } from "../random.ts";
import { proximalOperator, type ProximalOperator } from "../regularizers/proximal.ts";
import { isSmooth, matches, type Penalty } from "../regularizers/regularizer.ts";
import { layoutOf, type ParameterLayout } from "../tensor/parameters.ts";
import type { Tensor } from "../tensor/safetensors.ts";
import type { Stretch } from "../objectives/combine.ts";
import { stretchesOf } from "../objectives/stretches.ts";
import { batchingOf, type Batching } from "./batching.ts";
import { models } from "./catalogue.ts";
import type { DriftConfig } from "./client-axis.ts";
import { clusteringOf } from "./clustering-checks.ts";
import { correctionOf } from "./correction.ts";
import type { UpdateModeConfig } from "./federation.ts";
import type { CustomLosses, Goal } from "./goal.ts";
import { goalsOf } from "./goals.ts";
import {
  evaluateProgram,
  gradientProgram,
  predictProgram,
  sumsProgram,
  tuningProgram,
  updateProgram,
  type ProgramParts,
} from "./programs.ts";
import { lossParameters } from "./rows.ts";
import type { Experiment } from "./schema.ts";

export interface CompiledExperiment {
  readonly goals: readonly Goal[];
  readonly programs: {
    readonly train: Program;
    readonly evaluate: Program;
    readonly predict: Program;
    /** Where some objective is a function of sums. */
    readonly sums?: Program;
    /** Where clients of update mode tell of gradients at the model: sketches of them, or all of them. */
    readonly slopes?: Program;
    /** Where a loss is tuned. */
    readonly tuning?: Program;
  };
  readonly batching: Batching;
  /** In the order of the flat vector. */
  readonly parameters: readonly ParameterSpec[];
  readonly layout: ParameterLayout;
  /** Which objectives train what, where each has a gradient of its own; empty where their gradients come as one. */
  readonly stretches: readonly Stretch[];
  readonly initial: Float64Array;
  /** The first values of each cluster's model, `initial` the first of them; empty where there is one model for all. */
  readonly clusters: readonly Float64Array[];
  /** The smooth regularizers, and the step that the others are; undefined when there are none. */
  readonly penalties: readonly Penalty[];
  readonly proximal: ProximalOperator | undefined;
  /** Local steps' optimizer; undefined in gradient mode. */
  readonly localOptimizer: OptimizerSpec | undefined;
}

export interface CompileOptions {
  /** The model of an experiment whose trunk is a module of one's own, bound to its options. */
  readonly customModel?: Model;
  /** The losses that are modules of one's own. */
  readonly customLosses?: CustomLosses;
  /** The rows of the largest group that a set loss joins, among training rows and among all; programs take it whole. */
  readonly groupSizes?: { readonly largestGroup: number; readonly largestEvaluated: number };
  /** The tensors of `model.initial.file`. */
  readonly initialTensors?: ReadonlyMap<string, Tensor>;
}

/** Throws "invalid-experiment" or "invalid-option" with every misfit of model, losses, heads, targets, regularizers and first values. */
export function compileExperiment(
  experiment: Experiment,
  random: Random,
  options: CompileOptions = {},
): CompiledExperiment {
  const goals = goalsOf(experiment, options.customLosses);
  const model = modelOf(experiment, options);
  const { heads } = experiment.model;
  const features = featuresOf(experiment);
  const penalties = experiment.regularizers.filter(isSmooth);
  const salt = random.fork("dropout").integer(0x80000000);
  const { federation } = experiment;
  const multipliers = federation.mode === "update" ? federation.multipliers : "frozen";
  const drift = federation.mode === "update" ? driftOf(federation) : "none";
  const parts: ProgramParts = { model, heads, features, goals, penalties, salt, multipliers, drift };
  const { mixesRows, parameters: asked } = trace({
    model,
    heads,
    features,
    batch: 1,
    training: true,
    further: lossParameters(goals),
    uniform: (_, size) => fill(0, [1, size]),
  });
  const parameters = asked.map(({ name, shape, scope, role }) => ({ name, shape, scope, role }));
  const layout = layoutOf(parameters);
  const batching = batchingOf(experiment, {
    whole: mixesRows || (multipliers === "client-local" && goals.some(({ loss }) => loss.kind === "two-phase")),
    ...(options.groupSizes ?? { largestGroup: 0, largestEvaluated: 0 }),
  });
  const train = federation.mode === "update" ? updateProgram : gradientProgram;
  const sums = sumsProgram(parts, batching.size);
  const tuning = federation.mode === "gradient" ? tuningProgram(parts, batching.size) : undefined;
  const work = train(parts, batching.size);
  const initial = initialOf(experiment, layout, parameters, random, options);
  const apart = federation.mode === "update" && federation.local.objectives === "separate";
  const seesSlopes =
    federation.mode === "update" &&
    (federation.local.sketch !== undefined || federation.local.drift.kind === "mime-lite");
  const slopes =
    federation.mode === "gradient" ? work : apart || seesSlopes ? gradientProgram(parts, batching.size) : undefined;
  return {
    goals,
    programs: {
      train: work,
      evaluate: evaluateProgram(parts, batching.evaluation),
      predict: predictProgram(parts, batching.evaluation),
      ...(sums && { sums }),
      ...(seesSlopes && slopes && { slopes }),
      ...(tuning && { tuning }),
    },
    batching,
    parameters,
    layout,
    stretches: slopes === undefined ? [] : stretchesOf(slopes, layout),
    initial,
    clusters: clustersFrom(initial, federation, layout, (cluster) =>
      initialOf(experiment, layout, parameters, random.fork("cluster", cluster), options),
    ),
    penalties,
    proximal: proximalOperator(experiment.regularizers, layout),
    localOptimizer: federation.mode === "update" ? federation.local.optimizer : undefined,
  };
}

/** Each cluster's first values, but for what all share. */
function clustersFrom(
  first: Float64Array,
  federation: Experiment["federation"],
  { places }: ParameterLayout,
  draw: (cluster: number) => Float64Array,
): Float64Array[] {
  const clustering = clusteringOf(federation);
  if (clustering === undefined) return [];
  const unknown = clustering.shared.find((pattern) => !places.some(({ name }) => matches(pattern, name)));
  if (unknown !== undefined)
    throw new TributaryError(
      "invalid-experiment",
      `federation.clustering.shared: expected some of ${places.map(({ name }) => name).join(", ")}, got ${unknown}`,
    );
  const others = Array.from({ length: clustering.clusters - 1 }, (_, i) => draw(i + 1));
  for (const { name, offset, size } of places)
    if (clustering.shared.some((pattern) => matches(pattern, name)))
      for (const values of others) values.set(first.subarray(offset, offset + size), offset);
  return [first, ...others];
}

/** Ditto pulls with the program of a proximal term; to everybody's model by 0. */
function driftOf({ local, personal }: UpdateModeConfig): DriftConfig["kind"] {
  const drift = correctionOf(local.drift);
  return drift === "none" && personal.kind === "ditto" ? "proximal" : drift;
}

/** What the data offer the model, by the names of design: the table, the image, and each index. */
export function featuresOf({ data }: Experiment): FeatureShapes {
  const { image, index } = data.features;
  const width = tableColumns(data).length;
  const shapes: Record<string, FeatureShapes[string]> = {};
  if (width > 0) shapes["table"] = { shape: [width], dtype: "real" };
  if (image !== undefined) shapes["image"] = { shape: image.shape, dtype: "real" };
  for (const [name, size] of Object.entries(index)) shapes[name] = { shape: [], dtype: "index", size };
  return shapes;
}

function modelOf({ model: { trunk } }: Experiment, { customModel }: CompileOptions): Model {
  if (trunk.kind !== "module") {
    const { kind, ...config } = trunk;
    return models[kind].bind(config);
  }
  if (customModel !== undefined) return customModel;
  throw new TributaryError(
    "invalid-experiment",
    `model.trunk: expected the model of ${trunk.path} to be loaded, got none`,
  );
}

/** First values from the declared file's tensors, or else by the declared rule. */
function initialOf(
  { model: { initial } }: Experiment,
  layout: ParameterLayout,
  parameters: readonly ParameterSpec[],
  random: Random,
  { initialTensors }: CompileOptions,
): Float64Array {
  if ("kind" in initial) return initialValues(parameters, initial, random);
  if (initialTensors !== undefined) return valuesFrom(layout, initialTensors);
  throw new TributaryError(
    "invalid-experiment",
    `model.initial: expected the tensors of ${initial.file} to be read, got none`,
  );
}
