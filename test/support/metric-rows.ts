/** A metric on rows that are given as plain columns, on the reference engine. */
import { greater, input, multiply, subtract } from "../../shared/graph/build.ts";
import type { Node } from "../../shared/graph/graph.ts";
import { defineProgram } from "../../shared/graph/define-program.ts";
import { losses } from "../../shared/losses/catalogue.ts";
import type { TargetFacts } from "../../shared/losses/loss.ts";
import type { Metric, MetricInputs, Parts } from "../../shared/metrics/metric.ts";
import { countedUnits, type CountedUnits } from "../../shared/objectives/objective.ts";
import { runProgram } from "./run-program.ts";

export interface MetricRows {
  /** @default a number */
  readonly facts?: TargetFacts;
  /** [rows] for one output, else [rows, outputs]. @default 1 */
  readonly outputs?: number;
  readonly prediction: readonly number[];
  /** Zeros when left out. */
  readonly target?: readonly number[];
  /** Ones when left out. */
  readonly weights?: readonly number[];
  readonly group?: readonly number[];
  readonly survival?: { readonly time: readonly number[]; readonly event: readonly number[] };
  /** Predictions are margins of pairs. */
  readonly pairs?: true;
}

/** The parts of a metric; a single output of an ordinal or class head keeps its axis. */
export function metricParts(metric: Metric, given: MetricRows): Parts {
  const { facts = { kind: "number", classes: 1 }, outputs = 1, prediction, survival } = given;
  const rows = prediction.length / outputs;
  const index = facts.kind === "class" || facts.kind === "level";
  const flat = outputs === 1 && !index;
  const columns: Readonly<Record<string, readonly number[]>> = {
    prediction,
    target: given.target ?? new Array<number>(rows).fill(0),
    weights: given.weights ?? new Array<number>(rows).fill(1),
    ...(given.group && { group: given.group }),
    ...survival,
  };
  const dtypeOf = (name: string): "index" | "real" =>
    name === "group" || (name === "target" && index) ? "index" : "real";
  const shapeOf = (name: string): number[] => (name === "prediction" && !flat ? [rows, outputs] : [rows]);
  const nodes = Object.fromEntries(
    Object.keys(columns).map((name) => [name, input(name, shapeOf(name), dtypeOf(name))]),
  );
  const { time, event, ...direct } = nodes as Record<keyof MetricInputs | "time" | "event", Node>;
  const seen = {
    ...direct,
    facts,
    ...(survival && { survival: { time, event } }),
    ...(given.pairs && { pairs: given.pairs }),
    ...(flat && { units: hingeUnits(direct) }),
  };
  const program = defineProgram({
    inputs: Object.entries(nodes).map(([name, { shape, dtype }]) => ({ name, role: "batch", shape, dtype }) as const),
    outputs: metric.parts(seen as MetricInputs),
  });
  return runProgram(program, columns);
}

export const metricValue = (metric: Metric, rows: MetricRows): number | null => metric.value(metricParts(metric, rows));

/** The units of a hinge loss whose targets above 0 are the positive ones. */
function hingeUnits({ prediction, target, weights }: Record<"prediction" | "target" | "weights", Node>): CountedUnits {
  const signs = subtract(multiply(2, greater(target, 0)), 1);
  return countedUnits(losses.hinge.bind(), { prediction, target: signs }, weights);
}
