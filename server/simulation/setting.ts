import { randomBytes } from "node:crypto";
import { layData } from "../../shared/data/memory.ts";
import { standardizeOf } from "../../shared/data/schema.ts";
import type { ClientRows } from "../../shared/data/split.ts";
import { TributaryError } from "../../shared/errors.ts";
import { customParts } from "../../shared/experiment/custom-parts.ts";
import type { Goal } from "../../shared/experiment/goal.ts";
import { goalsOf } from "../../shared/experiment/goals.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { blocksOfClient, largestBlocks, wholeGroups } from "../../shared/experiment/whole-groups.ts";
import { Heap } from "../../shared/kernels/heap.ts";
import { keptSize } from "../../shared/protocol/kept.ts";
import { layKept } from "../../shared/protocol/kept-table.ts";
import { layVault } from "../../shared/protocol/vault-table.ts";
import type { Random } from "../../shared/random.ts";
import type { ThreadFleetOptions } from "../fleet/threads.ts";
import { heldOutClient, settle, type ClientCounts, type Setting } from "../run/setting.ts";
import { ownPartsOf } from "../strategy/own-parts.ts";
import { liarsAmong } from "./attacked-fleet.ts";
import { poisoned } from "./poison.ts";
import { loadData, type LoadedData } from "./load.ts";

/** A simulation before anybody works: the setting of the run, and all clients' rows laid out in one memory. */
export interface SimulationSetting extends Setting {
  readonly fleet: Omit<ThreadFleetOptions, "threads">;
  /** Clients that lie, to try rules against them. */
  readonly liars: readonly string[];
}

/** Throws what is wrong with the data, the model or their combination; nothing has been written by then. */
export async function settingOf(experiment: Experiment, folder: string, random: Random): Promise<SimulationSetting> {
  const [custom, own] = [await customParts(experiment, folder), await ownPartsOf(experiment, folder)];
  const whole = wholeGroups(goalsOf(experiment, custom.customLosses), experiment.data);
  const read = await loadData(experiment, folder, random.fork("data"), whole);
  const attack = experiment.simulation?.attack;
  const names = read.clients.map(({ client }) => client);
  const liars = attack === undefined ? [] : liarsAmong(names, attack, random.fork("attack"));
  const loaded = attack === undefined ? read : poisoned(read, experiment, attack, liars, random.fork("attack", "rows"));
  refuseLonelyTest(experiment, loaded);
  const { clients, heldOut } = loaded;
  const held = heldOut === undefined ? [] : [{ client: heldOutClient, train: new Int32Array(0), test: heldOut }];
  const datasets = loaded.parts.map(({ dataset }) => dataset);
  const blocks = whole.training && blocksOfClient(datasets, whole.training);
  const groupSizes = largestBlocks(datasets, [...clients, ...held], whole, experiment.evaluation.parts);
  const heap = Heap.create();
  const setting = settle(experiment, {
    random,
    heap,
    custom: { ...custom, groupSizes },
    own,
    groups: whole,
    clients: clients.map((rows) => countsOf(rows, blocks)),
    heldOutRows: heldOut?.length,
  });
  const { assignment, compiled } = setting;
  const everyone = [...clients, ...held];
  const size = keptSize(assignment.keeps);
  const { precision } = experiment;
  return {
    ...setting,
    liars,
    fleet: {
      heap,
      data: layData(heap, loaded.parts, assignment, (objective) => absentRows(compiled.goals, clients, objective)),
      assignment: attack === undefined ? assignment : { ...assignment, report: "each" },
      clients: everyone,
      ...(assignment.secureSums && { vault: layVault(heap, everyone.length, Uint8Array.from(randomBytes(32))) }),
      ...(size > 0 && { kept: layKept(heap, { clients: everyone.length, size, precision }) }),
      members: clients.map(({ client }) => client),
    },
  };
}

/** The rows of clients that have no part in an objective. */
const absentRows = (goals: readonly Goal[], clients: readonly ClientRows[], objective: string): number[] =>
  clients
    .filter(({ client }) => goals.find(({ name }) => name === objective)?.countsAt(client) === false)
    .flatMap(({ train, test }) => [...train, ...test]);

function countsOf(
  { client, train, test }: ClientRows,
  blocks: ((rows: Int32Array) => Int32Array[]) | undefined,
): ClientCounts {
  const counts = { client, trainRows: train.length, testRows: test.length };
  if (blocks === undefined) return counts;
  const at = new Map(Array.from(train, (row, i) => [row, i]));
  return { ...counts, blocks: blocks(train).map((block) => block.map((row) => at.get(row)!)) };
}

/** Rows that belong to nobody have no statistics of their own to be standardized with. */
function refuseLonelyTest({ data }: Experiment, { heldOut }: LoadedData): void {
  if (heldOut === undefined || standardizeOf(data).scope !== "per-client") return;
  throw new TributaryError(
    "invalid-experiment",
    "simulation.test belongs to no client, and data.standardize is per-client: choose global, or give clientTests",
  );
}
