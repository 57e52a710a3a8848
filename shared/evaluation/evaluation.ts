/**
 * What a model is worth on some rows: the loss and the metrics of each objective, from the sums a program computes.
 *
 *     const sums = sumOverRows(engine, dataset, compiled.columnOf);       // or a trainer's, or those of a whole cohort
 *     scoresOf(compiled.goals, sums);       // { disease: { loss: 0.418, examples: 486, metrics: { accuracy: 0.79 } } }
 *
 * Used by clients on their own rows and by the coordinator on sums of many clients alike: only here is anything divided.
 */
import type { Metric } from "../metrics/metric.ts";
import type { OuterFunction } from "../objectives/outer.ts";

/** Sums by output name: `objective/<name>/numerator`, `metric/<name>/<metric>/<part>`, … */
export type Sums = Readonly<Record<string, ArrayLike<number>>>;

/** One objective on one set of rows. `null`: nothing there to divide by. */
export interface Score {
  /** Σ wᵢ·ℓᵢ / Σ wᵢ·cᵢ, or F(S) */
  readonly loss: number | null;
  /** Units that count. */
  readonly examples: number;
  readonly metrics: Readonly<Record<string, number | null>>;
  /** By metric, and `loss` for a function of sums: what is shown beside its value. */
  readonly details: Readonly<Record<string, Details>>;
}

/** Numbers by name. */
export type Details = Readonly<Record<string, readonly number[]>>;

interface Scored {
  readonly name: string;
  readonly metrics: readonly Metric[];
}

/** Of objectives that are functions of sums. */
export type OuterFunctions = ReadonlyMap<string, OuterFunction>;

/** The score of each objective. */
export function scoresOf(
  objectives: readonly Scored[],
  sums: Sums,
  outers: OuterFunctions = new Map(),
): Record<string, Score> {
  return Object.fromEntries(
    objectives.map((objective) => [objective.name, scoreOf(objective, sums, outers.get(objective.name))]),
  );
}

/** The sums of an objective that is a function of sums, by their own names. */
export function sumsOfObjective(name: string, sums: Sums): Record<string, ArrayLike<number>> {
  const prefix = `objective/${name}/sum/`;
  const own = Object.entries(sums).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, values]) => [key.slice(prefix.length), values]));
}

function scoreOf({ name, metrics }: Scored, sums: Sums, outer: OuterFunction | undefined): Score {
  const single = (sum: string): number => sums[`objective/${name}/${sum}`]?.[0] ?? 0;
  const details: Record<string, Details> = {};
  const values = metrics.map((metric) => {
    const prefix = `metric/${name}/${metric.name}/`;
    const parts = Object.entries(sums).filter(([key]) => key.startsWith(prefix));
    const own = Object.fromEntries(parts.map(([key, part]) => [key.slice(prefix.length), part]));
    if (metric.details !== undefined) details[metric.name] = metric.details(own);
    return [metric.name, metric.value(own)] as const;
  });
  const denominator = single("denominator");
  const of = denominator === 0 || outer === undefined ? undefined : outer(sumsOfObjective(name, sums));
  if (of !== undefined && Object.keys(of.details).length > 0) details["loss"] = of.details;
  return {
    loss: denominator === 0 ? null : of === undefined ? single("numerator") / denominator : of.value,
    examples: single("count"),
    metrics: Object.fromEntries(values),
    details,
  };
}
