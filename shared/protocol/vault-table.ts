/** Where simulated clients note what they have answered in a session (`client/secure/vault.ts`), in the memory that their threads share. */
import type { Heap } from "../kernels/heap.ts";

export interface VaultTable {
  /** The byte address. */
  readonly notes: number;
  /** From which every secret of every simulated client is derived; made anew for each simulation. */
  readonly secret: Uint8Array;
}

/** What is answered once in a session. */
export const stages = ["circle", "dealt", "sent", "survivors"] as const;
export type Stage = (typeof stages)[number];

/** Bytes of a hash. */
const hashBytes = 32;
/** [round, attempt, 1 + the bits of the stages that are noted, 0], and a hash for each stage. */
const headerWords = 4;
const bytesPerClient = 4 * headerWords + hashBytes * stages.length;

export const layVault = (heap: Heap, clients: number, secret: Uint8Array): VaultTable => ({
  notes: heap.allocate(clients * bytesPerClient),
  secret,
});

export interface VaultRow {
  readonly header: Int32Array;
  readonly hashes: readonly Uint8Array[];
}

export function vaultRow(heap: Heap, { notes }: VaultTable, client: number): VaultRow {
  const at = notes + client * bytesPerClient;
  const hashes = stages.map((_, i) => heap.bytes(at + 4 * headerWords + hashBytes * i, hashBytes));
  return { header: heap.int32(at, headerWords), hashes };
}
