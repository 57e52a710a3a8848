/** A loss on a batch, run; and batches cut, joined and poisoned row by row. */
import type { Program } from "../../shared/graph/program.ts";
import type { Engine } from "../../shared/kernels/engine-interface.ts";
import { createReferenceEngine } from "../../shared/kernels/reference.ts";
import type { Drawn, InputValues } from "../../shared/losses/inputs.ts";
import type { BoundLoss } from "../../shared/losses/loss.ts";
import { tryLoss, type Trial } from "../../shared/objectives/trial.ts";

export type Batch = Drawn;

/** Runs a loss on a batch; weights are 1 unless given. */
export const runLoss = (
  loss: BoundLoss,
  batch: Batch,
  weights?: readonly number[],
  engineOf: (program: Program) => Engine = createReferenceEngine,
): Trial => tryLoss(loss, batch, weights, engineOf);

export const rowCount = (batch: Batch): number => Object.values(batch)[0]!.shape[0]!;

const widthOf = ({ shape }: InputValues): number => shape.slice(1).reduce((a, b) => a * b, 1);

/** The given rows of one input, in the given order. */
export function rowsIn(values: InputValues, rows: readonly number[]): InputValues {
  const width = widthOf(values);
  const data = rows.flatMap((row) => values.data.slice(row * width, (row + 1) * width));
  return { ...values, shape: [rows.length, ...values.shape.slice(1)], data };
}

/** The given rows of a batch, in the given order. */
export const rowsOf = (batch: Batch, rows: readonly number[]): Batch =>
  Object.fromEntries(Object.entries(batch).map(([name, values]) => [name, rowsIn(values, rows)]));

/** The batch with every real number of some rows replaced, and every index by −7; groups stay. */
export const poisoned = (batch: Batch, where: readonly number[], value: number): Batch =>
  Object.fromEntries(
    Object.entries(batch).map(([name, values]) => {
      const width = widthOf(values);
      const bad = values.dtype === "index" ? -7 : value;
      const data = values.data.map((x, i) => (where.includes(Math.floor(i / width)) ? bad : x));
      return [name, { ...values, data }];
    }),
  );
