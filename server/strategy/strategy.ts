/**
 * A strategy is a record of parts, not a family tree: FedSGD, FedAvg, FedAvgM and FedAdam differ by which part is plugged in.
 * `server-step.ts` says in which order the parts act, `recipes.ts` names the usual records.
 */
import type { Optimizer, OptimizerState } from "../../shared/optimizers/optimizer.ts";
import type { Schedule } from "../../shared/optimizers/schedules.ts";
import type { AxisState, ObjectiveAxis } from "../../shared/objectives/axis.ts";
import type { ProximalOperator } from "../../shared/regularizers/proximal.ts";
import type { Aggregator } from "../aggregation/aggregator.ts";
import type { Selection } from "../round/select.ts";
import type { Clipping } from "./clipping.ts";

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
}
