/** `tributary pareto EXPERIMENT --points N`: one run for each preference, and the front that they make. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunResult } from "../server/run/result.ts";
import type { Simulate } from "../server/simulation/options.ts";
import { TributaryError } from "../shared/errors.ts";
import { goalsOnly } from "../shared/experiment/axis.ts";
import type { Override } from "../shared/experiment/override.ts";
import type { Experiment } from "../shared/experiment/schema.ts";
import { weightings } from "../shared/objectives/catalogue.ts";
import { asfOf, frontOf, hypervolume, kneeOf, preferencesOf, rangeOf } from "../shared/objectives/pareto.ts";
import { print, type Context } from "./context.ts";
import { exitCodeOfRun, exitCodes } from "./exit-codes.ts";
import { decimal } from "./format.ts";
import { loadExperiment } from "./load-experiment.ts";
import { frontPicture } from "./pareto-picture.ts";
import { createProgress } from "./progress.ts";
import { placeRun } from "./run-directory.ts";
import { table } from "./table.ts";

export interface ParetoFlags {
  readonly points: number;
  readonly out?: string;
  readonly threads?: number;
  readonly pick?: string;
  readonly set: readonly Override[];
  readonly json?: boolean;
}

interface SweptPoint {
  readonly point: number;
  /** Objective → its share. */
  readonly preference: Readonly<Record<string, number>>;
  /** Objective → its loss on test rows, or on training rows where there are none. */
  readonly losses: Readonly<Record<string, number>>;
  readonly directory: string;
  readonly modelHash: string;
}

export async function paretoCommand(
  simulate: Simulate,
  file: string,
  flags: ParetoFlags,
  context: Context,
): Promise<number> {
  const { experiment, text } = loadExperiment(file, flags.set, context.cwd);
  const goals = goalsOnly(experiment.objectives).flatMap(([name, { weight }]) => (weight > 0 ? [name] : []));
  if (goals.length < 2)
    throw new TributaryError(
      "invalid-option",
      `Expected at least 2 objectives to trade off, got ${goals.join(", ") || "none"}`,
    );
  const option = preferenceOption(experiment);
  const folder = placeRun({ cwd: context.cwd, name: `${experiment.name}-front`, out: flags.out, resume: false });
  mkdirSync(folder, { recursive: true });
  const swept: SweptPoint[] = [];
  const progress = createProgress(context.stdout);
  const began = performance.now();
  for (const [point, shares] of preferencesOf(goals.length, flags.points).entries()) {
    const preference = Object.fromEntries(goals.map((name, k) => [name, shares[k]!]));
    const weighed = { ...experiment, weighting: { ...experiment.weighting, [option]: preference } };
    const out = join(folder, `point-${String(point).padStart(2, "0")}`);
    const result = await simulate(weighed, {
      out,
      source: text,
      signal: context.signal,
      ...(flags.threads !== undefined && { threads: flags.threads }),
    });
    if (result.stopReason === "interrupted") return exitCodeOfRun(result.stopReason);
    const found = { point, preference, losses: lossesOf(result, goals), directory: out, modelHash: result.modelHash };
    if (Object.values(found.losses).every(Number.isFinite)) swept.push(found);
    if (flags.json === true) print(context, JSON.stringify({ event: "point", ...found }));
    else progress.show(point + 1, flags.points, performance.now() - began, "");
  }
  progress.clear();
  if (swept.length === 0) throw new TributaryError("diverged", "No point of the sweep has finite losses");
  const summary = summaryOf(swept, goals);
  const chosen = pickedBy(flags.pick, swept, summary);
  writeFileSync(
    join(folder, "front.json"),
    `${JSON.stringify({ experiment: experiment.name, ...summary, points: swept }, undefined, 2)}\n`,
  );
  writeFileSync(
    join(folder, "front.svg"),
    frontPicture(`${experiment.name}: ${swept.length} preferences`, goals, plotted(swept, goals, summary)),
  );
  copyFileSync(join(chosen.directory, "model.safetensors"), join(folder, "model.safetensors"));
  if (flags.json === true)
    print(
      context,
      JSON.stringify({ event: "front", ...summary, model: join(folder, "model.safetensors"), picked: chosen.point }),
    );
  else print(context, report(swept, goals, summary, chosen, folder, context));
  return exitCodes.done;
}

/** The option by which a method is told how much each objective matters. */
function preferenceOption({ weighting: { method } }: Experiment): string {
  const options = method === "module" ? {} : weightings[method].options.shape;
  const known = ["preference", "weights"].find((option) => option in options);
  if (known !== undefined) return known;
  const able = Object.values(weightings).flatMap(({ name, options }) =>
    "preference" in options.shape || "weights" in options.shape ? [name] : [],
  );
  throw new TributaryError(
    "invalid-option",
    `${method} takes no preference, so there is no front to sweep: use one of ${able.join(", ")}`,
  );
}

const lossesOf = ({ objectives }: RunResult, goals: readonly string[]): Record<string, number> =>
  Object.fromEntries(goals.map((name) => [name, (objectives[name]?.test ?? objectives[name]?.train)?.loss ?? NaN]));

interface Summary {
  readonly objectives: readonly string[];
  /** Points that no other dominates. */
  readonly front: readonly number[];
  readonly knee: number;
  readonly asf: number;
  /** Each objective's worst loss and a tenth of its range. */
  readonly reference: readonly number[];
  readonly hypervolume: number;
}

function summaryOf(swept: readonly SweptPoint[], objectives: readonly string[]): Summary {
  const points = swept.map(({ losses }) => objectives.map((name) => losses[name]!));
  const front = frontOf(points);
  const best = front.map((i) => points[i]!);
  const { ideal, nadir } = rangeOf(points);
  const reference = nadir.map((worst, k) => worst + 0.1 * (worst - ideal[k]! || Math.abs(worst) || 1));
  return {
    objectives,
    front: front.map((i) => swept[i]!.point),
    knee: swept[front[kneeOf(best)]!]!.point,
    asf: swept[front[asfOf(best)]!]!.point,
    reference,
    hypervolume: hypervolume(best, reference),
  };
}

function pickedBy(pick: string | undefined, swept: readonly SweptPoint[], { knee, asf }: Summary): SweptPoint {
  const wanted = pick === undefined || pick === "knee" ? knee : pick === "asf" ? asf : Number(pick);
  const found = swept.find(({ point }) => point === wanted);
  if (found !== undefined) return found;
  const known = swept.map(({ point }) => point).join(", ");
  throw new TributaryError(
    "invalid-option",
    `Expected --pick knee, asf or one of the points ${known}, got ${pick ?? ""}`,
  );
}

const plotted = (swept: readonly SweptPoint[], objectives: readonly string[], { front, knee, asf }: Summary) =>
  swept.map(({ point, losses }) => ({
    label: `point ${point}`,
    losses: objectives.map((name) => losses[name]!),
    onFront: front.includes(point),
    picked: point === knee ? (knee === asf ? "knee, asf" : "knee") : point === asf ? "asf" : undefined,
  }));

function report(
  swept: readonly SweptPoint[],
  objectives: readonly string[],
  summary: Summary,
  chosen: SweptPoint,
  folder: string,
  { colours: { bold, dim }, shorten, self }: Context,
): string {
  const marks = ({ point }: SweptPoint): string =>
    [
      point === summary.knee ? "knee" : "",
      point === summary.asf ? "asf" : "",
      summary.front.includes(point) ? "" : "dominated",
    ]
      .filter((mark) => mark !== "")
      .join(", ");
  const heading = [
    "point",
    ...objectives.map((name) => `${name} share`),
    ...objectives.map((name) => `${name} loss`),
    "",
  ];
  const rows = swept.map((one) => [
    String(one.point),
    ...objectives.map((name) => one.preference[name]!.toFixed(3)),
    ...objectives.map((name) => decimal(one.losses[name])),
    marks(one),
  ]);
  const near = shorten(folder);
  return [
    table(heading.map(dim), rows, [...heading.slice(0, -1).map(() => "right" as const), "left"]),
    "",
    `  hypervolume ${bold(decimal(summary.hypervolume))} below (${summary.reference.map((x) => decimal(x)).join(", ")}); ${summary.front.length} of ${swept.length} points on the front`,
    `  picture  ${join(near, "front.svg")}`,
    `  archive  ${join(near, "front.json")}`,
    `  model    ${join(near, "model.safetensors")} ${dim(`(point ${chosen.point}; any other: ${join(near, "point-…")}, or --pick)`)}`,
    `\n  next     ${self} predict ${shorten(chosen.directory)} <data>\n`,
  ].join("\n");
}
