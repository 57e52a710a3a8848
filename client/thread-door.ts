/**
 * The worker thread's door to the room: takes jobs, helps itself to items, folds each client's vectors into its slot's sums where
 * they were computed, and leaves the scalars on a sheet in shared memory. Per client there is no message and no large allocation.
 */
import { workerData } from "node:worker_threads";
import { Heap } from "../shared/kernels/heap.ts";
import type { Statistics } from "../shared/data/summary.ts";
import { isPartOfSum } from "../shared/protocol/answer.ts";
import type { Shard } from "../shared/protocol/assignment.ts";
import { maskedLength, maskedShape } from "../shared/protocol/masked.ts";
import type { SecureAnswer } from "../shared/protocol/secure.ts";
import { sheetLayout, writeSheet } from "../shared/protocol/sheet.ts";
import { vectorAt } from "../shared/protocol/update-table.ts";
import type { Task } from "../shared/protocol/task.ts";
import type { ThreadAnswer, ThreadJob, ThreadSetup } from "../shared/protocol/thread-work.ts";
import { addRing } from "../shared/secure/ring.ts";
import { VectorSum } from "../shared/sum.ts";
import { confidantIn } from "./room/confidant.ts";
import { keptInHeap } from "./room/keeper.ts";
import { Room } from "./room/room.ts";
import { vaultInHeap } from "./secure/heap-vault.ts";
import { runTask } from "./run-task.ts";

const { memory, assignment, data, shards, desk, kept, vault, discretion } = workerData as ThreadSetup; // what server/fleet/threads.ts hands over
const heap = new Heap(memory);
const room = new Room(assignment, heap, data, {
  keeper: kept && keptInHeap(heap, kept, shards.clients),
  confidant: discretion && confidantIn(discretion.terms, discretion.secret),
  vault: vault && vaultInHeap(heap, vault, shards.clients),
});
const layout = sheetLayout(assignment);
const length = assignment.parameters;
const bounds = heap.int32(shards.bounds, 3 * shards.clients.length);
const rows = heap.int32(shards.rows, bounds.at(-1) ?? 0);
const control = heap.int32(desk.control, 2);

export function work({ task: header, slot, items, updates }: ThreadJob): ThreadAnswer {
  const parameters =
    assignment.precision === "float32" ? heap.float32(desk.parameters, length) : heap.float64(desk.parameters, length);
  const task: Task = "parameters" in header ? { ...header, parameters } : header;
  const sums = desk.sums[slot]!.map((address) => VectorSum.at(heap, address, length));
  const table = heap.int32(desk.items, 3 * items);
  const owners = heap.int32(desk.owners, items);
  const sheets = heap.float64(desk.sheets, items * layout.size);
  const statistics: (readonly [number, Statistics])[] = [];
  const secure: (readonly [number, SecureAnswer])[] = [];
  for (const sum of sums) sum.clear();
  const ring = task.kind !== "train" && task.kind !== "gradient" ? undefined : ringOf(slot);
  ring?.fill(0);
  for (let item = take(); item < items; item = take()) {
    const [number, from, to] = table.subarray(3 * item, 3 * item + 3) as unknown as [number, number, number];
    const client = shards.clients[number]!;
    try {
      const { answer, vectors, masked } = runTask(task, shardOf(number, task, from, to), room);
      if (isPartOfSum(answer)) {
        vectors.forEach((vector, i) => {
          if (updates === undefined) sums[i]!.add(task.kind === "train" ? answer.weight : 1, vector);
          else vectorAt(heap, updates, assignment, item * vectors.length + i).set(vector);
        });
      }
      if (masked !== undefined && isPartOfSum(answer)) addRing(ring!, masked); // there is one where answers are masked
      writeSheet(layout, answer, sheets.subarray(item * layout.size, (item + 1) * layout.size));
      if (answer.statistics !== undefined) statistics.push([item, answer.statistics]);
      if (answer.secure !== undefined) secure.push([item, answer.secure]);
      owners[item] = slot + 1;
    } catch (error) {
      const { message, stack = message } = error as Error;
      return { statistics, secure, failure: { client, message, stack } };
    }
  }
  return { statistics, secure };
}

/** The slot's sum of masked answers; undefined where they are not masked. */
function ringOf(slot: number): Int32Array | undefined {
  const address = desk.rings[slot];
  return address === undefined ? undefined : heap.int32(address, maskedLength(maskedShape(assignment)));
}

/** The next item for this thread, or a number beyond them all once the exchange is to stop. */
const take = (): number => (Atomics.load(control, 1) === 0 ? Atomics.add(control, 0, 1) : Number.MAX_SAFE_INTEGER);

/** A client's shard; for an evaluation, the piece `from … to` of the part it is about. */
function shardOf(number: number, task: Task, from: number, to: number): Shard {
  const [start, middle, end] = bounds.subarray(3 * number, 3 * number + 3) as unknown as [number, number, number];
  const count = assignment.objectives.length;
  const shard = {
    client: shards.clients[number]!,
    train: rows.subarray(start, middle),
    test: rows.subarray(middle, end),
    denominators: heap.float64(shards.denominators + number * count * 8, count),
  };
  return task.kind === "evaluate" ? { ...shard, [task.part]: shard[task.part].subarray(from, to) } : shard;
}
