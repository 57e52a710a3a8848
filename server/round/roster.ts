/** What clients have said about themselves when they prepared, and the parts of their rows that a round may take. */
import type { ClientId } from "./round.ts";

export interface Roster {
  /** For each client its denominator of each objective, over its training rows. */
  readonly denominators: ReadonlyMap<ClientId, readonly number[]>;
  readonly trainRows: ReadonlyMap<ClientId, number>;
  /** Where rows stay together: the blocks of each client, as positions among its training rows. */
  readonly blocks?: ReadonlyMap<ClientId, readonly Int32Array[]>;
}

/** A part of everybody's training rows. */
export interface Portion {
  /** Client → positions among its training rows, ascending. */
  readonly rows: ReadonlyMap<ClientId, Int32Array>;
  /** Where rows stay together: the blocks they make. */
  readonly blocks?: ReadonlyMap<ClientId, readonly Int32Array[]>;
  /** Whether it is taken whole, even where the experiment draws batches. */
  readonly whole: boolean;
}
