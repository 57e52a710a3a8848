/**
 * Reads what a simulation trains on: a file for each client, or one data set that is cut into clients, and perhaps rows that
 * belong to nobody. Each client's rows are encoded and divided as the client itself would: by its own rows, its name and the seed.
 */
import { resolve } from "node:path";
import { exampleIdsOf } from "../../shared/data/example-ids.ts";
import type { DataPart } from "../../shared/data/memory.ts";
import { readAssignment } from "../../shared/data/partition/assignment.ts";
import { partition } from "../../shared/data/partition/partition.ts";
import { splitByTable, readSplit } from "../../shared/data/split-file.ts";
import { splitBlocks, splitRows, strataOf, type ClientRows } from "../../shared/data/split.ts";
import { TributaryError } from "../../shared/errors.ts";
import {
  divideByLast,
  divideRows,
  readRows,
  withNegativesOf,
  type ReadRows,
} from "../../shared/experiment/client-rows.ts";
import type { Source } from "../../shared/experiment/data.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { blocksIn, refuseCutGroups, type WholeGroups } from "../../shared/experiment/whole-groups.ts";
import type { Random } from "../../shared/random.ts";

export interface LoadedData {
  /** Encoded, not standardized. Row numbers count through all of them, one after the other. */
  readonly parts: readonly DataPart[];
  /** Sorted by name. */
  readonly clients: readonly ClientRows[];
  /** Rows that belong to no client. */
  readonly heldOut: Int32Array | undefined;
}

/**
 * A partition and a split that are drawn keep the groups of losses and metrics whole.
 *
 * Throws "missing-file" or "invalid-data", naming the file, what wanted it, and the row and column that is wrong, or the clients
 * that share a group.
 */
export async function loadData(
  experiment: Experiment,
  folder: string,
  random: Random,
  whole: WholeGroups = { training: undefined, evaluation: undefined },
): Promise<LoadedData> {
  const { simulation } = experiment;
  if (simulation === undefined) {
    throw new TributaryError(
      "invalid-experiment",
      `${experiment.name} has no section "simulation": it says where the clients' rows are`,
    );
  }
  const read: Reader = (source, wantedBy) => readRows(experiment, source, { folder, wantedBy });
  const groups = whole.evaluation?.targets ?? [];
  const { parts, clients } =
    simulation.clients === undefined
      ? await cutOne(experiment, folder, read, random, groups)
      : await oneFileEach(experiment, folder, read, random, groups);
  const datasets = parts.map(({ dataset }) => dataset);
  refuseCutGroups(datasets, clients, whole, simulation.clientTests === undefined);
  const held = simulation.test === undefined ? undefined : (await read(simulation.test, "the test set")).dataset;
  const rows = datasets.reduce((sum, part) => sum + part.rows, 0);
  return {
    parts: held === undefined ? parts : [...parts, { dataset: held, ids: range(0, held.rows) }], // nobody trains on them
    clients: clients.sort((a, b) => (a.client < b.client ? -1 : 1)),
    heldOut: held && range(rows, held.rows),
  };
}

type Reader = (source: Source, wantedBy: string) => Promise<ReadRows>;

async function oneFileEach(
  { simulation, data }: Experiment,
  folder: string,
  read: Reader,
  random: Random,
  groups: readonly string[],
): Promise<{ parts: DataPart[]; clients: ClientRows[] }> {
  const named =
    data.split !== undefined && "file" in data.split
      ? await readSplit(resolve(folder, data.split.file), "data.split")
      : undefined;
  const parts: DataPart[] = [];
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
    const split = divideRows(found, data, { client, named, random, groups });
    const plain = { dataset: found.dataset, ids: exampleIdsOf(client, found.dataset.rows) };
    const drawn = withNegativesOf(data, plain, [{ client, ...split }], random);
    const { train, test } = drawn.clients[0]!;
    parts.push(drawn.part);
    const own = from;
    from += drawn.part.dataset.rows;
    const apart = simulation!.clientTests?.[client];
    if (apart === undefined) {
      clients.push({ client, train: train.map((row) => own + row), test: test.map((row) => own + row) });
      continue;
    }
    const tests = (await read(apart, `the test rows of client ${client}`)).dataset;
    parts.push({ dataset: tests, ids: range(0, tests.rows) }); // nobody trains on them
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

async function cutOne(
  { simulation, data }: Experiment,
  folder: string,
  read: Reader,
  random: Random,
  groups: readonly string[],
): Promise<{ parts: DataPart[]; clients: ClientRows[] }> {
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
    if ("last" in split) return { client, ...divideByLast({ dataset, table }, split, rows) };
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
  const drawn = withNegativesOf(data, { dataset, ids: range(0, dataset.rows) }, clients, random);
  return { parts: [drawn.part], clients: [...drawn.clients] };
}

const range = (from: number, length: number): Int32Array => Int32Array.from({ length }, (_, i) => from + i);
