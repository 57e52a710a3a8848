import { standardizeOf } from "../../shared/data/schema.ts";
import { TributaryError } from "../../shared/errors.ts";
import { compileExperiment, type CompiledExperiment } from "../../shared/experiment/compile.ts";
import { sumsOfObjective, type OuterFunctions } from "../../shared/evaluation/evaluation.ts";
import { goalsOf } from "../../shared/experiment/goals.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { Heap } from "../../shared/kernels/heap.ts";
import { outerFunction } from "../../shared/objectives/outer.ts";
import type { Assignment, Groups } from "../../shared/protocol/assignment.ts";
import { keptSize } from "../../shared/protocol/kept.ts";
import { layKept } from "../../shared/protocol/kept-table.ts";
import type { Random } from "../../shared/random.ts";
import type { Shape } from "../../shared/tensor/shape.ts";
import type { ClientRows } from "../fleet/desk.ts";
import type { ThreadFleetOptions } from "../fleet/threads.ts";
import { countingProgram } from "./counting.ts";
import { customParts } from "../../shared/experiment/custom-parts.ts";
import type { Roster } from "../round/learning-exchange.ts";
import { heldOutClient } from "./evaluator.ts";
import { loadData, type LoadedData } from "./load.ts";
import { layData } from "./memory.ts";
import { blocksOfClient, groupsOf, largestBlocks } from "./whole-groups.ts";

/** A simulation before anybody works: the data read and laid out, the experiment compiled, every client's assignment. */
export interface Setting {
  /** Whose rows are where; the rows themselves are in the fleet's memory, and nowhere else. */
  readonly loaded: Pick<LoadedData, "clients" | "heldOut"> & { readonly blocks?: Roster["blocks"] };
  readonly compiled: CompiledExperiment;
  /** What the coordinator makes of the sums of objectives that are functions of sums. */
  readonly outers: OuterFunctions;
  readonly fleet: Omit<ThreadFleetOptions, "threads">;
}

/** Throws what is wrong with the data, the model or their combination; nothing has been written by then. */
export async function settingOf(experiment: Experiment, folder: string, random: Random): Promise<Setting> {
  const custom = await customParts(experiment, folder);
  const groups = groupsOf(goalsOf(experiment, custom.customLosses));
  const loaded = await loadData(experiment, folder, random.fork("data"), groups?.targets);
  refuseLonelyTest(experiment, loaded);
  const { clients, heldOut } = loaded;
  const held = heldOut === undefined ? [] : [{ client: heldOutClient, train: new Int32Array(0), test: heldOut }];
  const blocks = groups && blocksOfClient(loaded.parts, groups);
  const groupSizes = blocks && largestBlocks([...clients, ...held], blocks);
  const compiled = compileExperiment(experiment, random, { ...custom, ...(groupSizes && { groupSizes }) });
  const heap = Heap.create();
  const assignment = assignmentOf(experiment, compiled, groups);
  const everyone = [...clients, ...held];
  const size = keptSize(assignment.keeps);
  const { precision } = experiment;
  return {
    loaded: { clients, heldOut, ...(blocks && { blocks: positionsOf(clients, blocks) }) },
    compiled,
    outers: outersOf(compiled, heap),
    fleet: {
      heap,
      data: layData(heap, loaded, compiled, experiment),
      assignment,
      clients: everyone,
      ...(size > 0 && { kept: layKept(heap, { clients: everyone.length, size, precision }) }),
      members: clients.map(({ client }) => client),
    },
  };
}

/** What every client is told once: here they are all on this machine. */
function assignmentOf(
  experiment: Experiment,
  { goals, programs, layout, penalties }: CompiledExperiment,
  groups: Groups | undefined,
): Assignment {
  const { seed, precision, data, federation } = experiment;
  const multipliers = federation.mode === "update" ? { multipliers: federation.multipliers } : {};
  return {
    seed,
    precision,
    schema: data,
    objectives: goals.map(({ name, weight, loss }) => ({
      name,
      weight,
      ...(loss.kind === "two-phase" && multipliers),
    })),
    parameters: layout.size,
    penalized: federation.mode === "update" && penalties.length > 0,
    clip: federation.clip,
    ...(federation.transport && {
      transport: { dtype: federation.transport.dtype, scaled: federation.transport.lossScale !== "none" },
    }),
    work: programs.train,
    evaluation: programs.evaluate,
    counting: countingProgram(programs.evaluate),
    ...(programs.sums && { sums: programs.sums }),
    ...(groups && { groups }),
    ...(federation.mode === "update" && { local: federation.local }),
    report: "sum",
    keeps: [],
  };
}

function outersOf({ goals, programs }: CompiledExperiment, heap: Heap): OuterFunctions {
  const { evaluate } = programs;
  const found = goals.flatMap(({ name, loss }) => {
    if (loss.kind !== "two-phase") return [];
    const nodes = sumsOfObjective(
      name,
      mapValues(evaluate.outputs, (node) => evaluate.nodes[node]!.shape),
    );
    return [[name, outerFunction(loss, nodes as Record<string, Shape>, heap)] as const];
  });
  return new Map(found);
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

/** Client → its blocks, as positions among its training rows. */
function positionsOf(clients: readonly ClientRows[], blocks: (rows: Int32Array) => Int32Array[]): Roster["blocks"] {
  return new Map(
    clients.map(({ client, train }) => {
      const at = new Map(Array.from(train, (row, i) => [row, i]));
      return [client, blocks(train).map((block) => block.map((row) => at.get(row)!))];
    }),
  );
}

/** Rows that belong to nobody have no statistics of their own to be standardized with. */
function refuseLonelyTest({ data }: Experiment, { heldOut }: LoadedData): void {
  if (heldOut === undefined || standardizeOf(data).scope !== "per-client") return;
  throw new TributaryError(
    "invalid-experiment",
    "simulation.test belongs to no client, and data.standardize is per-client: choose global, or give clientTests",
  );
}
