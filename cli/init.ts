/** `tributary init [DATA…]`: looks at the files, asks what it cannot know, and writes an experiment that runs. */
import { existsSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import { builtFile } from "../shared/built.ts";
import { inspectTables, type Inspection } from "../shared/data/inspect.ts";
import { leaksOf } from "../shared/data/leaks.ts";
import type { Format } from "../shared/data/readers/formats.ts";
import { TributaryError } from "../shared/errors.ts";
import { decodeExperiment } from "../shared/experiment/decode.ts";
import { draftExperiment, type DraftClients } from "../shared/experiment/draft.ts";
import { print, type Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { printNotes } from "./notes.ts";
import { wholeNumber } from "./options.ts";
import { readUnknown } from "./read-unknown.ts";
import { askOn, takeProposals, type Ask } from "./questions.ts";
import { writeWanted } from "./write-wanted.ts";

export interface InitFlags {
  readonly target?: string;
  readonly by?: string;
  readonly clients?: number;
  readonly format?: Format;
  readonly name?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly yes?: boolean;
}

export async function initCommand(files: readonly string[], flags: InitFlags, context: Context): Promise<number> {
  const { stdin, stdout } = context;
  const terminal =
    flags.yes !== true && stdin?.isTTY === true && stdout.isTTY === true ? askOn(stdin, process.stdout) : undefined;
  try {
    return await write(files, flags, terminal?.ask ?? takeProposals, context);
  } finally {
    terminal?.close();
  }
}

async function write(given: readonly string[], flags: InitFlags, ask: Ask, context: Context): Promise<number> {
  const files =
    given.length > 0
      ? given
      : (await ask("data files, one for each client, or one to be cut", "data.csv")).split(/\s+/);
  const { tables, header, delimiter, format, suspicions } = await readUnknown(
    files.map((file) => resolve(context.cwd, file)),
    flags.format,
  );
  printNotes(suspicions, context);
  const inspection = inspectTables(tables);
  const name =
    flags.name ?? nameFrom(files.length === 1 ? files[0]! : basename(dirname(resolve(context.cwd, files[0]!))));
  const target =
    flags.target ??
    (await ask(
      `column to predict (${inspection.columns.map((column) => column.name).join(", ")})`,
      likelyTarget(inspection),
    ));
  const out = resolve(context.cwd, flags.out ?? (await ask("experiment file", `${name}.yaml`)));
  if (existsSync(out) && flags.force !== true)
    throw new TributaryError(
      "invalid-option",
      `${context.shorten(out)} is there already: add --force to write over it`,
    );

  const near = (file: string): string => relative(dirname(out), resolve(context.cwd, file)).replaceAll("\\", "/");
  const schema = builtFile("../shared/experiment/experiment.schema.json");
  const text = draftExperiment(inspection, {
    name,
    target,
    header,
    delimiter,
    format,
    schema: relative(dirname(out), schema),
    clients: await clientsOf(files.map(near), flags, ask),
  });
  decodeExperiment(context.shorten(out), text); // a draft that does not decode is a mistake of ours: say so before it is written
  writeWanted(out, text);
  const leaks = leaksOf(tables, target).map(
    ({ column, how }) => `${column} tells ${target}: ${how}. Is it known before? If not, leave it out`,
  );
  printNotes(leaks, context);
  print(context, `\n  wrote ${context.shorten(out)}: read it, correct it, then\n`);
  print(context, `    ${context.colours.cyan(`${context.self} check ${context.shorten(out)}`)}`);
  print(context, `    ${context.colours.cyan(`${context.self} simulate ${context.shorten(out)}`)}\n`);
  return exitCodes.done;
}

/** Several files are a client each; one file is cut, by a column or evenly. */
async function clientsOf(files: readonly string[], flags: InitFlags, ask: Ask): Promise<DraftClients> {
  const [file = ""] = files;
  if (files.length > 1) {
    if (flags.by !== undefined || flags.clients !== undefined)
      throw new TributaryError("invalid-option", "--by and --clients cut one file; several files are a client each");
    return { files: Object.fromEntries(files.map((path, i) => [clientName(path, files, i), path])) };
  }
  if (flags.by !== undefined) return { file, by: flags.by };
  const answer = flags.clients ?? (await ask("clients: how many, or the column that names them", "4"));
  return typeof answer === "number" || /^\d+$/.test(answer)
    ? { file, count: wholeNumber("--clients", 1)(String(answer)) }
    : { file, by: answer };
}

/** The file's name without folder and endings; numbered where two would be the same. */
export function clientName(path: string, files: readonly string[], i: number): string {
  const name = nameFrom(path);
  return files.filter((file) => nameFrom(file) === name).length > 1 ? `${name}-${i + 1}` : name;
}

export const nameFrom = (path: string): string =>
  basename(path)
    .replace(/\.(gz|csv|tsv|data|txt|ndjson|jsonl|parquet)(?=$|\.)/g, "")
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^-+|-+$/g, "") || "experiment";

/** A column with a telling name, else the last that can be predicted. */
function likelyTarget({ columns }: Inspection): string {
  const possible = columns.filter(({ guess }) => guess.kind !== "none");
  const telling = possible.find(({ name }) => /^(target|label|class|y|outcome|goal|diagnosis|survived)$/i.test(name));
  return (telling ?? possible.at(-1) ?? columns.at(-1))?.name ?? "";
}
