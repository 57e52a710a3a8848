/** What simulated clients keep between rounds, on its way into a checkpoint and back: their cupboards are this machine's memory. */
import { readKept, writeKept } from "../../shared/protocol/kept-table.ts";
import { settled } from "../../shared/protocol/kept.ts";
import type { Vector } from "../../shared/tensor/parameters.ts";
import type { ThreadFleetOptions } from "../fleet/threads.ts";
import type { Checkpoint } from "../store/checkpoint.ts";

type Cupboards = Pick<ThreadFleetOptions, "heap" | "clients" | "kept">;

/** What holds for each client in this state, copied; nothing where the clients keep nothing. */
export function keptIn({ heap, clients, kept }: Cupboards, { committed }: Checkpoint): Pick<Checkpoint, "kept"> {
  if (kept === undefined) return {};
  const found = clients.flatMap(({ client }, i) => {
    const { committed: own } = settled(readKept(heap, kept, i), committed[client] ?? 0);
    return own === undefined ? [] : [[client, own.values.slice()] as const];
  });
  return { kept: new Map<string, Vector>(found) };
}

/** Puts what a checkpoint says back into the clients' cupboards. */
export function giveBack({ heap, clients, kept: table }: Cupboards, { kept, committed }: Checkpoint): void {
  if (table === undefined) return;
  clients.forEach(({ client }, i) => {
    const values = kept?.get(client);
    if (values !== undefined) writeKept(heap, table, i, { committed: { round: committed[client]!, values } });
  });
}
