import { standardizeOf } from "../../shared/data/schema.ts";
import { TributaryError } from "../../shared/errors.ts";
import { compileExperiment, type CompiledExperiment } from "../../shared/experiment/compile.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { Heap } from "../../shared/kernels/heap.ts";
import type { Assignment } from "../../shared/protocol/assignment.ts";
import type { Random } from "../../shared/random.ts";
import type { ThreadFleetOptions } from "../fleet/threads.ts";
import { countingProgram } from "./counting.ts";
import { customParts } from "../../shared/experiment/custom-parts.ts";
import { heldOutClient } from "./evaluator.ts";
import { loadData, type LoadedData } from "./load.ts";
import { layData } from "./memory.ts";

/** A simulation before anybody works: the data read and laid out, the experiment compiled, every client's assignment. */
export interface Setting {
  /** Whose rows are where; the rows themselves are in the fleet's memory, and nowhere else. */
  readonly loaded: Pick<LoadedData, "clients" | "heldOut">;
  readonly compiled: CompiledExperiment;
  readonly fleet: Omit<ThreadFleetOptions, "threads">;
}

/** Throws what is wrong with the data, the model or their combination; nothing has been written by then. */
export async function settingOf(experiment: Experiment, folder: string, random: Random): Promise<Setting> {
  const loaded = await loadData(experiment, folder, random.fork("data"));
  refuseLonelyTest(experiment, loaded);
  const compiled = compileExperiment(experiment, random, await customParts(experiment, folder));
  const { clients, heldOut } = loaded;
  const held = heldOut === undefined ? [] : [{ client: heldOutClient, train: new Int32Array(0), test: heldOut }];
  const heap = Heap.create();
  return {
    loaded: { clients, heldOut },
    compiled,
    fleet: {
      heap,
      data: layData(heap, loaded, compiled, experiment),
      assignment: assignmentOf(experiment, compiled),
      clients: [...clients, ...held],
      members: clients.map(({ client }) => client),
    },
  };
}

/** What every client is told once: here they are all on this machine. */
function assignmentOf(experiment: Experiment, { goals, programs, layout, penalties }: CompiledExperiment): Assignment {
  const { seed, precision, data, federation } = experiment;
  return {
    seed,
    precision,
    schema: data,
    objectives: goals.map(({ name, weight }) => ({ name, weight })),
    parameters: layout.size,
    penalized: federation.mode === "update" && penalties.length > 0,
    clip: federation.clip,
    work: programs.train,
    evaluation: programs.evaluate,
    counting: countingProgram(programs.evaluate),
    ...(federation.mode === "update" && { local: federation.local }),
  };
}

/** Rows that belong to nobody have no statistics of their own to be standardized with. */
function refuseLonelyTest({ data }: Experiment, { heldOut }: LoadedData): void {
  if (heldOut === undefined || standardizeOf(data).scope !== "per-client") return;
  throw new TributaryError(
    "invalid-experiment",
    "simulation.test belongs to no client, and data.standardize is per-client: choose global, or give clientTests",
  );
}
