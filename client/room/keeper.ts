/**
 * Where clients keep what is theirs between rounds: a cupboard, over shared memory in a simulation (`keptInHeap`), over files in a
 * worker's state folder. The rules, what is promoted and what is dropped, are in `shared/protocol/kept.ts`.
 */
import type { Heap } from "../../shared/kernels/heap.ts";
import { settled, type Kept, type Settled } from "../../shared/protocol/kept.ts";
import { readKept, writeKept, type KeptTable } from "../../shared/protocol/kept-table.ts";
import type { Vector } from "../../shared/tensor/parameters.ts";

export interface Keeper {
  /** What this client keeps; `{}` when nothing yet. The values may be views that the next `write` for this client overwrites. */
  read(client: string): Kept;
  /** Durable when it returns, where the keeper outlives the process. `kept.committed` is one of the two that `read` gave. */
  write(client: string, kept: Kept): void;
}

/** What client `client` has from its committed rounds, the last of which is `last`. */
export const recall = (keeper: Keeper, client: string, last: number): Settled => settled(keeper.read(client), last);

/** Keeps `values` as what this client will have once `round` is committed, beside what it has now. */
export function propose(
  keeper: Keeper,
  client: string,
  { round, last, values }: { readonly round: number; readonly last: number; readonly values: Vector },
): void {
  const { committed } = recall(keeper, client, last);
  keeper.write(client, { committed, proposed: { round, values } });
}

/** For clients of one machine, by their numbers in the table. */
export function keptInHeap(heap: Heap, table: KeptTable, clients: readonly string[]): Keeper {
  const numbers = new Map(clients.map((client, i) => [client, i]));
  return {
    read: (client) => readKept(heap, table, numbers.get(client)!),
    write: (client, kept) => {
      writeKept(heap, table, numbers.get(client)!, kept);
    },
  };
}

/** For rooms whose assignment keeps nothing. */
export const keepsNothing: Keeper = {
  read: () => ({}),
  write: () => undefined,
};
