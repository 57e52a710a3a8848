/**
 * What one client keeps from round to round and shows nobody: a control variate, a personal head, a residual; one flat vector, which
 * the assignment's `keeps` cuts into named pieces. Whether a round has counted is known only afterwards, so a client *proposes*:
 *
 *     work in round r   →  proposed = { round: r, values }, beside what is committed
 *     the next task     →  says r*, the last round of this client that was committed: `settled` promotes the proposal of r*,
 *                          and drops any other
 *
 * At most one proposal is open, and a client that works in the same round again begins from what is committed: an abandoned round, a
 * repeated exchange or a restart of either side leaves no trace. Pure rules; `client/room/keeper.ts` says where the values lie.
 */
import type { Vector } from "../tensor/parameters.ts";

/** What a client was left with after a round. */
export interface Keepsake {
  readonly round: number;
  readonly values: Vector;
}

export interface Kept {
  readonly committed?: Keepsake | undefined;
  readonly proposed?: Keepsake | undefined;
}

export interface Settled {
  /** What holds now; undefined before the first committed round, and when it was lost. */
  readonly committed: Keepsake | undefined;
  /** The coordinator counts on something that is not here: the client begins anew, and says so. */
  readonly lost: boolean;
}

/** What holds once it is known that round `last` is the last of this client's that was committed; 0 = none was. */
export function settled({ committed, proposed }: Kept, last: number): Settled {
  if (last === 0) return { committed: undefined, lost: false };
  const found = [proposed, committed].find((one) => one?.round === last);
  return { committed: found, lost: found === undefined };
}

/** A named piece of what is kept. */
export interface KeptPiece {
  readonly name: string;
  readonly size: number;
}

export const keptSize = (keeps: readonly KeptPiece[]): number => keeps.reduce((sum, { size }) => sum + size, 0);

/** The piece of `values` that has this name; a view. Throws RangeError when the assignment keeps no such piece. */
export function pieceOf(keeps: readonly KeptPiece[], name: string, values: Vector): Vector {
  let at = 0;
  for (const piece of keeps) {
    if (piece.name === name) return values.subarray(at, at + piece.size);
    at += piece.size;
  }
  throw new RangeError(`Expected one of ${keeps.map((piece) => piece.name).join(", ")} to be kept, got "${name}"`);
}
