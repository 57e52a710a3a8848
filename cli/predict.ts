/** `tributary predict RUN DATA`: a trained model's answers for new rows, one line for each. */
import { resolve } from "node:path";
import { peekTable } from "../shared/data/readers/peek.ts";
import { formatOf, readTable } from "../shared/data/readers/reader.ts";
import type { Table } from "../shared/data/table.ts";
import type { Experiment } from "../shared/experiment/schema.ts";
import { loadModel, type Prediction } from "../shared/experiment/trained-model.ts";
import { print, type Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { counted } from "./format.ts";
import { writeWanted } from "./write-wanted.ts";

export interface PredictFlags {
  readonly format: "csv" | "ndjson";
  readonly out?: string;
  readonly json?: boolean;
}

export async function predictCommand(
  run: string,
  file: string,
  flags: PredictFlags,
  context: Context,
): Promise<number> {
  const model = await loadModel(resolve(context.cwd, run));
  const table = await readRows(resolve(context.cwd, file), model.experiment);
  const predictions = model.predict(table);
  const text =
    flags.json === true || flags.format === "ndjson"
      ? ndjson(predictions)
      : csv(predictions, Object.keys(model.experiment.objectives));
  if (flags.out === undefined) context.stdout.write(text);
  else {
    writeWanted(resolve(context.cwd, flags.out), text);
    print(context, `  ${counted(predictions.length, "prediction")} in ${flags.out}`);
  }
  return exitCodes.done;
}

/** New rows may come as the training files did, or with a first line that names their columns (then without the target). */
async function readRows(path: string, { data: { format, header, delimiter } }: Experiment): Promise<Table> {
  const isText = ["csv", "tsv"].includes(format ?? formatOf(path));
  const named = isText && header !== true && (await peekTable(path)).named;
  return readTable(path, { format, header: named ? true : header, delimiter });
}

/** `row` counts from 1; a row that the missing policy leaves out has no answers. */
const ndjson = (predictions: readonly (Prediction | undefined)[]): string =>
  predictions.map((prediction, i) => `${JSON.stringify({ row: i + 1, ...prediction })}\n`).join("");

/** `row,disease,disease_probability`: the probability is of the value beside it. */
export function csv(predictions: readonly (Prediction | undefined)[], objectives: readonly string[]): string {
  const sure = objectives.filter((name) =>
    predictions.some((prediction) => prediction?.[name]?.probability !== undefined),
  );
  const heading = objectives.flatMap((name) => (sure.includes(name) ? [name, `${name}_probability`] : [name]));
  const lines = predictions.map((prediction, i) => {
    const cells = objectives.flatMap((name) => {
      const answer = prediction?.[name];
      const value = cell(answer?.value);
      return sure.includes(name) ? [value, cell(answer?.probability)] : [value];
    });
    return [i + 1, ...cells].join(",");
  });
  return `${[["row", ...heading].join(","), ...lines].join("\n")}\n`;
}

function cell(value: number | string | undefined): string {
  const text = value === undefined ? "" : typeof value === "number" ? String(Number(value.toPrecision(6))) : value;
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
