/** A run as its operator sees it: one that goes on, one that has just ended, and one that ended under an earlier daemon. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { StopReason } from "../events.ts";
import type { RunRecord, Store } from "../store/store.ts";
import type { Adjustment } from "./adjustment.ts";
import { allAdjustments } from "./adjustments.ts";
import type { Standing } from "./standing.ts";

export type RunStatus = "gathering" | "running" | "finished" | "failed" | "stopped";

export interface RunView {
  readonly id: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly submittedBy: string;
  readonly rounds: number;
  readonly round: number;
  /** Why it waits, or how it ended; empty while it works. */
  readonly explanation: string;
  readonly modelHash: string | undefined;
  /** What ended it; undefined while it goes on, and where it failed. */
  readonly stopReason: StopReason | undefined;
  readonly directory: string | undefined;
  readonly losses: Readonly<Record<string, number | null>>;
  readonly adjustments: readonly Adjustment[];
  /** Undefined once it has ended. */
  readonly standing: Standing | undefined;
}

export const isOver = ({ status }: Pick<RunView, "status">): boolean => status !== "gathering" && status !== "running";

/** What is kept of a run's end beside its conclusion. */
type Result = Partial<Pick<RunView, "losses" | "modelHash" | "stopReason">>;

const kind = "result";

/** To be kept before the run is ended in the store. */
export const keepResult = (
  store: Store,
  { id, modelHash, losses, stopReason }: Pick<RunView, "id" | "modelHash" | "losses" | "stopReason">,
): Promise<void> => store.setRecord(kind, id, { modelHash, losses, stopReason } satisfies Result);

/**
 * The runs of a store that have ended, in the order in which they were submitted.
 *
 * @param folder where runs are written
 */
export async function endedRuns(
  runs: readonly RunRecord[],
  store: Store,
  folder: string | undefined,
): Promise<RunView[]> {
  const results = await store.records(kind);
  const adjustments = await allAdjustments(store);
  return runs.flatMap(({ id, experiment: kept, submittedBy, end, rounds }) => {
    if (end === undefined) return [];
    const { experiment } = kept as { readonly experiment: Experiment }; // what was submitted
    const { modelHash, losses = {}, stopReason } = (results.get(id) ?? {}) as Result; // what keepResult has written
    const directory = folder === undefined ? undefined : join(folder, id);
    return {
      id,
      name: experiment.name,
      status: end.status,
      submittedBy,
      rounds: experiment.federation.rounds,
      round: rounds,
      explanation: end.explanation,
      modelHash,
      stopReason,
      directory: directory !== undefined && existsSync(directory) ? directory : undefined,
      losses,
      adjustments: adjustments.get(id) ?? [],
      standing: undefined,
    };
  });
}
