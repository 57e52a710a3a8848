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
}

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
  const values = metrics.map((metric) => {
    const prefix = `metric/${name}/${metric.name}/`;
    const parts = Object.entries(sums).filter(([key]) => key.startsWith(prefix));
    const own = Object.fromEntries(parts.map(([key, part]) => [key.slice(prefix.length), part]));
    return [metric.name, metric.value(own)] as const;
  });
  const denominator = single("denominator");
  return {
    loss:
      denominator === 0 ? null : outer === undefined ? single("numerator") / denominator : valueOf(name, sums, outer),
    examples: single("count"),
    metrics: Object.fromEntries(values),
  };
}

const valueOf = (name: string, sums: Sums, outer: OuterFunction): number | null =>
  outer(sumsOfObjective(name, sums)).value;
