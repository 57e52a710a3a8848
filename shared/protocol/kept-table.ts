/**
 * What the clients of one machine keep, in the memory that its threads share: for each client the rounds of what is committed and
 * of what is proposed, and two places for the values, so that a proposal never writes over what holds.
 *
 *     header   int32   [committed round, its place, proposed round, its place]     round 0 = none
 *     values   2 × size numbers in the assignment's precision
 */
import type { Heap } from "../kernels/heap.ts";
import { bytesPer, type Precision } from "../kernels/module.ts";
import type { Vector } from "../tensor/parameters.ts";
import type { Kept } from "./kept.ts";

export interface KeptTable {
  /** Byte addresses. */
  readonly headers: number;
  readonly values: number;
  /** Numbers that a client keeps. */
  readonly size: number;
  readonly precision: Precision;
}

const header = 4;

export const layKept = (
  heap: Heap,
  { clients, size, precision }: { readonly clients: number; readonly size: number; readonly precision: Precision },
): KeptTable => ({
  headers: heap.allocate(4 * header * clients),
  values: heap.allocate(2 * size * bytesPer[precision] * clients),
  size,
  precision,
});

/** What client number `client` keeps; the values are live views. */
export function readKept(heap: Heap, table: KeptTable, client: number): Kept {
  const [committed, place, proposed, proposedPlace] = headerOf(heap, table, client);
  return {
    ...(committed !== 0 && { committed: { round: committed!, values: placeOf(heap, table, client, place!) } }),
    ...(proposed !== 0 && { proposed: { round: proposed!, values: placeOf(heap, table, client, proposedPlace!) } }),
  };
}

/**
 * Writes what client number `client` keeps. What is committed must be one of the two keepsakes that were there, or the table must have
 * been empty for this client: its values are then not moved.
 */
export function writeKept(heap: Heap, table: KeptTable, client: number, { committed, proposed }: Kept): void {
  const words = headerOf(heap, table, client);
  const [, place, proposedBefore, proposedPlace] = words;
  const stays = committed === undefined ? 0 : committed.round === proposedBefore ? proposedPlace! : place!;
  if (committed !== undefined) placeOf(heap, table, client, stays).set(committed.values);
  if (proposed !== undefined) placeOf(heap, table, client, 1 - stays).set(proposed.values);
  words.set([committed?.round ?? 0, stays, proposed?.round ?? 0, 1 - stays]);
}

const headerOf = (heap: Heap, { headers }: KeptTable, client: number): Int32Array =>
  heap.int32(headers + 4 * header * client, header);

function placeOf(heap: Heap, { values, size, precision }: KeptTable, client: number, place: number): Vector {
  const at = values + (2 * client + place) * size * bytesPer[precision];
  return precision === "float32" ? heap.float32(at, size) : heap.float64(at, size);
}
