/** The objectives of an experiment → the objective axis of its run. */
import { weightings } from "../objectives/catalogue.ts";
import { objectiveAxis, type ObjectiveAxis } from "../objectives/axis.ts";
import type { Stretch } from "../objectives/combine.ts";
import type { Constraint } from "../objectives/constraints.ts";
import type { Method } from "../objectives/define-weighting.ts";
import type { Weighting } from "../objectives/weighting.ts";
import { TributaryError } from "../errors.ts";
import { isOwnMethod, type ObjectiveConfig } from "./objectives.ts";
import type { Experiment } from "./schema.ts";

type Sections = Pick<Experiment, "objectives" | "weighting" | "priorities" | "constraints">;

/** `own` weighs them in place of the method that the experiment names. */
export function axisOf(
  experiment: Sections,
  stretches: readonly Stretch[],
  own?: { readonly method: Method; readonly options?: object },
): ObjectiveAxis {
  const { objectives, priorities, constraints } = experiment;
  const goals = goalsOnly(objectives);
  return objectiveAxis({
    goals: Object.fromEntries(goals.map(([name, { weight }]) => [name, weight])),
    weighting: weightingOf(experiment, own),
    priorities: Object.fromEntries(
      goals.flatMap(([name, { priority }]) => (priority === undefined ? [] : [[name, priority]])),
    ),
    priority: {
      tolerance: { absolute: priorities.absolute, relative: priorities.relative },
      patience: priorities.patience,
    },
    constraints: Object.entries(objectives).flatMap(([name, config]) => constraintOf(name, config)),
    constraint: constraints,
    stretches,
  });
}

/** Objectives without a bound, which are weighed. */
export const goalsOnly = (objectives: Experiment["objectives"]): [string, ObjectiveConfig][] =>
  Object.entries(objectives).filter(([, { bound }]) => bound === undefined);

/** Its method with its options, for the objectives that are weighed. Throws "invalid-option" for options that do not fit them. */
function weightingOf({ objectives, weighting }: Sections, own: Parameters<typeof axisOf>[2]): Weighting {
  const names = goalsOnly(objectives).flatMap(([name, { weight }]) => (weight > 0 ? [name] : []));
  if (own !== undefined) return own.method.bind(own.options ?? {}, names);
  if (isOwnMethod(weighting))
    throw new TributaryError("invalid-experiment", `weighting: expected ${weighting.path} to be loaded, got nothing`);
  const { method, ...options } = weighting;
  return weightings[method].bind(options, names);
}

/** Whether objectives count otherwise from round to round in local work on all of them together. */
export const weightsChange = ({ objectives, weighting }: Pick<Experiment, "objectives" | "weighting">): boolean =>
  weighting.method !== "fixed" ||
  (!isOwnMethod(weighting) && weighting["weights"] !== undefined) ||
  Object.values(objectives).some(({ bound }) => bound !== undefined);

/** The constraint that an objective with a bound is. */
function constraintOf(objective: string, { bound }: ObjectiveConfig): Constraint[] {
  if (bound === undefined) return [];
  const { atMost, atLeast, equals, tolerance, measuredBy = objective } = bound;
  const common = { objective, tolerance, measuredBy };
  if (atMost !== undefined) return [{ ...common, kind: "atMost", bound: atMost }];
  if (atLeast !== undefined) return [{ ...common, kind: "atLeast", bound: atLeast }];
  return [{ ...common, kind: "equals", bound: equals! }]; // the schema has made sure of one of them
}
