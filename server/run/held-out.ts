/** Rows that belong to no client: the coordinator has them, and evaluates on them. */
import { layData, type DataPart } from "../../shared/data/memory.ts";
import type { ClientRows } from "../../shared/data/split.ts";
import { readRows } from "../../shared/experiment/client-rows.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Heap } from "../../shared/kernels/heap.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { ThreadFleet } from "../fleet/threads.ts";
import { heldOutClient } from "./setting.ts";

/** All of them, to test on. */
export const heldOutRows = ({ dataset }: DataPart): ClientRows => ({
  client: heldOutClient,
  train: new Int32Array(0),
  test: Int32Array.from({ length: dataset.rows }, (_, row) => row),
});

/** Undefined where the experiment has none. */
export async function heldOutOf(experiment: Experiment): Promise<DataPart | undefined> {
  const test = experiment.simulation?.test;
  if (test === undefined) return undefined;
  const { dataset } = await readRows(experiment, test, { folder: ".", wantedBy: "the test set" });
  return { dataset, ids: Int32Array.from({ length: dataset.rows }, (_, row) => row) };
}

export function heldOutFleet(held: DataPart, heap: Heap, assignment: Parameters<typeof layData>[2]): Fleet {
  return new ThreadFleet({
    heap,
    assignment,
    data: layData(heap, [held], assignment, () => []),
    clients: [heldOutRows(held)],
    members: [],
    threads: 1,
  });
}
