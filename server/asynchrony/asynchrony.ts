/**
 * Rounds that wait for nobody (`shared/experiment/asynchrony.ts`), as rounds like any other: their cohort are the clients who begin while the
 * model stands still, and all of them work at once, on that model. What they have made flies, by a clock that is reckoned, until its time
 * has come; the step takes what arrives. Nothing depends on how long the work really takes.
 *
 *     window    who begins on this version, and who arrives before the next     schedule.ts: pure
 *     arrived   their changes as one sum, each weighed by its staleness         arrivals.ts
 *
 * What flies is part of the run's state and of its checkpoints: as many vectors as clients at work.
 */
import type { Contribution } from "../../shared/updates/update.ts";
import type { ClientId } from "../round/round.ts";

/** A client at work. */
export interface Flight {
  readonly client: ClientId;
  /** The version of the model it began on: steps taken before. */
  readonly version: number;
  /** When it is done, in seconds of the run's clock. */
  readonly finishes: number;
}

/** One whose work has been done, and has not arrived yet. */
export interface Flying extends Flight {
  readonly contributions: readonly Contribution[];
  /** Its change Δ, or where its steps ended, as the kind needs it; absent where no number of it may be added. */
  readonly vector: Float64Array | undefined;
}

export interface AsynchronyState {
  /** When the last step was taken. */
  readonly now: number;
  readonly flights: readonly Flying[];
}

export const startFlights: AsynchronyState = { now: 0, flights: [] };
