/**
 * How many rows a program takes at once. A step on more rows than that is made of several micro-batches, whose gradients are
 * summed: the same step, in less memory. Where rows of a batch influence each other (batch normalization) a batch stays whole,
 * and the groups of set losses stay whole inside a micro-batch, so that it has room for the largest.
 */
import { TributaryError } from "../errors.ts";
import type { Experiment } from "./schema.ts";

/** Rows per micro-batch of a full or large batch: enough for the matrix kernels, little padding for small clients. */
export const microBatch = 128;

export interface Batching {
  /** Rows of the program that trains. */
  readonly size: number;
  /** Rows of the programs that evaluate and predict. */
  readonly evaluation: number;
  /** Micro-batches that make one step for a client of so many rows. */
  readonly perStep: (rows: number) => number;
}

export interface Wholes {
  /** Whether a batch must be taken at once. */
  readonly whole: boolean;
  /** The rows of the largest group of a set loss among training rows; 0 where there is none. */
  readonly largestGroup: number;
  /** The same among all rows. */
  readonly largestEvaluated: number;
}

/** Throws "invalid-experiment" when a batch is too large to be taken at once, or too small for a group. */
export function batchingOf({ federation }: Experiment, { whole, largestGroup, largestEvaluated }: Wholes): Batching {
  const wanted = federation.mode === "update" ? federation.local.batchSize : "full";
  const asked = federation.mode === "update" ? federation.local.batchSize : federation.batch;
  const key = federation.mode === "update" ? "federation.local.batchSize" : "federation.batch";
  if (asked !== "full" && asked < largestGroup) {
    throw new TributaryError(
      "invalid-experiment",
      `${key} is ${asked}, but the largest group has ${largestGroup} rows, and a group is never cut: raise it to at least ${largestGroup}`,
    );
  }
  const evaluation = Math.max(microBatch, largestEvaluated);
  const usual = Math.max(microBatch, largestGroup);
  if (federation.clip.perExample !== undefined) {
    const mixed = whole || largestGroup > 0;
    if (!mixed) return { size: 1, evaluation, perStep: (rows) => (wanted === "full" ? Math.max(1, rows) : wanted) };
    throw new TributaryError(
      "invalid-experiment",
      "federation.clip.perExample: batch normalization, losses over groups and client-local multipliers mix the rows of a batch: no row has a gradient of its own",
    );
  }
  if (whole) {
    if (federation.mode === "update" && wanted !== "full") return { size: wanted, evaluation, perStep: () => 1 };
    throw new TributaryError(
      "invalid-experiment",
      "Batch normalization needs update mode with a number for federation.local.batchSize: its statistics are those of one batch",
    );
  }
  if (wanted === "full") return { size: usual, evaluation, perStep: (rows) => Math.max(1, Math.ceil(rows / usual)) };
  const parts = Math.ceil(wanted / usual);
  return { size: Math.max(Math.ceil(wanted / parts), largestGroup), evaluation, perStep: () => parts };
}
