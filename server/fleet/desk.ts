/** Lays out, in the shared memory, what worker threads need to find: every client's rows, and the desk of an exchange. */
import type { ClientRows } from "../../shared/data/split.ts";
import type { Heap } from "../../shared/kernels/heap.ts";
import { vectorsPerClient, type Assignment } from "../../shared/protocol/assignment.ts";
import { maskedLength, maskedShape } from "../../shared/protocol/masked.ts";
import { evaluationPiece } from "../../shared/protocol/task.ts";
import type { Desk, ShardTable } from "../../shared/protocol/thread-work.ts";
import { VectorSum } from "../../shared/sum.ts";

export function layShards(heap: Heap, clients: readonly ClientRows[], objectives: number): ShardTable {
  const total = clients.reduce((sum, { train, test }) => sum + train.length + test.length, 0);
  const shards: ShardTable = {
    clients: clients.map(({ client }) => client),
    rows: heap.allocate(4 * total),
    bounds: heap.allocate(4 * 3 * clients.length),
    denominators: heap.allocate(8 * objectives * clients.length),
  };
  const rows = heap.int32(shards.rows, total);
  const bounds = heap.int32(shards.bounds, 3 * clients.length);
  let at = 0;
  clients.forEach(({ train, test }, i) => {
    bounds.set([at, at + train.length, at + train.length + test.length], 3 * i);
    rows.set(train, at);
    rows.set(test, at + train.length);
    at += train.length + test.length;
  });
  return shards;
}

/** Room for the largest exchange: every client with all its pieces. 16 bytes × parameters × rows of an exchange × threads are its sums. */
export function layDesk(
  heap: Heap,
  {
    clients,
    assignment,
    threads,
    sheet,
  }: {
    readonly clients: readonly ClientRows[];
    readonly assignment: Assignment;
    readonly threads: number;
    /** Numbers in a sheet. */
    readonly sheet: number;
  },
): Desk {
  const pieces = (rows: Int32Array): number => Math.max(1, Math.ceil(rows.length / evaluationPiece));
  const items = clients.reduce((sum, { train, test }) => sum + Math.max(pieces(train), pieces(test)), 0);
  const vectors =
    assignment.report === "each" || assignment.secureSums !== undefined ? 0 : vectorsPerClient(assignment);
  const bytes = VectorSum.bytes(assignment.parameters);
  const masked = assignment.secureSums !== undefined;
  return {
    control: heap.allocate(8),
    items: heap.allocate(4 * 3 * items),
    owners: heap.allocate(4 * items),
    sheets: heap.allocate(8 * sheet * items),
    parameters: heap.allocate(8 * assignment.parameters),
    sums: Array.from({ length: threads }, () => Array.from({ length: vectors }, () => heap.allocate(bytes))),
    rings: Array.from({ length: masked ? threads : 0 }, () => heap.allocate(4 * maskedLength(maskedShape(assignment)))),
  };
}
