/**
 * `tributary check EXPERIMENT [--data FILE]`: whether clients' data fit, without training; every problem at once. Each file by itself,
 * and where the experiment names all of them also together: no group of a loss or metric may lie with two clients, or be cut by a split.
 */
import { dirname, resolve } from "node:path";
import { loadData } from "../server/simulation/load.ts";
import { ownPartsOf } from "../server/strategy/own-parts.ts";
import { fitOf, type Fit } from "../shared/data/fit.ts";
import { toDataset } from "../shared/data/preprocess.ts";
import { readTable } from "../shared/data/readers/reader.ts";
import { TributaryError } from "../shared/errors.ts";
import { customParts } from "../shared/experiment/custom-parts.ts";
import type { Source } from "../shared/experiment/data.ts";
import type { Override } from "../shared/experiment/override.ts";
import { goalsOf } from "../shared/experiment/goals.ts";
import type { Experiment } from "../shared/experiment/schema.ts";
import { refuseTargetsOutside } from "../shared/experiment/target-domains.ts";
import { wholeGroups } from "../shared/experiment/whole-groups.ts";
import { Random } from "../shared/random.ts";
import { print, type Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { counted, whole } from "./format.ts";
import { loadExperiment } from "./load-experiment.ts";
import { table } from "./table.ts";

export interface CheckFlags {
  readonly data?: string;
  readonly set: readonly Override[];
  readonly json?: boolean;
}

/** A client's fit; `problems` also says what kept its file from being read at all. */
interface ClientFit extends Fit {
  readonly client: string;
}

export async function checkCommand(file: string, flags: CheckFlags, context: Context): Promise<number> {
  const { experiment } = loadExperiment(file, flags.set, context.cwd);
  const sources = flags.data === undefined ? sourcesOf(experiment) : { data: resolve(context.cwd, flags.data) };
  if (Object.keys(sources).length === 0)
    throw new TributaryError("invalid-option", `${file} names no files: give one with --data`);
  const fits: ClientFit[] = [];
  for (const [client, source] of Object.entries(sources))
    fits.push({ client, ...(await fitOfSource(client, source, experiment)) });
  if (flags.data === undefined && experiment.simulation !== undefined && fits.every(fitsWell))
    fits.push(...(await misfitTogether(experiment, dirname(resolve(context.cwd, file)))));

  if (flags.json === true)
    for (const fit of fits) context.stdout.write(`${JSON.stringify({ event: "checked", ...fit })}\n`);
  else for (const fit of fits) print(context, reportOf(fit, context));
  return fits.every(fitsWell) ? exitCodes.done : exitCodes.failed;
}

const fitsWell = ({ problems }: Fit): boolean => problems.length === 0;

/** Every file the experiment names, by client or by its part. */
function sourcesOf({ simulation }: Experiment): Record<string, Source> {
  if (simulation === undefined) return {};
  const { clients = {}, clientTests = {}, data, test } = simulation;
  const tests = Object.entries(clientTests).map(([client, source]) => [`${client} (test)`, source] as const);
  return {
    ...clients,
    ...Object.fromEntries(tests),
    ...(data !== undefined && { data }),
    ...(test !== undefined && { test }),
  };
}

async function fitOfSource(client: string, source: Source, experiment: Experiment): Promise<Fit> {
  const { data } = experiment;
  const { format, header, delimiter } = data;
  try {
    const table = await readTable(source, { format, header, delimiter, wantedBy: client });
    const fit = fitOf(table, data);
    if (!fitsWell(fit)) return fit;
    const problems = await problemsOf(() => {
      refuseTargetsOutside(experiment, table, toDataset(table, { schema: data }));
    });
    return { ...fit, problems };
  } catch (error) {
    if (!(error instanceof TributaryError)) throw error;
    const name = typeof source === "string" ? source : Object.values(source).join(", ");
    return { source: name, rows: 0, usable: 0, columns: [], problems: [error.message] };
  }
}

/** What only shows when all clients' rows are looked at: read, cut into clients and divided as a simulation would. */
async function misfitTogether(experiment: Experiment, folder: string): Promise<ClientFit[]> {
  const problems = await problemsOf(async () => {
    const { customLosses } = await customParts(experiment, folder);
    await ownPartsOf(experiment, folder);
    const random = Random.seeded(experiment.seed).fork("data");
    await loadData(experiment, folder, random, wholeGroups(goalsOf(experiment, customLosses), experiment.data));
  });
  if (problems.length === 0) return [];
  return [{ client: "all clients", source: experiment.name, rows: 0, usable: 0, columns: [], problems }];
}

/** The lines of the refusal, or none. */
async function problemsOf(look: () => void | Promise<void>): Promise<string[]> {
  try {
    await look();
    return [];
  } catch (error) {
    if (error instanceof TributaryError) return error.message.split("\n");
    throw error;
  }
}

function reportOf(
  { client, source, rows, usable, columns, problems }: ClientFit,
  { colours, shorten }: Context,
): string {
  const verdict =
    problems.length === 0
      ? colours.green(`fits: ${counted(usable, "row")} of ${whole(rows)} can be used`)
      : colours.red(`does not fit: ${counted(problems.length, "problem")}`);
  const lines = [`\n  ${colours.bold(client)} · ${shorten(source)} · ${verdict}`];
  for (const problem of problems) lines.push(`    ${colours.red("✗")} ${problem}`);
  if (columns.length > 0) {
    const cells = columns.map(({ column, role, missing, summary }) => [
      column,
      role,
      missing === 0 ? "" : whole(missing),
      summary,
    ]);
    lines.push(
      "",
      table(["column", "read as", "missing", "values"].map(colours.dim), cells, ["left", "left", "right", "left"]),
    );
  }
  return lines.join("\n");
}
