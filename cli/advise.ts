/** `tributary advise DATA… --target COLUMN`: which loss to begin with, and why, before anything is trained. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import { adviseOn, type Advice } from "../shared/advice/advice.ts";
import { measure, mergeMeasurements, type Measurements } from "../shared/advice/measure.ts";
import { learningRateFor, startingGoal } from "../shared/advice/starting-goal.ts";
import type { Question } from "../shared/advice/task.ts";
import type { Task } from "../shared/advice/tasks.ts";
import { builtFile } from "../shared/built.ts";
import { inspectFacts } from "../shared/data/inspect.ts";
import type { Format } from "../shared/data/readers/formats.ts";
import { TributaryError } from "../shared/errors.ts";
import { decodeExperiment } from "../shared/experiment/decode.ts";
import { draftExperiment, type DraftClients } from "../shared/experiment/draft.ts";
import { adviceReport } from "./advise-report.ts";
import { print, type Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { counted } from "./format.ts";
import { clientName, nameFrom } from "./init.ts";
import { printNotes } from "./notes.ts";
import { readUnknown, type Unknown } from "./read-unknown.ts";
import { writeWanted } from "./write-wanted.ts";

export interface AdviseFlags {
  readonly target?: string;
  readonly task?: Task;
  readonly event?: string;
  readonly group?: string;
  readonly by?: string;
  readonly format?: Format;
  readonly write?: string;
  readonly summarize?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export async function adviseCommand(files: readonly string[], flags: AdviseFlags, context: Context): Promise<number> {
  const paths = files.map((file) => resolve(context.cwd, file));
  const summaries = paths.filter((path) => path.endsWith(".json"));
  if (summaries.length > 0 && summaries.length < paths.length)
    throw new TributaryError("invalid-option", "Expected data files or summaries (.json), got both");
  for (const flag of ["write", "summarize"] as const) mustBeFree(flags[flag], flags, context);
  const read = summaries.length === 0 ? await readUnknown(paths, flags.format) : undefined;
  if (flags.json !== true) printNotes(read?.suspicions ?? [], context);
  const measured =
    read === undefined ? mergeSummaries(summaries, flags) : measure(read.tables, questionOf(flags, read, context));
  if (flags.summarize !== undefined) return writeSummary(flags.summarize, measured, context);
  const advice = adviseOn(measured);
  const written =
    flags.write === undefined
      ? undefined
      : writeExperiment(flags.write, advice, measured, { files, flags, read, context });
  if (flags.json === true)
    context.stdout.write(
      `${JSON.stringify({ event: "advised", ...advice, suspicions: read?.suspicions ?? [], written })}\n`,
    );
  else {
    const names = files.length === 1 ? context.shorten(paths[0]!) : `${files.length} files`;
    print(context, adviceReport(advice, names, context));
    if (written !== undefined) {
      print(context, `  wrote ${written}: read it, then\n`);
      print(context, `    ${context.colours.cyan(`${context.self} simulate ${written}`)}`);
    }
    print(context);
  }
  return exitCodes.done;
}

/** What this client's rows tell, for whoever advises all clients together; nothing is advised on them alone. */
function writeSummary(file: string, measured: Measurements, context: Context): number {
  const out = resolve(context.cwd, file);
  writeWanted(out, `${JSON.stringify(measured)}\n`, "--summarize");
  print(
    context,
    `\n  wrote ${context.shorten(out)}: counts, sums and sketches of ${counted(measured.rows, "row")}. With those of others:\n`,
  );
  print(context, `    ${context.colours.cyan(`${context.self} advise ${context.shorten(out)} …`)}\n`);
  return exitCodes.done;
}

function questionOf({ target, task, event, group, by }: AdviseFlags, { tables }: Unknown, context: Context): Question {
  if (target === undefined) {
    const names = [...tables[0]!.columns.keys()];
    throw new TributaryError(
      "invalid-option",
      `--target: expected the column to predict, one of ${names.slice(0, 40).join(", ")}${names.length > 40 ? ", …" : ""}. For instance: ${context.self} advise ${context.shorten(tables[0]!.source)} --target ${names.at(-1)!}`,
    );
  }
  if (by !== undefined && tables.length > 1)
    throw new TributaryError("invalid-option", "--by cuts one file into clients; several files are a client each");
  return { target, task, event, group, by };
}

/** The summaries in the files, merged. Throws "invalid-data" with the file that is none. */
function mergeSummaries(paths: readonly string[], { target, task }: AdviseFlags): Measurements {
  const parts = paths.map((path) => {
    let summary: unknown;
    try {
      summary = JSON.parse(readFileSync(path, "utf8"));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") throw new TributaryError("missing-file", `No file ${path}`, { cause: error });
      throw new TributaryError("invalid-data", `${path}: is no JSON: ${(error as Error).message}`, { cause: error });
    }
    if ((summary as Partial<Measurements> | null)?.format === "tributary-summary-1") return summary as Measurements;
    throw new TributaryError(
      "invalid-data",
      `${path}: expected a summary written by "tributary advise … --summarize", whose format is tributary-summary-1. Rows in JSON are read as .ndjson, one object a line`,
    );
  });
  const asked = parts[0]!.question;
  for (const [flag, given, was] of [
    ["--target", target, asked.target],
    ["--task", task, asked.task],
  ] as const) {
    if (given !== undefined && given !== was)
      throw new TributaryError("invalid-option", `${flag} ${given}: the summaries were made for ${was ?? "no task"}`);
  }
  return mergeMeasurements(parts);
}

function mustBeFree(path: string | undefined, { force }: AdviseFlags, { cwd, shorten }: Context): void {
  if (path !== undefined && force !== true && existsSync(resolve(cwd, path)))
    throw new TributaryError(
      "invalid-option",
      `${shorten(resolve(cwd, path))} is there already: add --force to write over it`,
    );
}

interface Origin {
  readonly files: readonly string[];
  readonly flags: AdviseFlags;
  readonly read: Unknown | undefined;
  readonly context: Context;
}

/** Drafts, decodes and writes the starting experiment; answers with its path. */
function writeExperiment(
  path: string,
  advice: Advice,
  measured: Measurements,
  { files, flags, read, context }: Origin,
): string {
  if (read === undefined)
    throw new TributaryError(
      "invalid-option",
      "--write: summaries do not name the clients' files; give the files themselves",
    );
  const out = resolve(context.cwd, path);
  const near = (file: string): string => relative(dirname(out), resolve(context.cwd, file)).replaceAll("\\", "/");
  const { event, group, target } = measured.question;
  const without = [event, group].filter((name) => name !== undefined);
  const text = draftExperiment(inspectFacts(measured.columns), {
    name: nameFrom(basename(path).replace(/\.ya?ml$/, "")),
    target,
    header: read.header,
    delimiter: read.delimiter,
    format: read.format,
    schema: relative(dirname(out), builtFile("../shared/experiment/experiment.schema.json")),
    clients: clientsOf(files, near, flags),
    goal: startingGoal(advice, measured),
    without,
    lambda: advice.regularization.lambda,
    learningRate: learningRateFor(advice, measured),
    rateBecause: "in the unit of this loss: 0.5/(curvature·Σx²)",
    command: "advise",
  });
  decodeExperiment(context.shorten(out), text); // a draft that does not decode is a mistake of ours: say so before it is written
  writeWanted(out, text, "--write");
  return context.shorten(out);
}

function clientsOf(files: readonly string[], near: (file: string) => string, { by }: AdviseFlags): DraftClients {
  if (files.length > 1)
    return { files: Object.fromEntries(files.map((file, i) => [clientName(file, files, i), near(file)])) };
  return by === undefined ? { file: near(files[0]!), count: 4 } : { file: near(files[0]!), by };
}
