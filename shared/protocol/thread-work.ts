/**
 * What a coordinator and its worker threads say to each other. Almost nothing is a message: data, model, items, answers and sums
 * lie in one shared memory, at places agreed upon once. Per exchange one job goes to each thread; the threads then help
 * themselves to items (a client, or a piece of a client's rows) from one atomic counter until there are none left.
 */
import type { Statistics } from "../data/summary.ts";
import type { Assignment, RoomData } from "./assignment.ts";
import type { KeptTable } from "./kept-table.ts";
import type { SecureAnswer } from "./secure.ts";
import type { Discretion } from "../privacy/discretion.ts";
import type { Task } from "./task.ts";
import type { VaultTable } from "./vault-table.ts";

/** Handed to a thread when it starts. All numbers are byte addresses in the memory. */
export interface ThreadSetup {
  readonly memory: WebAssembly.Memory;
  readonly assignment: Assignment;
  readonly data: RoomData;
  readonly shards: ShardTable;
  readonly desk: Desk;
  /** Where the clients keep what is theirs; absent where they keep nothing. */
  readonly kept?: KeptTable;
  /** Where they note what they have answered of secure sums; absent where sums are not. */
  readonly vault?: VaultTable;
  /** What the clients keep to themselves, and what their secrets come from; absent where they add no noise. */
  readonly discretion?: SharedDiscretion;
}

export interface SharedDiscretion {
  readonly terms: Discretion;
  readonly secret: Uint8Array;
}

/** Every client's rows: names here, numbers in the memory. */
export interface ShardTable {
  readonly clients: readonly string[];
  /** All row numbers, int32: of each client the training rows, then the test rows. */
  readonly rows: number;
  /** [train from, test from, end] of each client, int32 positions among the row numbers. */
  readonly bounds: number;
  /** [clients, objectives], float64. */
  readonly denominators: number;
}

/** Where the work of an exchange lies. */
export interface Desk {
  /** [next item, stop], int32 and atomic. */
  readonly control: number;
  /** [shard, from, to] of each item, int32; from … to of the client's rows of an evaluation's part, else 0 … 0. */
  readonly items: number;
  /** For each item 1 + the slot of the job that did it, int32; 0 = not done. */
  readonly owners: number;
  /** A sheet (`sheet.ts`) for each item, float64. */
  readonly sheets: number;
  /** The model, in the wire's dtype. */
  readonly parameters: number;
  /** For each slot, for each row of an exchange, the limbs of a vector sum. */
  readonly sums: readonly (readonly number[])[];
  /** For each slot the sum of masked answers, int32; none where answers are not masked. */
  readonly rings: readonly number[];
}

export interface ThreadJob {
  /** The task; its parameters lie on the desk, and here is an empty vector. */
  readonly task: Task;
  /** Which sums this job adds to: no two jobs of an exchange have the same. */
  readonly slot: number;
  readonly items: number;
  /** Where the vectors of every item go, [items, vectors, parameters] in the assignment's precision, where each is reported. */
  readonly updates?: number;
}

export interface ThreadAnswer {
  /** Item → what a statistics task found. */
  readonly statistics: readonly (readonly [item: number, statistics: Statistics])[];
  /** Item → what a secure task was answered. */
  readonly secure: readonly (readonly [item: number, secure: SecureAnswer])[];
  /** What went wrong, and at which client; the job ended there. */
  readonly failure?: { readonly client: string; readonly message: string; readonly stack: string };
}
