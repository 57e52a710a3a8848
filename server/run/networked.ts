/**
 * One run over clients of a network: who takes part is found out, then it is carried out as any other. In placement `client` each has its
 * own file and says how many rows that gives; in placement `coordinator` the data set is read here, cut, and its shards sent out.
 */
import { randomBytes } from "node:crypto";
import { Heap } from "../../shared/kernels/heap.ts";
import { layData } from "../../shared/data/memory.ts";
import { concatenateDatasets } from "../../shared/data/dataset.ts";
import { largestOf } from "../../shared/data/groups.ts";
import type { DataPart } from "../../shared/data/memory.ts";
import { encodeShard } from "../../shared/data/shard.ts";
import { readSplit, type SplitTable } from "../../shared/data/split-file.ts";
import type { ClientRows } from "../../shared/data/split.ts";
import { TributaryError } from "../../shared/errors.ts";
import { readRows } from "../../shared/experiment/client-rows.ts";
import { refuseAsynchrony } from "../../shared/experiment/asynchrony-checks.ts";
import { customParts } from "../../shared/experiment/custom-parts.ts";
import { goalsOf } from "../../shared/experiment/goals.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { largestBlocks, wholeGroups, type WholeGroups } from "../../shared/experiment/whole-groups.ts";
import type { Invitation, Joined } from "../../shared/protocol/orders.ts";
import { Random } from "../../shared/random.ts";
import type { RunEvent } from "../events.ts";
import type { ContentScope, Contents } from "../fleet/contents.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Leases } from "../fleet/leases.ts";
import { Membership, type MembershipOptions } from "../fleet/membership.ts";
import { RemoteFleet } from "../fleet/remote.ts";
import type { Roster } from "../fleet/roster.ts";
import { ThreadFleet } from "../fleet/threads.ts";
import { withHeldOut } from "../fleet/with-held-out.ts";
import { loadData } from "../simulation/load.ts";
import type { RunState } from "../round/learn.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../store/checkpoint.ts";
import { historyIn } from "../store/run-history.ts";
import type { RunDirectory } from "../store/run-directory.ts";
import type { Store } from "../store/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import { ownStrategyOf } from "../strategy/own-strategy.ts";
import type { Adjustment } from "./adjustment.ts";
import { carryOut, type RunParts } from "./carry-out.ts";
import type { RunResult } from "./result.ts";
import { heldOutClient, settle, type ClientCounts } from "./setting.ts";

export interface Network {
  readonly roster: Roster;
  readonly contents: Contents;
  readonly leases: Leases;
  readonly store: Store;
  /** How long a client that went away is waited for, in ms. */
  readonly absenceMs: number;
  readonly log: Logger;
}

export interface NetworkedRun {
  readonly id: string;
  readonly experiment: Experiment;
  /** placement client: how many clients it is for, where the experiment does not name them. */
  readonly clients?: number;
  /** placement coordinator: how many workers are waited for. @default 1 */
  readonly workers?: number;
  readonly directory: RunDirectory | undefined;
  /** What has been adjusted so far. */
  readonly adjustments: () => readonly Adjustment[];
  readonly onEvent: (event: RunEvent) => void;
  /** Told what can say why the run waits, once it is known. */
  readonly onMembership: (membership: Membership) => void;
  /** Told where a round stands, whenever that changes. */
  readonly onState?: RunParts["onState"];
}

/** Throws "invalid-experiment" when nobody can tell who takes part, and whatever a run throws. */
export async function runOverNetwork(run: NetworkedRun, network: Network, signal: AbortSignal): Promise<RunResult> {
  const began = performance.now();
  const { id, experiment, directory, adjustments, onEvent, onState } = run;
  const { contents, log } = network;
  refuseAsynchrony(experiment);
  const [custom, own] = [await customParts(experiment, "."), await ownStrategyOf(experiment, ".")];
  const groups = wholeGroups(goalsOf(experiment, custom.customLosses), experiment.data);
  const random = Random.seeded(experiment.seed);
  using scope = contents.scope();
  const held = await heldOutOf(experiment);
  const source = await sourceOf(run, random, groups);
  const { store } = network;
  const clients = "count" in source.clients ? ((await membersOf(store, id)) ?? source.clients) : source.clients;
  const declaration = scope.carry(declarationOf(experiment));
  using membership = new Membership({
    run: id,
    roster: network.roster,
    clients,
    placement: experiment.data.placement,
    workers: run.workers ?? 1,
    invite: (client) => ({
      kind: "invitation",
      run: id,
      client,
      declaration,
      groups,
      ...source.rowsOf(client, scope),
    }),
    log,
  });
  run.onMembership(membership);
  const joined = await membership.gather(signal);
  if ("count" in clients) await keepMembers(store, id, membership.clients);
  const groupSizes = sizesOf(joined, held, groups, experiment);
  const heap = Heap.create();
  const setting = settle(experiment, {
    random,
    heap,
    custom: { ...custom, groupSizes },
    own,
    groups,
    clients: joined.map((one) => countsOf(one, groups.training !== undefined)),
    heldOutRows: held?.dataset.rows,
  });
  const { assignment } = setting;
  const remote = new RemoteFleet({ ...network, run: id, assignment, membership });
  await using fleet: Fleet = held === undefined ? remote : withHeldOut(remote, heldOutFleet(held, heap, assignment));
  const kept = await store.resume(id);
  const resumed = kept && decodeCheckpoint(kept.checkpoint, `the checkpoint of round ${kept.round}`);
  const durable = {
    history: historyIn(store, id),
    commit: (state: RunState) =>
      store.commit(id, {
        round: state.model.version,
        checkpoint: encodeCheckpoint(state),
        events: [],
        keep: experiment.checkpoint.keep,
      }),
  };
  const charge: NonNullable<RunParts["charge"]> = async (round, spent) => {
    await store.charge(id, round, spent);
  };
  try {
    return await carryOut(
      {
        ...{ experiment, setting, fleet, random, directory, durable, resumed, adjustments, onEvent },
        ...(onState && { onState }),
        ...(experiment.privacy !== undefined && { secret: await secretOf(store, id), charge }),
        ...{ threads: 0, began, log },
      },
      signal,
    );
  } finally {
    if (!signal.aborted) membership.dismiss("the run is over");
  }
}

/** Who takes part where whoever came first does: noted before the first round, so that a run that goes on gathers the same clients. */
const keepMembers = (store: Store, run: string, clients: readonly string[]): Promise<void> =>
  store.setNote(run, "members", new TextEncoder().encode(JSON.stringify(clients)));

async function membersOf(store: Store, run: string): Promise<readonly string[] | undefined> {
  const note = await store.note(run, "members");
  return note && (JSON.parse(new TextDecoder().decode(note)) as readonly string[]); // what keepMembers has written
}

/** What noise is drawn from, made once: a round that is done again after a crash draws the same. */
async function secretOf(store: Store, run: string): Promise<Uint8Array> {
  const kept = await store.note(run, "secret");
  if (kept !== undefined) return kept;
  const made = Uint8Array.from(randomBytes(32));
  await store.setNote(run, "secret", made);
  return made;
}

interface Source {
  readonly clients: MembershipOptions["clients"];
  rowsOf(client: string, scope: ContentScope): Pick<Invitation, "shard" | "split">;
}

async function sourceOf(run: NetworkedRun, random: Random, groups: WholeGroups): Promise<Source> {
  const { experiment } = run;
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
  const clients = listed === undefined ? run.clients && { count: run.clients } : Object.keys(listed);
  if (clients === undefined || clients === 0)
    throw new TributaryError(
      "invalid-experiment",
      `${experiment.name} does not say who takes part: name the clients in simulation.clients, say how many with --clients, or let the coordinator cut a data set with data.placement: coordinator`,
    );
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
function declarationOf(experiment: Experiment): Uint8Array {
  const { simulation: _, data, ...rest } = experiment;
  const { split, ...others } = data;
  const told = { ...rest, data: { ...others, ...(split !== undefined && !("file" in split) && { split }) } };
  return new TextEncoder().encode(JSON.stringify(told));
}

const countsOf = ({ client, trainRows, testRows, blocks }: Joined, grouped: boolean): ClientCounts => ({
  client,
  trainRows,
  testRows,
  ...(grouped && { blocks }),
});

/** The largest blocks of anybody: what programs have to take whole. */
function sizesOf(
  joined: readonly Joined[],
  held: DataPart | undefined,
  groups: WholeGroups,
  { evaluation }: Experiment,
): { largestGroup: number; largestEvaluated: number } {
  const largestGroup = joined.reduce((most, { blocks }) => Math.max(most, largestOf(blocks)), 0);
  const own =
    held === undefined
      ? 0
      : largestBlocks([held.dataset], [heldOutRows(held)], groups, evaluation.parts).largestEvaluated;
  const largestEvaluated = joined.reduce(
    (most, one) => Math.max(most, one.largestEvaluated),
    Math.max(own, largestGroup),
  );
  return { largestGroup, largestEvaluated };
}

const heldOutRows = ({ dataset }: DataPart): ClientRows => ({
  client: heldOutClient,
  train: new Int32Array(0),
  test: Int32Array.from({ length: dataset.rows }, (_, row) => row),
});

/** Rows that belong to nobody: the coordinator has them. */
async function heldOutOf(experiment: Experiment): Promise<DataPart | undefined> {
  const test = experiment.simulation?.test;
  if (test === undefined) return undefined;
  const { dataset } = await readRows(experiment, test, { folder: ".", wantedBy: "the test set" });
  return { dataset, ids: Int32Array.from({ length: dataset.rows }, (_, row) => row) };
}

function heldOutFleet(held: DataPart, heap: Heap, assignment: Parameters<typeof layData>[2]): Fleet {
  return new ThreadFleet({
    heap,
    assignment,
    data: layData(heap, [held], assignment, () => []),
    clients: [heldOutRows(held)],
    members: [],
    threads: 1,
  });
}
