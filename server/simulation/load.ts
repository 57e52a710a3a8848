/**
 * Reads what a simulation trains on: a file for each client, or one data set that is cut into clients, and perhaps rows that
 * belong to nobody. Each client's rows are encoded and divided as the client itself would: by its own rows, its name and the seed.
 */
import { resolve } from "node:path";
import type { Dataset } from "../../shared/data/dataset.ts";
import { readAssignment } from "../../shared/data/partition/assignment.ts";
import { partition } from "../../shared/data/partition/partition.ts";
import { toDataset } from "../../shared/data/preprocess.ts";
import { readTable } from "../../shared/data/readers/reader.ts";
import { splitByTable, readSplit, type SplitTable } from "../../shared/data/split-file.ts";
import { splitBlocks, splitDataset, splitRows, strataOf, type Split } from "../../shared/data/split.ts";
import type { Table } from "../../shared/data/table.ts";
import { TributaryError } from "../../shared/errors.ts";
import type { Source } from "../../shared/experiment/data.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { refuseTargetsOutside } from "../../shared/experiment/target-domains.ts";
import type { Random } from "../../shared/random.ts";
import type { ClientRows } from "../fleet/desk.ts";
import { blocksIn, refuseCutGroups } from "./whole-groups.ts";

export interface LoadedData {
  /** Encoded, not standardized. Row numbers count through all of them, one after the other. */
  readonly parts: readonly Dataset[];
  /** Sorted by name. */
  readonly clients: readonly ClientRows[];
  /** Rows that belong to no client. */
  readonly heldOut: Int32Array | undefined;
}

interface Read {
  readonly table: Table;
  readonly dataset: Dataset;
}

/**
 * `groups`: targets whose equal values mark rows that are never parted.
 *
 * Throws "missing-file" or "invalid-data", naming the file, what wanted it, and the row and column that is wrong, or the clients
 * that share a group.
 */
export async function loadData(
  experiment: Experiment,
  folder: string,
  random: Random,
  groups: readonly string[] = [],
): Promise<LoadedData> {
  const { simulation } = experiment;
  if (simulation === undefined) {
    throw new TributaryError(
      "invalid-experiment",
      `${experiment.name} has no section "simulation": it says where the clients' rows are`,
    );
  }
  const read = reader(experiment, folder);
  const { parts, clients } =
    simulation.clients === undefined
      ? await cutOne(experiment, folder, read, random, groups)
      : await oneFileEach(experiment, folder, read, random, groups);
  refuseCutGroups(parts, clients, groups, simulation.clientTests === undefined);
  const held = simulation.test === undefined ? undefined : (await read(simulation.test, "the test set")).dataset;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  return {
    parts: held === undefined ? parts : [...parts, held],
    clients: clients.sort((a, b) => (a.client < b.client ? -1 : 1)),
    heldOut: held && range(rows, held.rows),
  };
}

type Reader = (source: Source, wantedBy: string) => Promise<Read>;

function reader(experiment: Experiment, folder: string): Reader {
  const { data } = experiment;
  return async (source, wantedBy) => {
    const located =
      typeof source === "string"
        ? resolve(folder, source)
        : Object.fromEntries(Object.entries(source).map(([column, file]) => [column, resolve(folder, file)]));
    const { format, delimiter, header } = data;
    const table = await readTable(located, { format, delimiter, header, wantedBy });
    const dataset = toDataset(table, { schema: data });
    refuseTargetsOutside(experiment, table, dataset);
    return { table, dataset };
  };
}

async function oneFileEach(
  { simulation, data }: Experiment,
  folder: string,
  read: Reader,
  random: Random,
  groups: readonly string[],
): Promise<{ parts: Dataset[]; clients: ClientRows[] }> {
  const named =
    data.split !== undefined && "file" in data.split
      ? await readSplit(resolve(folder, data.split.file), "data.split")
      : undefined;
  const parts: Dataset[] = [];
  const clients: ClientRows[] = [];
  const problems: TributaryError[] = [];
  let from = 0;
  for (const [client, source] of Object.entries(simulation!.clients!)) {
    const found = await read(source, `client ${client}`).catch((error: unknown) => {
      if (!(error instanceof TributaryError)) throw error;
      problems.push(error); // the other clients' files are still looked at, so that everything is said at once
      return undefined;
    });
    if (found === undefined) continue;
    const { table, dataset } = found;
    const { train, test } = splitOf(client, dataset, table, data, named, random, groups);
    parts.push(dataset);
    const own = from;
    from += dataset.rows;
    const apart = simulation!.clientTests?.[client];
    if (apart === undefined) {
      clients.push({ client, train: train.map((row) => own + row), test: test.map((row) => own + row) });
      continue;
    }
    const tests = (await read(apart, `the test rows of client ${client}`)).dataset;
    parts.push(tests);
    clients.push({ client, train: train.map((row) => own + row), test: range(from, tests.rows) });
    from += tests.rows;
  }
  if (problems.length > 0) throw together(problems);
  return { parts, clients };
}

/** One error that says what the given ones say, a line for each of the first ten. */
function together(problems: readonly TributaryError[]): TributaryError {
  const [first] = problems;
  const lines = problems.slice(0, 10).map(({ message }) => message);
  if (problems.length > 10) lines.push(`… and ${problems.length - 10} more clients' files`);
  return new TributaryError(first!.code, lines.join("\n"), { cause: first });
}

function splitOf(
  client: string,
  dataset: Dataset,
  table: Table,
  { split }: Experiment["data"],
  named: SplitTable | undefined,
  random: Random,
  groups: readonly string[],
): Split {
  if (split === undefined) return { train: range(0, dataset.rows), test: new Int32Array(0) };
  if (named !== undefined) return splitByTable(dataset, table, named, client);
  if ("file" in split) return { train: range(0, dataset.rows), test: new Int32Array(0) };
  if (groups.length === 0) return splitDataset(dataset, split, random, client);
  return splitBlocks(blocksIn(dataset, range(0, dataset.rows), groups), split.test, random.fork("split", client));
}

async function cutOne(
  { simulation, data }: Experiment,
  folder: string,
  read: Reader,
  random: Random,
  groups: readonly string[],
): Promise<{ parts: Dataset[]; clients: ClientRows[] }> {
  const rule = simulation!.partition!; // the decoder has made sure of both
  const { table, dataset } = await read(simulation!.data!, "simulation.data");
  const assignment =
    rule.kind === "file" ? await readAssignment(resolve(folder, rule.file), "simulation.partition") : undefined;
  const blocks = groups.length === 0 ? undefined : blocksIn(dataset, range(0, dataset.rows), groups);
  const shards = partition(rule, dataset, table, random, { assignment, blocks, empty: simulation!.emptyClients });
  const { split } = data;
  const whole =
    split !== undefined && "file" in split ? await readSplit(resolve(folder, split.file), "data.split") : undefined;
  const strata =
    split !== undefined && "test" in split && split.stratify !== undefined
      ? strataOf(dataset, split.stratify)
      : undefined;
  const clients = [...shards].map(([client, rows]): ClientRows => {
    if (split === undefined) return { client, train: rows, test: new Int32Array(0) };
    if (whole !== undefined) {
      const own = new Set(rows);
      const { train, test } = splitByTable(dataset, table, whole, client);
      return { client, train: train.filter((row) => own.has(row)), test: test.filter((row) => own.has(row)) };
    }
    const share = "test" in split ? split.test : 0;
    if (blocks !== undefined)
      return { client, ...splitBlocks(blocksIn(dataset, rows, groups), share, random.fork("split", client)) };
    const { train, test } = splitRows(
      rows.map((row) => strata?.[row] ?? 0),
      share,
      random.fork("split", client),
    );
    return { client, train: train.map((i) => rows[i]!), test: test.map((i) => rows[i]!) };
  });
  return { parts: [dataset], clients };
}

const range = (from: number, length: number): Int32Array => Int32Array.from({ length }, (_, i) => from + i);
