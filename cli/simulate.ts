/** `tributary simulate EXPERIMENT`: runs it over threads, shows how it goes, and says where the model is. */
import { resolve } from "node:path";
import type { RunEvent } from "../server/events.ts";
import type { RunResult } from "../server/run/result.ts";
import type { Simulate, SimulateOptions } from "../server/simulation/options.ts";
import { parseOverride, type Override } from "../shared/experiment/override.ts";
import { print, type Context } from "./context.ts";
import { exitCodeOfRun } from "./exit-codes.ts";
import { decimal } from "./format.ts";
import { emptyHistory, remember, type History } from "./history.ts";
import { jsonLines } from "./json-lines.ts";
import { loadExperiment, type LoadedExperiment } from "./load-experiment.ts";
import { createProgress } from "./progress.ts";
import {
  boundLines,
  clippedLine,
  closingLines,
  curveLines,
  openingLine,
  scaleLines,
  scoreTables,
  skippedLine,
} from "./report.ts";
import { placeRun } from "./run-directory.ts";
import { simulateSeeds } from "./simulate-seeds.ts";
import { sparkline } from "./sparkline.ts";

export interface SimulateFlags {
  readonly threads?: number;
  readonly seed?: number;
  readonly seeds?: readonly number[];
  readonly out?: string;
  readonly set: readonly Override[];
  readonly resume?: boolean;
  readonly personal?: string;
  readonly json?: boolean;
}

export async function simulateCommand(
  simulate: Simulate,
  file: string,
  flags: SimulateFlags,
  context: Context,
): Promise<number> {
  const seed = flags.seed === undefined ? [] : [parseOverride(`seed=${flags.seed}`)!];
  const loaded = loadExperiment(file, [...flags.set, ...seed], context.cwd);
  const resume = flags.resume ?? false;
  const directory = placeRun({ cwd: context.cwd, name: loaded.experiment.name, out: flags.out, resume });
  const options = {
    source: loaded.text,
    signal: context.signal,
    resume,
    ...(flags.personal !== undefined && { personal: resolve(context.cwd, flags.personal) }),
    ...(flags.threads !== undefined && { threads: flags.threads }),
  };
  const json = flags.json ?? false;
  if (flags.seeds !== undefined)
    return simulateSeeds({ simulate, seeds: flags.seeds, loaded, directory, options, json, context });

  const result = json
    ? await simulate(loaded.experiment, { ...options, out: directory, onEvent: jsonLines(context) })
    : await shown(simulate, loaded, { ...options, out: directory }, file, context);
  return exitCodeOfRun(result.stopReason);
}

/** Runs with a line of progress, and prints the whole report at the end. */
async function shown(
  simulate: Simulate,
  loaded: LoadedExperiment,
  options: SimulateOptions,
  file: string,
  context: Context,
): Promise<RunResult> {
  const { colours } = context;
  const history = emptyHistory();
  const progress = createProgress(context.stdout);
  let start = performance.now();
  const onEvent = (event: RunEvent): void => {
    remember(history, event);
    if (event.event === "started") {
      start = performance.now(); // reading the data is over
      print(context, openingLine(history, colours));
    }
    if (event.event === "round") progress.show(event.round, event.rounds, performance.now() - start, note(history));
    if (event.event === "finished") progress.clear();
  };
  try {
    const result = await simulate(loaded.experiment, { ...options, onEvent });
    for (const warning of history.warnings.slice(0, 5)) print(context, `  ${colours.yellow(warning)}`);
    print(
      context,
      `${curveLines(history, colours)}${scaleLines(history, colours)}${boundLines(history, colours)}${clippedLine(history, colours)}${skippedLine(history, colours)}\n`,
    );
    print(context, `${scoreTables(result, history, colours)}\n`);
    print(context, `${closingLines(result, nextCommands(result, loaded, file, context), context)}\n`);
    if (options.personal !== undefined)
      print(context, `  own models  ${context.shorten(options.personal)}, one for each client\n`);
    return result;
  } finally {
    progress.clear();
  }
}

/** The end of the progress line: each objective's newest training loss, and its curve. */
function note({ curves }: History): string {
  return [...curves].map(([name, curve]) => `${name} ${decimal(curve.at(-1))} ${sparkline(curve, 12)}`).join("  ");
}

function nextCommands(
  { stopReason, directory }: RunResult,
  { experiment }: LoadedExperiment,
  file: string,
  context: Context,
): string[] {
  if (directory === null) return [];
  const folder = context.shorten(directory);
  if (stopReason === "interrupted") return [`${context.self} simulate ${file} --out ${folder} --resume`];
  const { clients, test, data } = experiment.simulation ?? {};
  const source = test ?? Object.values(clients ?? {})[0] ?? data;
  const predict = typeof source === "string" ? [`${context.self} predict ${folder} ${context.shorten(source)}`] : [];
  return [...predict, `${context.self} simulate ${file} --seeds 1..5`];
}
