/** One run over clients of a network: who takes part is found out (`rows-of-clients.ts`), then it is carried out as any other. */
import { randomBytes } from "node:crypto";
import { Heap } from "../../shared/kernels/heap.ts";
import { largestOf } from "../../shared/data/groups.ts";
import type { DataPart } from "../../shared/data/memory.ts";
import { refuseAsynchrony } from "../../shared/experiment/asynchrony-checks.ts";
import { customParts } from "../../shared/experiment/custom-parts.ts";
import { goalsOf } from "../../shared/experiment/goals.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { largestBlocks, wholeGroups, type WholeGroups } from "../../shared/experiment/whole-groups.ts";
import type { Joined } from "../../shared/protocol/orders.ts";
import { Random } from "../../shared/random.ts";
import type { RunEvent } from "../events.ts";
import type { Contents } from "../fleet/contents.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Leases } from "../fleet/leases.ts";
import { Membership, type RowCounts } from "../fleet/membership.ts";
import { RemoteFleet } from "../fleet/remote.ts";
import type { Roster } from "../fleet/roster.ts";
import { withHeldOut } from "../fleet/with-held-out.ts";
import type { RunState } from "../round/learning-parts.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../store/checkpoint.ts";
import { historyIn } from "../store/run-history.ts";
import type { RunDirectory } from "../store/run-directory.ts";
import type { Store } from "../store/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import { ownPartsOf } from "../strategy/own-parts.ts";
import type { Adjustment } from "./adjustment.ts";
import { carryOut, type RunParts } from "./carry-out.ts";
import { heldOutFleet, heldOutOf, heldOutRows } from "./held-out.ts";
import { admissionsOf, LateJoiners } from "./late-joiners.ts";
import type { RunResult } from "./result.ts";
import { declarationOf, sourceOf } from "./rows-of-clients.ts";
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
  readonly onModel?: RunParts["onModel"];
}

/** So long an evaluation waits where rounds have no deadline: the model is made without it. */
const longestEvaluationMs = 3_600_000;

/** Throws "invalid-experiment" when nobody can tell who takes part, and whatever a run throws. */
export async function runOverNetwork(run: NetworkedRun, network: Network, signal: AbortSignal): Promise<RunResult> {
  const began = performance.now();
  const { id, experiment, directory, adjustments, onEvent, onState, onModel } = run;
  const { contents, log } = network;
  refuseAsynchrony(experiment);
  const [custom, own] = [await customParts(experiment, "."), await ownPartsOf(experiment, ".")];
  const groups = wholeGroups(goalsOf(experiment, custom.customLosses), experiment.data);
  const random = Random.seeded(experiment.seed);
  using scope = contents.scope();
  const held = await heldOutOf(experiment);
  const { store } = network;
  const source = await sourceOf(experiment, run.clients, random, groups);
  const admitted = await admissionsOf(store, id);
  const isOpen = experiment.federation.clients.joining === "open";
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
    late: isOpen ? admitted.map(({ client }) => client) : undefined,
    known: new Map([...(await rowCountsOf(store, id)), ...admitted.map((one) => [one.client, one] as const)]),
    log,
  });
  run.onMembership(membership);
  const joined = await membership.gather(signal);
  if ("count" in clients) await keepMembers(store, id, membership.clients);
  await keepRowCounts(store, id, joined);
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
  const { deadlineMs: evaluationMs = longestEvaluationMs } = experiment.federation.clients;
  const registered = new Map(admitted.map(({ client, denominators }) => [client, denominators]));
  const remote = new RemoteFleet({ ...network, run: id, assignment, membership, registered, evaluationMs });
  await using fleet: Fleet =
    held === undefined ? remote : withHeldOut(remote, heldOutFleet(held, heap, assignment), heldOutClient);
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
  const grouped = groups.training !== undefined;
  const largest = { group: groupSizes.largestGroup, evaluated: groupSizes.largestEvaluated };
  using late = isOpen
    ? new LateJoiners({ run: id, store, membership, known: admitted, largest, grouped, log })
    : undefined;
  return await carryOut(
    {
      ...(late && { late }),
      ...{ id, experiment, setting, fleet, random, directory, durable, resumed, adjustments, onEvent },
      ...(onState && { onState }),
      ...(onModel && { onModel }),
      ...(experiment.privacy !== undefined && { secret: await secretOf(store, id), charge }),
      ...{ threads: 0, began, log },
    },
    signal,
  );
}

/** Who takes part where whoever came first does: noted before the first round, so that a run that goes on gathers the same clients. */
const keepMembers = (store: Store, run: string, clients: readonly string[]): Promise<void> =>
  store.setNote(run, "members", new TextEncoder().encode(JSON.stringify(clients)));

async function membersOf(store: Store, run: string): Promise<readonly string[] | undefined> {
  const note = await store.note(run, "members");
  return note && (JSON.parse(new TextDecoder().decode(note)) as readonly string[]); // what keepMembers has written
}

/** How many rows each had who began: noted once everyone is there, so that nobody comes back with others, also after a restart. */
const keepRowCounts = (store: Store, run: string, joined: readonly Joined[]): Promise<void> => {
  const counts = joined.map(({ client, trainRows, testRows }) => ({ client, trainRows, testRows }));
  return store.setNote(run, "rows", new TextEncoder().encode(JSON.stringify(counts)));
};

async function rowCountsOf(store: Store, run: string): Promise<(readonly [client: string, counts: RowCounts])[]> {
  const note = await store.note(run, "rows");
  if (note === undefined) return [];
  const counts = JSON.parse(new TextDecoder().decode(note)) as (RowCounts & { client: string })[]; // what keepRowCounts has written
  return counts.map((one) => [one.client, one]);
}

/** What noise is drawn from, made once: a round that is done again after a crash draws the same. */
async function secretOf(store: Store, run: string): Promise<Uint8Array> {
  const kept = await store.note(run, "secret");
  if (kept !== undefined) return kept;
  const made = Uint8Array.from(randomBytes(32));
  await store.setNote(run, "secret", made);
  return made;
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
