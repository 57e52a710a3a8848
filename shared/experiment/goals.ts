/** Objectives as declared → objectives settled: loss bound, target known, metrics found. What must fit was checked at decoding. */
import { TributaryError, unknownName } from "../errors.ts";
import type { BoundLoss, TargetFacts } from "../losses/loss.ts";
import type { Metric } from "../metrics/metric.ts";
import { losses } from "../losses/catalogue.ts";
import { metrics } from "./catalogue.ts";
import { targetFacts } from "./data.ts";
import type { ObjectiveConfig } from "./objectives.ts";
import type { Experiment } from "./schema.ts";

/** One objective, ready to be built into programs. */
export interface Goal {
  readonly name: string;
  readonly head: string;
  readonly target: string;
  readonly facts: TargetFacts;
  readonly loss: BoundLoss;
  /** wᵢ: how much it counts beside the others. */
  readonly weight: number;
  readonly metrics: readonly Metric[];
  /** Whether a client's rows count for it; elsewhere its weights are 0. */
  readonly countsAt: (client: string) => boolean;
}

/** Throws "unknown-name" for a metric there is not, "invalid-experiment" for one that is not for this kind of target. */
export function goalsOf({ objectives, data, evaluation }: Experiment): Goal[] {
  return Object.entries(objectives).map(([name, config]) => {
    const { head, target, weight, loss } = config;
    const facts = targetFacts(data.targets[target]!); // the decoder has checked the name
    const { kind, ...options } = loss;
    const chosen = (evaluation.metrics[name] ?? []).map((metric) => metricOf(metric, facts));
    return {
      name,
      head,
      target,
      facts,
      loss: losses[kind].bind(options),
      weight,
      metrics: chosen,
      countsAt: participation(config),
    };
  });
}

function metricOf(name: string, facts: TargetFacts): Metric {
  const known: Readonly<Record<string, Metric>> = metrics;
  const metric = known[name];
  if (metric === undefined) throw unknownName("metric", name, Object.keys(metrics));
  if (metric.targets.includes(facts.kind)) return metric;
  throw new TributaryError(
    "invalid-experiment",
    `The metric ${name} is for targets of the kind ${metric.targets.join(" or ")}, got a ${facts.kind}`,
  );
}

function participation({ clients }: ObjectiveConfig): (client: string) => boolean {
  if (clients === undefined) return () => true;
  return "only" in clients ? (client) => clients.only.includes(client) : (client) => !clients.except.includes(client);
}
