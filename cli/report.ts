/** The end of a run for a reader: curves, a table of clients, what stopped it, where things are, and what to do next. */
import { join } from "node:path";
import type { Score } from "../server/events.ts";
import type { ClientResult, RunResult } from "../server/run/result.ts";
import { exactnessWords } from "../shared/experiment/exactness.ts";
import type { Colours } from "./colours.ts";
import type { Context } from "./context.ts";
import { counted, decimal, duration, whole } from "./format.ts";
import type { History } from "./history.ts";
import { sparkline } from "./sparkline.ts";
import { table } from "./table.ts";

type Part = "train" | "test";

/** More clients than this are not listed one by one. */
const listed = 12;

/** `heart-disease · 4 clients · 486 training rows, 254 test rows · 14 parameters` */
export function openingLine({ started }: History, colours: Colours): string {
  if (started === undefined) return "";
  const { name, clients, cohort, trainRows, testRows, parameters, mode, precision, threads, seed, resumedFrom } =
    started;
  const who = cohort < clients ? `${counted(clients, "client")}, ${whole(cohort)} a round` : counted(clients, "client");
  const rows = `${whole(trainRows)} training rows, ${whole(testRows)} test rows`;
  const how = `${mode} mode, ${precision}, ${counted(threads, "thread")}, seed ${seed}`;
  const again = resumedFrom > 0 ? `, going on from round ${resumedFrom}` : "";
  return `\n  ${colours.bold(name)} · ${who} · ${rows} · ${counted(parameters, "parameter")}\n  ${colours.dim(how + again)}\n`;
}

/** One line per objective: its training loss from the first round to the last. */
export function curveLines({ curves }: History, colours: Colours): string {
  const width = Math.max(...[...curves.keys()].map((name) => name.length));
  const lines = [...curves].map(([name, curve]) => {
    const ends = [decimal(curve[0]), decimal(curve.at(-1))] as const;
    return `  ${name.padEnd(width)}  training loss  ${ends[0]} ${colours.cyan(sparkline(curve))} ${ends[1]}`;
  });
  return lines.join("\n");
}

/**
 * How the objectives compared in the first round, a line each, and which of them pulled against each other:
 * `scale  disease  loss 0.69  slope 0.41` …
 */
export function scaleLines({ scale }: History, { dim }: Colours): string {
  if (scale === undefined) return "";
  const names = Object.keys(scale.losses);
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.slice(0, listed).map((name, i) => {
    const head = i === 0 ? dim("scale") : "     ";
    return `\n  ${head}  ${name.padEnd(width)}  loss ${decimal(scale.losses[name])}  slope ${decimal(scale.gradientNorms[name])}`;
  });
  const against = scale.conflicts
    .slice(0, 3)
    .map(({ between: [a, b], cosine }) => `${a} and ${b} (cosine ${cosine.toFixed(2)})`);
  const more = scale.conflicts.length > 3 ? `, and ${scale.conflicts.length - 3} more pairs` : "";
  const kind = scale.rows === "gradients" ? "" : ", by their local work";
  const conflicts =
    against.length === 0
      ? `no two pull against each other${kind}`
      : `pulling against each other${kind}: ${against.join(", ")}${more}`;
  return `${lines.join("")}\n         ${conflicts}`;
}

/** Each bound as the last round left it: `bound  fairness 0.031, at most… `. */
export function boundLines({ round }: History, { dim, yellow }: Colours): string {
  const lines = Object.entries(round?.constraints ?? {}).map(([name, { value, bound, violation, multiplier }]) => {
    const state = violation > 0 ? yellow(`beyond by ${decimal(violation)}`) : "held";
    return `\n  ${dim("bound")}  ${name}  ${decimal(value ?? undefined)} for ${decimal(bound)}: ${state}, multiplier ${decimal(multiplier)}`;
  });
  return lines.join("");
}

/** What each clip has clipped, in all rounds together: `clipped  120 examples (perExample), 3 updates (perClient)`. */
export function clippedLine({ clipped }: History, colours: Colours): string {
  const counts = [...clipped].map(([clip, count]) => `${counted(count, clippedThings[clip] ?? "time")} (${clip})`);
  return counts.length === 0 ? "" : `\n  ${colours.dim("clipped")}  ${counts.join(", ")}`;
}

const clippedThings: Readonly<Record<string, string>> = {
  perExample: "example",
  perClient: "update",
  perObjective: "gradient",
  adaptive: "unit",
  value: "number",
  globalNorm: "step",
};

/** `skipped  3 steps, for an update that did not fit; the loss scale of the last round is 8192`. */
export function skippedLine({ skipped, round }: History, colours: Colours): string {
  if (skipped === 0) return "";
  const scale = round?.lossScale == null ? "" : `; the loss scale of the last round is ${round.lossScale}`;
  return `\n  ${colours.dim("skipped")}  ${counted(skipped, "step")}, for an update that did not fit${scale}`;
}

/** For each objective a table: clients line by line, then everyone together, with rows, loss and metrics. */
export function scoreTables(result: RunResult, { started }: History, colours: Colours): string {
  const rows = { trainRows: started?.trainRows ?? 0, testRows: started?.testRows ?? 0 };
  const everyone = { client: "all together", ...rows, scores: result.objectives };
  return Object.keys(result.objectives)
    .map(
      (objective) =>
        scoreTable(
          objective,
          result.clients,
          everyone,
          colours,
          result.clusters && ", each client by its cluster's model",
        ) +
        ownModels(objective, result, everyone, colours) +
        reliability(objective, result, colours),
    )
    .join("\n\n");
}

function scoreTable(
  objective: string,
  clients: readonly ClientResult[],
  everyone: ClientResult,
  { bold, dim }: Colours,
  whose = "",
): string {
  const part: Part = everyone.scores[objective]?.test === undefined ? "train" : "test";
  const measures = ["loss", ...Object.keys(everyone.scores[objective]?.[part]?.metrics ?? {})];
  const rowOf = ({ client, trainRows, testRows, scores }: ClientResult): string[] => [
    client,
    whole(trainRows),
    whole(testRows),
    ...measures.map((measure) => decimal(valueOf(scores[objective]?.[part], measure))),
  ];
  const { shown, heading } = chosen(clients, part, objective);
  const title = `  ${bold(objective)}${dim(`, on ${part === "test" ? "test" : "training"} rows${whose}`)}\n`;
  return (
    title +
    table([heading, "training rows", "test rows", ...measures].map(dim), [
      ...shown.map(rowOf),
      rowOf(everyone).map(bold),
    ])
  );
}

/** The same table for the clients' own models, where they have any. */
function ownModels(
  objective: string,
  { clients, personal }: RunResult,
  everyone: ClientResult,
  colours: Colours,
): string {
  if (personal?.[objective] === undefined) return "";
  const own = clients.map((client) => ({ ...client, scores: client.personal ?? {} }));
  return `\n\n${scoreTable(objective, own, { ...everyone, scores: personal }, colours, ", each client by its own model")}`;
}

/** Of an objective whose calibration is measured: what was said and what came, bin by bin. */
function reliability(objective: string, { objectives, calibration }: RunResult, { dim }: Colours): string {
  const found = calibration?.[objective];
  const scores = objectives[objective];
  const part: Part = found?.on ?? (scores?.test === undefined ? "train" : "test");
  const bins = scores?.[part]?.details?.["ece"];
  if (bins === undefined) return "";
  const { weight = [], confidence = [], correct = [] } = bins;
  const rows = weight.flatMap((count, b) => {
    if (count === null || count === 0) return [];
    const mean = (sums: readonly (number | null)[]): string => ((sums[b] ?? 0) / count).toFixed(3);
    const from = (b / weight.length).toFixed(1);
    return [[`${from} … ${((b + 1) / weight.length).toFixed(1)}`, whole(count), mean(confidence), mean(correct)]];
  });
  const heading = [`reliability on ${part} rows`, "weight", "said", "came"].map((word) => dim(word));
  if (found === undefined) return `\n\n${table(heading, rows)}`;
  const words = `in use its logits are divided by ${decimal(found.temperature)}, found on ${found.on} rows`;
  return `\n\n${table(heading, rows)}\n  ${words}`;
}

const valueOf = (score: Score | undefined, measure: string): number | undefined =>
  (measure === "loss" ? score?.loss : score?.metrics[measure]) ?? undefined;

/** Every client of a small fleet; of a large one the five with the highest loss; none where no client has such rows. */
function chosen(
  clients: readonly ClientResult[],
  part: Part,
  objective: string,
): { shown: readonly ClientResult[]; heading: string } {
  const scored = clients.filter(({ scores }) => scores[objective]?.[part] !== undefined);
  if (scored.length === 0)
    return { shown: [], heading: clients.length === 1 ? "1 client" : `${whole(clients.length)} clients` };
  if (clients.length <= listed) return { shown: clients, heading: "client" };
  const lossOf = ({ scores }: ClientResult): number => scores[objective]?.[part]?.loss ?? -Infinity;
  const shown = [...scored].sort((a, b) => lossOf(b) - lossOf(a)).slice(0, 5);
  return { shown, heading: `5 of ${whole(clients.length)} clients (highest loss)` };
}

/** `heads/disease/weight keeps 5 of 15 columns: age, cp=4, …`; without columns, its numbers. */
function selectedLine({ parameter, nonZero, size, columns }: RunResult["selected"][number]): string {
  if (columns === undefined) return `${parameter} keeps ${whole(nonZero)} of ${counted(size, "number")}`;
  const { kept, dropped } = columns;
  const names = kept.length === 0 ? "" : `: ${kept.slice(0, listed).join(", ")}${kept.length > listed ? ", …" : ""}`;
  return `${parameter} keeps ${whole(kept.length)} of ${counted(kept.length + dropped.length, "column")}${names}`;
}

/** Who sits where: `cluster 1  3 clients: a, b, c  runs/x/cluster-1.safetensors`. */
function clusterLines({ clusters = [], directory }: RunResult, { shorten, colours }: Context): string[] {
  return clusters.map(({ clients, file }, j) => {
    const names = clients.slice(0, listed).join(", ") + (clients.length > listed ? ", …" : "");
    const where = directory === null ? "" : `  ${colours.dim(shorten(join(directory, file)))}`;
    return `  cluster ${j + 1}  ${counted(clients.length, "client")}${clients.length === 0 ? "" : `: ${names}`}${where}`;
  });
}

/** Whether each objective's result is that of one machine; one line where it is the same for all. */
function exactnessLines({ exactness }: RunResult): string[] {
  const said = Object.entries(exactness).map(([name, one]) => [name, exactnessWords(one)] as const);
  const words = new Set(said.map(([, line]) => line));
  if (words.size === 1) return [`  ${said[0]![1]}`];
  return said.map(([name, line]) => `  ${name} is ${line}`);
}

/** Why it ended, how long it took, where the model and the report lie, and the commands that go on from here. */
export function closingLines(result: RunResult, next: readonly string[], context: Context): string {
  const { shorten, colours } = context;
  const pace = result.seconds > 0 ? ` · ${(result.rounds / result.seconds).toFixed(1)} rounds/s` : "";
  const good = result.stopReason === "diverged" || result.stopReason === "interrupted" ? colours.yellow : colours.green;
  const after = result.stopReason === "rounds" ? "" : ` · ${counted(result.rounds, "round")}`;
  const lines = [`  ${good(result.explanation)}${after} · ${duration(result.seconds * 1000)}${pace}`];
  if (result.best !== null) lines.push(`  best at round ${result.best.round}: ${decimal(result.best.value)}`);
  lines.push(...clusterLines(result, context), ...exactnessLines(result));
  if (result.privacy !== undefined) {
    const { epsilon, delta, accountant, samplingRate, unit, where, adjacency } = result.privacy;
    const hidden =
      unit === "example" ? "whether a row is among a client's" : adjacency === "replace-one" ? "what a client's rows are" : "whether a client took part"; // prettier-ignore
    const covered = where === "client" ? "in all that leaves a client in training" : "in the models";
    const chance =
      samplingRate < 1 ? `drawn in secret at q = ${decimal(samplingRate)}` : "without amplification by sampling";
    lines.push(
      `  private: ${hidden} is hidden by ε = ${decimal(epsilon)} at δ = ${decimal(delta)} (${accountant}; ${chance}), ${covered}; the losses and metrics above are exact, and are not covered`,
    );
  }
  lines.push(...result.selected.map((one) => `  ${selectedLine(one)}`));
  if (result.directory !== null) {
    const folder = shorten(result.directory);
    lines.push(
      "",
      `  model   ${join(folder, "model.safetensors")}  ${colours.dim(result.modelHash.slice(0, 23) + "…")}`,
    );
    lines.push(`  report  ${join(folder, "summary.json")}, ${join(folder, "events.ndjson")}`);
  }
  next.forEach((command, i) => lines.push(`${i === 0 ? "\n  next  " : "        "}  ${colours.cyan(command)}`));
  return lines.join("\n");
}
