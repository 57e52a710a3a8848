/**
 * Where the rows of a run's clients are: in placement `client` each has its own file, in placement `coordinator` the data set is read here,
 * cut, and its shards are sent out.
 */
import { concatenateDatasets } from "../../shared/data/dataset.ts";
import type { DataPart } from "../../shared/data/memory.ts";
import { encodeShard } from "../../shared/data/shard.ts";
import { readSplit, type SplitTable } from "../../shared/data/split-file.ts";
import type { ClientRows } from "../../shared/data/split.ts";
import { TributaryError } from "../../shared/errors.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { WholeGroups } from "../../shared/experiment/whole-groups.ts";
import type { Invitation } from "../../shared/protocol/orders.ts";
import type { Random } from "../../shared/random.ts";
import type { ContentScope } from "../fleet/contents.ts";
import type { MembershipOptions } from "../fleet/membership.ts";
import { loadData } from "../simulation/load.ts";

export interface Source {
  /** By name; or how many of whoever comes first. */
  readonly clients: MembershipOptions["clients"];
  /** Throws "invalid-data" where there are none for this client. */
  rowsOf(client: string, scope: ContentScope): Pick<Invitation, "shard" | "split">;
}

/**
 * @param count placement client: how many clients the run is for, where the experiment does not name them
 *
 * Throws "invalid-experiment" when nobody can tell who takes part, "invalid-data" where the split file has no rows for one who is named.
 */
export async function sourceOf(
  experiment: Experiment,
  count: number | undefined,
  random: Random,
  groups: WholeGroups,
): Promise<Source> {
  if (experiment.data.placement === "coordinator") {
    const { parts, clients } = await loadData(experiment, ".", random.fork("data"), groups);
    const whole = together(parts);
    const rows = new Map(clients.map((one) => [one.client, one]));
    return {
      clients: [...rows.keys()],
      rowsOf: (client, scope) => ({ shard: scope.carry(shardOf(whole, rows.get(client)!)) }),
    };
  }
  const { split } = experiment.data;
  const named = split !== undefined && "file" in split ? await readSplit(split.file, "data.split") : undefined;
  const listed = experiment.simulation?.clients;
  const clients = listed === undefined ? count && { count } : Object.keys(listed);
  if (clients === undefined || clients === 0)
    throw new TributaryError(
      "invalid-experiment",
      `${experiment.name} does not say who takes part: name the clients in simulation.clients, say how many with --clients, or let the coordinator cut a data set with data.placement: coordinator`,
    );
  if (named !== undefined && !("count" in clients)) for (const client of clients) linesOf(named, client);
  return { clients, rowsOf: (client) => (named === undefined ? {} : { split: linesOf(named, client) }) };
}

const together = (parts: readonly DataPart[]): DataPart => ({
  dataset: parts.length === 1 ? parts[0]!.dataset : concatenateDatasets(parts.map(({ dataset }) => dataset)),
  ids: Int32Array.from(parts.flatMap(({ ids }) => [...ids])),
});

const shardOf = (whole: DataPart, { train, test }: ClientRows): Uint8Array => encodeShard(whole, train, test);

/** The lines that a split file names for this client. Throws "invalid-data" where it names none. */
function linesOf(named: SplitTable, client: string): NonNullable<Invitation["split"]> {
  const parts = named.get(client);
  if (parts === undefined)
    throw new TributaryError(
      "invalid-data",
      `The split file has no rows for "${client}": it names ${[...named.keys()].join(", ")}`,
    );
  const lines = (wanted: string): Int32Array =>
    Int32Array.from([...parts].flatMap(([line, part]) => (part === wanted ? [line] : [])));
  return { train: lines("train"), test: lines("test") };
}

/** What clients are told of the experiment: not where the coordinator's own files are. */
export function declarationOf(experiment: Experiment): Uint8Array {
  const { simulation: _, data, ...rest } = experiment;
  const { split, ...others } = data;
  const told = { ...rest, data: { ...others, ...(split !== undefined && !("file" in split) && { split }) } };
  return new TextEncoder().encode(JSON.stringify(told));
}
