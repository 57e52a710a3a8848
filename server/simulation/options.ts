/** What `simulate` takes beside the experiment. */
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { RunEvent } from "../events.ts";
import type { Adjustment } from "../run/adjustment.ts";
import type { RunResult } from "../run/result.ts";

export interface SimulateOptions {
  /** Worker threads; the experiment's `simulation.threads`, or else the machine's cores, when left out. Changes no bit. */
  readonly threads?: number;
  /** In place of the experiment's seed. */
  readonly seed?: number;
  /** The folder that relative paths of the experiment start from. @default the current folder */
  readonly baseDirectory?: string;
  /** The run directory, created here; nothing is written when left out. */
  readonly out?: string;
  /** Go on from the newest checkpoint in `out`, to the same bits as if there had been no interruption. @default false */
  readonly resume?: boolean;
  /** A folder for the clients' own models, where they have any: `<client>.safetensors`, each of them a model file. @default nowhere */
  readonly personal?: string;
  /** The experiment as it was written, kept in the run directory beside the resolved one. */
  readonly source?: string;
  /** Ends the run after the round in progress, with a checkpoint and the stop reason "interrupted". */
  readonly signal?: AbortSignal;
  /** What was changed on the way: replays a run of a daemon, or tries what a change would do. */
  readonly adjustments?: readonly Adjustment[];
  readonly onEvent?: (event: RunEvent) => void;
}

/** The type of `simulate` in `simulate.ts`. A bad option or data file is a TributaryError; a diverged or interrupted run is a result. */
export type Simulate = (experiment: Experiment, options?: SimulateOptions) => Promise<RunResult>;
