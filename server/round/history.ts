/**
 * What must outlive a crash of a round: who was selected, who left, who took part. A round that is begun again after a restart goes
 * by its history and comes to where it was: answers that were acknowledged are with its fleet, and only the rest is asked for.
 *
 * Nobody both leaves and is acknowledged: `leave` decides it in the journal, in one step, and whoever has left is acknowledged no more.
 */
import type { Transition } from "../store/store.ts";
import type { Place } from "./place.ts";
import type { ClientId } from "./round.ts";

export interface RoundHistory {
  /** What is known of an attempt, in its order; nothing when it is new. */
  past(round: number, attempt: number): Promise<readonly Transition[]>;
  /** Kept with the next sync. */
  record(transition: Transition): void;
  /** These clients leave a pass, but for those whose answers have been acknowledged: they are given back, and take part. */
  leave(place: Place, clients: readonly ClientId[], reason: string): Promise<readonly ClientId[]>;
  /** Answers when everything recorded is on disk. */
  settle(): Promise<void>;
}

/** A history that is not kept: of a simulation, which begins an interrupted round anew. */
export const noHistory: RoundHistory = {
  past: () => Promise.resolve([]),
  record: () => undefined,
  leave: () => Promise.resolve([]),
  settle: () => Promise.resolve(),
};
