/** The usual strategies by name, each a record of parts, and the one that an experiment declares. */
import { TributaryError } from "../../shared/errors.ts";
import type { CompiledExperiment } from "../../shared/experiment/compile.ts";
import { countNoiseOf, expectedClientsOf } from "../../shared/experiment/privacy.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { axisOf } from "../../shared/experiment/axis.ts";
import { objectiveAxis, type ObjectiveAxis } from "../../shared/objectives/axis.ts";
import { fixed } from "../../shared/objectives/weightings/fixed.ts";
import { adam } from "../../shared/optimizers/adaptive.ts";
import { optimistic } from "../../shared/optimizers/optimistic.ts";
import type { Optimizer, ServerOptimizerSpec } from "../../shared/optimizers/optimizer.ts";
import { scheduleOf } from "../../shared/optimizers/schedules.ts";
import { adagrad, yogi } from "../../shared/optimizers/server-adaptive.ts";
import { sgd } from "../../shared/optimizers/sgd.ts";
import { splitNoise } from "../../shared/privacy/adaptive-clip.ts";
import { samplingRateOf } from "../../shared/privacy/privacy.ts";
import { penaltyOf } from "../../shared/regularizers/smooth.ts";
import { layoutOf } from "../../shared/tensor/parameters.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import { robustRule } from "../aggregation/catalogue.ts";
import { mean } from "../aggregation/mean.ts";
import { privateMean } from "../aggregation/private-mean.ts";
import { robust } from "../aggregation/robust.ts";
import type { RobustRule } from "../aggregation/rule.ts";
import { selectionOf } from "../selection/catalogue.ts";
import { secretPoisson, uniform } from "../selection/uniform.ts";
import type { OwnParts } from "./define-strategy.ts";
import { clippingOf } from "./clipping.ts";
import { sharesOf } from "./shares.ts";
import type { Strategy } from "./strategy.ts";

/** Objective → its declared weight, in the experiment's order. */
export type ObjectiveWeights = Readonly<Record<string, number>>;
type Recipe = Strategy<PartialSum>;

const constant = (): number => 1;
const unpenalized = (parameters: Float64Array): Float64Array => new Float64Array(parameters.length);

/** The declared weights, in every round. */
const fixedSum = (weights: ObjectiveWeights): ObjectiveAxis =>
  objectiveAxis({
    goals: weights,
    weighting: fixed.bind({}, Object.keys(weights)),
    priorities: {},
    priority: { tolerance: { absolute: 0, relative: 0 }, patience: 1 },
    constraints: [],
    constraint: { method: "augmented", rate: 1, every: 1, patience: 1 },
    stretches: [],
  });

/** One global gradient a round: equals one machine exactly — McMahan et al. (2017). */
export const fedSgd = (weights: ObjectiveWeights, learningRate: number): Recipe => ({
  name: "fedsgd",
  selection: uniform,
  aggregation: mean({ mode: "gradient", objectives: weights, divisor: "sum" }),
  objectives: fixedSum(weights),
  rows: "gradients",
  penalty: unpenalized,
  clipping: clippingOf({}, layoutOf([])),
  shares: undefined,
  drift: { kind: "none" },
  perUnit: undefined,
  optimizer: sgd(),
  proximal: undefined,
  learningRate,
  schedule: constant,
});

/** Local steps, and the weighted mean of the changes — McMahan et al. (2017). Objectives were weighed in the local losses. */
export const fedAvg = (weights: ObjectiveWeights): Recipe => ({
  ...fedSgd(weights, 1),
  name: "fedavg",
  aggregation: mean({ mode: "update", objectives: weights, divisor: "sum" }),
  rows: "combined",
});

/** The server side of an experiment, with its compiled regularizers: the gradient of smooth ones is for gradient mode. */
export function strategyOf(
  experiment: Experiment,
  {
    penalties,
    proximal,
    layout,
    stretches,
  }: Pick<CompiledExperiment, "penalties" | "proximal" | "layout" | "stretches">,
  own: OwnParts = {},
): Recipe {
  const { federation, objectives, privacy } = experiment;
  const weights = Object.fromEntries(Object.entries(objectives).map(([name, { weight }]) => [name, weight]));
  const { learningRate } = federation.serverOptimizer;
  const parts = {
    objectives: axisOf(experiment, stretches, own.weighting),
    selection: own.selection ?? selectionOf(federation.clients.draw),
    optimizer: own.optimizer ?? optimizerOf(federation.serverOptimizer),
    proximal,
    clipping: clippingOf(federation.clip, layout),
    learningRate,
    schedule: scheduleOf(federation.serverSchedule, federation.rounds),
  };
  const penalty = (parameters: Float64Array): Float64Array => penaltyOf(penalties, layout, parameters).gradient;
  if (federation.mode === "gradient") {
    const optimizer = federation.lookAhead === "optimistic" ? optimistic(parts.optimizer) : parts.optimizer;
    const shares = sharesOf(federation.shares);
    const recipe = { ...fedSgd(weights, learningRate), ...parts, optimizer, penalty, shares };
    return { ...recipe, aggregation: aggregationOf(recipe.aggregation, federation, objectives, own.rule) };
  }
  if (federation.local.objectives === "separate") {
    const recipe: Recipe = { ...fedSgd(weights, learningRate), ...parts, penalty, rows: "pseudo-gradients" };
    return { ...recipe, name: "fedavg-separate" };
  }
  const { drift, normalizeSteps } = federation.local;
  const axis = {
    shares: own.shares ?? sharesOf(federation.shares),
    drift,
    perUnit: normalizeSteps ? (drift.kind === "proximal" ? drift.mu : 0) : undefined,
  };
  if (privacy !== undefined) mustHaveNoStatistics(layout);
  if (privacy?.mechanism === "central") {
    const { noiseMultiplier } = privacy;
    const split = privacy.adaptiveClip && splitNoise(noiseMultiplier, countNoiseOf(privacy));
    const aggregation = privateMean({
      objectives: weights,
      expectedClients: expectedClientsOf(privacy),
      size: layout.size,
      noiseMultiplier: split ?? noiseMultiplier,
      clipNorm: federation.clip.perClient!, // central-privacy-checks.ts has made sure of both
    });
    const rate = samplingRateOf(federation);
    const selection = rate === 1 ? parts.selection : secretPoisson(rate);
    return { ...fedAvg(weights), ...parts, ...axis, name: "dp-fedavg", selection, aggregation };
  }
  if (federation.normalizer === "cohort") {
    const recipe = { ...fedAvg(weights), ...parts, ...axis };
    return { ...recipe, aggregation: aggregationOf(recipe.aggregation, federation, objectives, own.rule) };
  }
  // Declared totals stand in for the cohort's: dividing by the cohort's own weight would bring its denominators back in.
  const divisor = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  return { ...fedAvg(weights), ...parts, ...axis, aggregation: mean({ mode: "update", objectives: weights, divisor }) };
}

function mustHaveNoStatistics({ ranges: { buffer } }: CompiledExperiment["layout"]): void {
  if (buffer[1] === buffer[0]) return;
  throw new TributaryError(
    "invalid-experiment",
    "privacy: noise would make running variances negative: choose a model without running statistics (layer or group normalization)",
  );
}

/** The mean, or the robust rule that takes its place. */
function aggregationOf(
  sums: Recipe["aggregation"],
  { aggregation }: Experiment["federation"],
  objectives: Experiment["objectives"],
  own: RobustRule | undefined,
): Recipe["aggregation"] {
  if (own !== undefined) return robust({ rule: own, sums, objectives: Object.keys(objectives) });
  if (aggregation.rule === "mean") return sums;
  if (aggregation.rule === "module")
    throw new TributaryError(
      "invalid-experiment",
      `federation.aggregation: expected ${aggregation.path} to be loaded, got nothing`,
    );
  const root = "root" in aggregation ? { root: aggregation.root } : {};
  return robust({ rule: robustRule(aggregation), sums, objectives: Object.keys(objectives), ...root });
}

function optimizerOf(spec: ServerOptimizerSpec): Optimizer {
  switch (spec.kind) {
    case "sgd":
      return sgd(spec);
    case "adam":
    case "adamw":
      return adam(spec);
    case "adagrad":
      return adagrad(spec);
    case "yogi":
      return yogi(spec);
  }
}
