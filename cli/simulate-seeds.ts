/** `--seeds 1..20`: one run for each seed, then the mean and deviation of every final metric, and a tidy CSV of all rounds. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { flatten, type RunEvent } from "../server/events.ts";
import type { RunResult } from "../server/run/result.ts";
import type { Simulate, SimulateOptions } from "../server/simulation/options.ts";
import { print, type Context } from "./context.ts";
import { exitCodeOfRun, exitCodes } from "./exit-codes.ts";
import { counted, decimal } from "./format.ts";
import { jsonLines } from "./json-lines.ts";
import type { LoadedExperiment } from "./load-experiment.ts";
import { createProgress } from "./progress.ts";
import { table } from "./table.ts";

export interface SeedsRun {
  readonly simulate: Simulate;
  readonly seeds: readonly number[];
  readonly loaded: LoadedExperiment;
  readonly directory: string;
  readonly options: SimulateOptions;
  readonly json: boolean;
  readonly context: Context;
}

export async function simulateSeeds({
  simulate,
  seeds,
  loaded,
  directory,
  options,
  json,
  context,
}: SeedsRun): Promise<number> {
  const { experiment } = loaded;
  const progress = createProgress(context.stdout);
  const start = performance.now();
  const results: RunResult[] = [];
  for (const [i, seed] of seeds.entries()) {
    const out = join(directory, `seed-${seed}`);
    const emit = json ? jsonLines(context, { seed }) : undefined;
    const onEvent = (event: RunEvent): void => {
      emit?.(event);
      if (emit === undefined && event.event === "round") {
        progress.show(
          i * event.rounds + event.round,
          seeds.length * event.rounds,
          performance.now() - start,
          `seed ${seed}`,
        );
      }
    };
    const result = await simulate(
      { ...experiment, seed },
      { ...options, out, resume: options.resume === true && existsSync(out), onEvent },
    );
    if (result.stopReason === "interrupted") {
      progress.clear();
      return exitCodes.interrupted;
    }
    results.push(result);
  }
  progress.clear();

  const statistics = Object.entries(summarize(results)).map(([metric, values]) => ({ metric, ...spread(values) }));
  const csv = join(directory, "seeds.csv");
  writeFileSync(
    csv,
    tidy(seeds.map((seed) => ({ run: `seed-${seed}`, events: join(directory, `seed-${seed}`, "events.ndjson") }))),
  );
  if (json)
    context.stdout.write(
      `${JSON.stringify({ event: "seeds", seeds, metrics: Object.fromEntries(statistics.map(({ metric, ...rest }) => [metric, rest])), csv })}\n`,
    );
  else {
    const rows = statistics.map(({ metric, mean, deviation, least, most }) => [
      metric,
      ...[mean, deviation, least, most].map(decimal),
    ]);
    print(context, `\n  ${context.colours.bold(experiment.name)} · ${counted(seeds.length, "seed")}\n`);
    print(
      context,
      table(["at the end of each run", "mean", "deviation", "least", "most"].map(context.colours.dim), rows),
    );
    print(context, `\n  every round of every run: ${context.shorten(csv)}\n`);
  }
  return results.some(({ stopReason }) => exitCodeOfRun(stopReason) !== 0) ? exitCodes.failed : exitCodes.done;
}

/** Metric → its final value in each run; runs where it does not exist are left out. */
function summarize(results: readonly RunResult[]): Record<string, number[]> {
  const values: Record<string, number[]> = {};
  for (const { metrics } of results) {
    for (const [metric, value] of Object.entries(metrics)) if (value !== null) (values[metric] ??= []).push(value);
  }
  return values;
}

export interface Spread {
  readonly runs: number;
  readonly mean: number;
  /** The sample standard deviation, √(Σ(x − mean)²/(n − 1)); 0 for one run. */
  readonly deviation: number;
  readonly least: number;
  readonly most: number;
}

export function spread(values: readonly number[]): Spread {
  const runs = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / runs;
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return {
    runs,
    mean,
    deviation: runs > 1 ? Math.sqrt(squares / (runs - 1)) : 0,
    least: Math.min(...values),
    most: Math.max(...values),
  };
}

/** One line for each run × round × objective × part × metric, from the runs' own event files. */
export function tidy(runs: readonly { readonly run: string; readonly events: string }[]): string {
  const lines = ["run,round,objective,part,metric,value"];
  for (const { run, events } of runs) {
    for (const line of readFileSync(events, "utf8").split("\n")) {
      if (line === "") continue;
      const event = JSON.parse(line) as RunEvent; // written by the run itself
      if (event.event !== "evaluated") continue;
      for (const [path, value] of Object.entries(flatten(event.scores)))
        lines.push([run, event.round, ...path.split("/"), value ?? ""].join(","));
    }
  }
  return `${lines.join("\n")}\n`;
}
