/**
 * The client axis: how the updates of many clients become one row per objective. An aggregator is a fold, and its law is that
 * the order of arrival, the number of threads and the grouping reach no bit of the result:
 *
 *     finish(add(add(empty, a), b))  =  finish(add(add(empty, b), a))  =  finish(merge(add(empty, a), add(empty, b)))
 *
 * A mean holds one order-independent sum however large the cohort (`mean.ts`). `finish` is the only place in the system that
 * divides a report. An objective without an example anywhere is "empty": a state to show, and no step, but never a NaN.
 */
import type { Random } from "../../shared/random.ts";
import type { Update } from "../../shared/updates/update.ts";

export interface Aggregator<State = unknown> {
  readonly name: string;
  empty(): State;
  /** May reuse `state`, never changes `update`. */
  add(state: State, update: Update): State;
  /** Threads and relays hand over states, not updates. May reuse `a`. */
  merge(a: State, b: State): State;
  finish(state: State, context?: FinishContext): readonly Row[];
  /** Whether the next `finish` wants this one's rows: they are then part of the run's state. @default false */
  readonly remembers?: boolean;
}

export interface FinishContext {
  /** This round's own fork. */
  readonly random: Random;
  /** Objective → the gradient that the last `finish` gave, of an aggregator that remembers it. */
  readonly last?: Readonly<Record<string, Float64Array>> | undefined;
  /** What the combined change is divided by, where that is not the sum of the clients' weights. */
  readonly divisor?: number | undefined;
  /** What the clients' changes were shortened to, where that moves from round to round. */
  readonly clipNorm?: number | undefined;
  /** Adds this round's noise of the run, of so large a deviation, in place. */
  readonly noise?: ((vector: Float64Array, deviation: number) => void) | undefined;
}

/**
 * One objective over all clients, or in update mode the one change of the model that serves them all. Every gradient points
 * uphill: in update mode it is minus the mean change, a pseudo-gradient.
 */
export type Row =
  | { readonly objective: string; readonly status: "empty" }
  | {
      readonly objective: string;
      readonly status: "ready";
      readonly value: number;
      readonly gradient: Float64Array;
      readonly rejected?: readonly string[];
    };

/** The name of the one row of update mode. */
export const combinedRow = "combined";
