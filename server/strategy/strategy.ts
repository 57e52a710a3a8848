/**
 * A strategy is a record of parts, not a family tree: FedSGD, FedAvg, FedAvgM and FedAdam differ by which part is plugged in.
 * `server-step.ts` says in which order the parts act, `recipes.ts` names the usual records.
 */
import type { DriftConfig } from "../../shared/experiment/client-axis.ts";
import type { Optimizer, OptimizerState } from "../../shared/optimizers/optimizer.ts";
import type { Schedule } from "../../shared/optimizers/schedules.ts";
import type { AxisState, ObjectiveAxis } from "../../shared/objectives/axis.ts";
import type { ProximalOperator } from "../../shared/regularizers/proximal.ts";
import type { Aggregator } from "../aggregation/aggregator.ts";
import type { Selection } from "../selection/selection.ts";
import type { Clipping } from "./clipping.ts";
import type { DriftMemory } from "./drift.ts";
import type { Shares, SharesState } from "./shares.ts";

export interface Strategy<Sum = unknown> {
  readonly name: string;
  readonly selection: Selection;
  /** The client axis. */
  readonly aggregation: Aggregator<Sum>;
  /** The objective axis. */
  readonly objectives: ObjectiveAxis;
  /**
   * What the rows are: a mean gradient of each objective; a change of each, divided by the local steps' sum; or one change for all.
   */
  readonly rows: "gradients" | "pseudo-gradients" | "combined";
  /** The gradient of the smooth penalties at the parameters: once, here, never per client. Zeros in update mode. */
  readonly penalty: (parameters: Float64Array) => Float64Array;
  readonly clipping: Clipping;
  /** What each client counts for; undefined: its share of the denominators. */
  readonly shares: Shares | undefined;
  /** What the coordinator does against client drift. */
  readonly drift: DriftConfig;
  /** Where changes come per unit of local work: the curvature that the unit is measured at (FedNova). */
  readonly perUnit: number | undefined;
  readonly optimizer: Optimizer;
  /** The proximal regularizers and decoupled decay, after the optimizer's step and in its metric. */
  readonly proximal: ProximalOperator | undefined;
  readonly learningRate: number;
  readonly schedule: Schedule;
}

/** The coordinator's model and what its parts remember: all that the next round needs. */
export interface Model {
  /** Rounds committed. */
  readonly version: number;
  /** Every shared number, flat, in the program's order, rounded to the wire's dtype: those trained, then the buffers. */
  readonly parameters: Float64Array;
  readonly optimizer: OptimizerState;
  readonly objectives: AxisState;
  /** What the client axis remembers; absent before the first step. */
  readonly clients?: ClientAxisMemory;
}

export interface ClientAxisMemory {
  /** Objective → the last aggregate, of an aggregation that remembers it. */
  readonly last?: Readonly<Record<string, Float64Array>> | undefined;
  readonly drift?: DriftMemory;
  readonly shares?: SharesState | undefined;
  /** What the next round's changes are shortened to, where that moves. */
  readonly clipNorm?: number | undefined;
}
