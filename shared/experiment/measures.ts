/**
 * The metrics of an objective: which of them mean something of it, and what they are given.
 *
 *     rows      a head against a target                                     every metric for targets of its kind
 *     pairs     a loss that wants one of two inputs above the other         accuracy, log-loss, hit-rate@k, reciprocal-rank
 *     times     a loss on times until an event                              concordance
 *
 * Metrics that join the rows of a group have it from `evaluation.groups`, or else from the loss.
 */
import { TributaryError } from "../errors.ts";
import { constantLike, subtract, toIndex } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { BoundLoss, TargetFacts } from "../losses/loss.ts";
import type { Metric, MetricInputs } from "../metrics/metric.ts";
import { countedUnits } from "../objectives/objective.ts";
import { metrics, type MetricName } from "./catalogue.ts";
import type { Goal, GroupBy } from "./goal.ts";
import type { Seen } from "./rows.ts";
import type { EvaluationConfig } from "./monitoring.ts";
import { boundInputs, type ObjectiveConfig } from "./objectives.ts";
import { isGroupInput } from "./sources.ts";

/** What is known of an objective before anything is computed. */
export interface Measured {
  readonly config: ObjectiveConfig;
  /** Of its target. */
  readonly facts: TargetFacts;
  /** Undefined for a module's, which is not loaded yet. */
  readonly loss: BoundLoss | undefined;
}

/** A pair as a row: its score is how far the better one stands above the other, and the answer is yes. */
const ofPair: TargetFacts = { kind: "binary", classes: 2 };

/** Whether the loss compares two heads rather than a head with a target. */
const isOfPairs = ({ config, loss }: Measured): boolean => config.target === undefined && loss?.pair !== undefined;

const isOfTimes = ({ loss }: Measured): boolean =>
  loss !== undefined && ["prediction", "time", "event"].every((input) => input in loss.inputs);

/** Why a metric means nothing of such an objective, in words that complete "<path>: …", or undefined. */
export function metricMisfit(
  name: MetricName,
  objective: string,
  measured: Measured,
  groups: EvaluationConfig["groups"] = {},
): string | undefined {
  const metric: Metric = metrics[name];
  return kindMisfit(metric, measured) ?? groupMisfit(metric, objective, measured, groups);
}

function kindMisfit({ name, targets, losses, pairs }: Metric, measured: Measured): string | undefined {
  const { config, loss } = measured;
  const got = loss === undefined ? "" : `, got ${loss.name}`;
  if (losses === "survival")
    return isOfTimes(measured) ? undefined : `${name} is for losses on times until an event, such as cox${got}`;
  const ofPairs = isOfPairs(measured);
  if (ofPairs && pairs !== true) return `${name} means nothing of pairs${got}`;
  if (!ofPairs && (config.head === undefined || config.target === undefined))
    return `${name} compares predictions with a target: the objective needs a head and a target`;
  const { kind, shape } = ofPairs ? ofPair : measured.facts;
  if (!targets.includes(kind)) return `${name} is for targets of the kind ${targets.join(" or ")}, got a ${kind}`;
  if (shape !== undefined) return `${name} is for targets of one value a row, got [${shape.join(", ")}]`;
  if (losses === undefined || loss === undefined || loss.sparse) return undefined;
  return `${name} is for losses that are 0 once a margin is met, such as hinge${got}`;
}

function groupMisfit(
  { name, grouped }: Metric,
  objective: string,
  { config, loss }: Measured,
  groups: NonNullable<EvaluationConfig["groups"]>,
): string | undefined {
  if (grouped !== true || groups[objective] !== undefined) return undefined;
  const own = Object.keys(boundInputs(config)).some((input) => isGroupInput(loss?.inputs[input] ?? []));
  if (own && loss?.kind === "set") return undefined;
  return `${name} joins the rows of a group: say which in evaluation.groups: { ${objective}: <target> }, or { ${objective}: { by: client } }`;
}

/** The metrics of a goal and what they join. Throws "invalid-experiment" for one that means nothing of it. */
export function measuresOf(
  name: string,
  measured: Measured,
  evaluation: EvaluationConfig,
  own: GroupBy | undefined,
): Pick<Goal, "metrics" | "measuredBy"> {
  const calibrating: MetricName[] = evaluation.calibrate?.[name] === undefined ? [] : ["temperature", "ece"];
  const chosen = [...new Set([...(evaluation.metrics[name] ?? []), ...calibrating])];
  for (const metric of chosen) {
    const misfit = metricMisfit(metric, name, measured, evaluation.groups);
    if (misfit !== undefined) throw new TributaryError("invalid-experiment", `The metric ${misfit}`);
  }
  const found: readonly Metric[] = chosen.map((metric) => metrics[metric]);
  const declared = evaluation.groups?.[name];
  const group = typeof declared === "string" ? { target: declared } : (declared ?? own);
  return { metrics: found, measuredBy: found.some(({ grouped }) => grouped) ? group : undefined };
}

/** What the metrics of a goal are given of a batch. */
export function metricInputs(goal: Goal, { inputs, weights, raw }: Seen, group: Node | undefined): MetricInputs {
  const { loss } = goal;
  const further = {
    weights,
    ...(loss.kind !== "two-phase" && { units: countedUnits(loss, inputs, weights) }),
    ...(group && { group: toIndex(group) }),
  };
  if (raw === undefined && loss.pair !== undefined) {
    const [better, worse] = loss.pair;
    const margin = subtract(inputs[better]!, inputs[worse]!);
    return { prediction: margin, target: constantLike(margin, 1), facts: ofPair, pairs: true, ...further };
  }
  const prediction = inputs["prediction"]!; // the decoder has checked that it is there, and what each metric needs beside it
  const { time, event } = inputs;
  return {
    prediction,
    target: raw ?? constantLike(weights, 0),
    facts: goal.facts,
    ...(time && event && { survival: { time, event } }),
    ...further,
  };
}
