/**
 * How many rows a program takes at once. A step on more rows than that is made of several micro-batches, whose gradients are
 * summed: the same step, in less memory. Where rows of a batch influence each other (batch normalization) a batch stays whole.
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

export function batchingOf({ federation }: Experiment, mixesRows: boolean): Batching {
  const wanted = federation.mode === "update" ? federation.local.batchSize : "full";
  const evaluation = microBatch;
  if (federation.clip.perExample !== undefined) {
    if (!mixesRows) return { size: 1, evaluation, perStep: (rows) => (wanted === "full" ? Math.max(1, rows) : wanted) };
    throw new TributaryError(
      "invalid-experiment",
      "federation.clip.perExample: batch normalization mixes the rows of a batch: no row has a gradient of its own",
    );
  }
  if (mixesRows) {
    if (federation.mode === "update" && wanted !== "full") return { size: wanted, evaluation, perStep: () => 1 };
    throw new TributaryError(
      "invalid-experiment",
      "Batch normalization needs update mode with a number for federation.local.batchSize: its statistics are those of one batch",
    );
  }
  if (wanted === "full")
    return { size: microBatch, evaluation, perStep: (rows) => Math.max(1, Math.ceil(rows / microBatch)) };
  const parts = Math.ceil(wanted / microBatch);
  return { size: Math.ceil(wanted / parts), evaluation, perStep: () => parts };
}
