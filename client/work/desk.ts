/** What a worker's session and its work threads say to each other: one thread for each run, which goes when the run goes. */
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Source } from "../../shared/experiment/data.ts";
import type { Answer } from "../../shared/protocol/answer.ts";
import type { WholeGroups } from "../../shared/experiment/whole-groups.ts";
import type { Assignment } from "../../shared/protocol/assignment.ts";
import type { Ring } from "../../shared/secure/ring.ts";
import type { PrepareTask, Task, Vector } from "../../shared/protocol/task.ts";

/** The rows that a client takes part with. */
export interface OpenJob {
  readonly kind: "open";
  readonly client: string;
  readonly experiment: Experiment;
  readonly groups: WholeGroups;
  readonly rows:
    | { readonly from: "files"; readonly sources: readonly Source[]; readonly split: SplitLines | undefined }
    | { readonly from: "shard"; readonly bytes: Uint8Array };
}

export interface SplitLines {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

export interface TaskJob {
  readonly kind: "task";
  readonly run: string;
  readonly client: string;
  readonly assignment: { readonly sha256: string; readonly given: Assignment };
  /** What has to have been done before, once for each preparation. */
  readonly prepared: { readonly sha256: string; readonly task: PrepareTask } | undefined;
  readonly task: Task;
}

export type Job = OpenJob | TaskJob;

export interface OpenedRows {
  readonly trainRows: number;
  readonly testRows: number;
  readonly blocks: readonly Int32Array[];
  readonly largestEvaluated: number;
}

export interface Done {
  readonly answer: Answer;
  readonly vectors: readonly Vector[];
  /** In place of vectors, where the answer is masked. */
  readonly masked?: Ring;
}

export type JobResult<J extends Job> = J extends OpenJob ? OpenedRows : Done;

/** What a work thread is given when it begins. */
export interface Desk {
  /** Where the clients of the run keep what is theirs. */
  readonly folder: string;
  /** Where their own models are written; nowhere when undefined. */
  readonly personal: string | undefined;
}

export interface JobMessage {
  readonly id: number;
  readonly job: Job;
}

export type ReplyMessage =
  | { readonly id: number; readonly ok: true; readonly result: OpenedRows | Done }
  | { readonly id: number; readonly ok: false; readonly message: string; readonly stack: string };
