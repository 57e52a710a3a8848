/** The vault of simulated clients: secrets derived from one that is the simulation's, notes in the memory that threads share. */
import { TributaryError } from "../../shared/errors.ts";
import type { Heap } from "../../shared/kernels/heap.ts";
import { stages, vaultRow, type Stage, type VaultTable } from "../../shared/protocol/vault-table.ts";
import { derive } from "../../shared/secure/masks.ts";
import { simulatedRun, type Session } from "../../shared/secure/session.ts";
import type { OpenSession, Vault } from "./vault.ts";

/** @param clients in the order of the table */
export function vaultInHeap(heap: Heap, table: VaultTable, clients: readonly string[]): Vault {
  const numbers = new Map(clients.map((client, i) => [client, i]));
  const pins = new Map<string, Map<string, string>>(); // a thread's own: who derives all identities swaps none
  const row = (client: string) => vaultRow(heap, table, numbers.get(client)!);
  const session = (client: string): OpenSession | undefined => {
    const { header, hashes } = row(client);
    const [round, attempt, noted] = header as unknown as [number, number, number];
    if (noted === 0) return undefined;
    const hashOf = (i: number): string => Buffer.from(hashes[i]!).toString("hex");
    const given = stages.flatMap((stage, i) => ((noted >> (i + 1)) & 1 ? [[stage, hashOf(i)] as const] : []));
    const secret = derive(table.secret, JSON.stringify(["session", client, round, attempt]), 32);
    return { round, attempt, secret, noted: Object.fromEntries(given) };
  };
  return {
    run: simulatedRun,
    identity: (client) => derive(table.secret, JSON.stringify(["identity", client]), 32),
    session,
    begin(client, { round, attempt }: Omit<Session, "run">) {
      row(client).header.set([round, attempt, 1, 0]);
      return session(client)!;
    },
    note(client: string, stage: Stage, hash: string) {
      const { header, hashes } = row(client);
      const i = stages.indexOf(stage);
      if (header[2] === 0) throw new TributaryError("forbidden", `${client} is in no session`);
      hashes[i]!.set(Buffer.from(hash, "hex"));
      header[2] = header[2]! | (1 << (i + 1));
    },
    pins: (client) => pins.get(client) ?? new Map<string, string>(),
    pin(client, others) {
      pins.set(client, new Map([...(pins.get(client) ?? []), ...others]));
    },
  };
}
