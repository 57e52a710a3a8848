/** A loss on a batch, run: the five sums, the units, and the gradient of the numerator. */
import { input } from "../../shared/graph/build.ts";
import { gradient } from "../../shared/graph/gradient.ts";
import type { DType } from "../../shared/graph/graph.ts";
import { defineProgram, type Program } from "../../shared/graph/program.ts";
import type { Engine } from "../../shared/kernels/engine-interface.ts";
import { createReferenceEngine } from "../../shared/kernels/reference.ts";
import type { BoundLoss } from "../../shared/losses/loss.ts";
import { objectiveOutputs } from "../../shared/objectives/objective.ts";

export interface Given {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
export type Batch = Readonly<Record<string, Given>>;

export interface Result {
  readonly numerator: number;
  readonly denominator: number;
  readonly count: number;
  readonly ignored: number;
  readonly nonFinite: number;
  readonly units: number[];
  readonly gradient: number[];
}

/** The program of a loss whose inputs are given directly, `prediction` first among them, and `weight` [batch]. */
export function lossProgram(loss: BoundLoss, batch: Batch): Program {
  const rows = batch["prediction"]!.shape[0]!;
  const nodes = Object.fromEntries(
    Object.entries(batch).map(([name, { shape, dtype }]) => [name, input(name, shape, dtype)]),
  );
  const weight = input("weight", [rows]);
  const outputs = objectiveOutputs(loss, nodes, weight);
  return defineProgram({
    inputs: [
      ...Object.entries(batch).map(([name, { shape, dtype }]) => ({ name, role: "batch", shape, dtype }) as const),
      { name: "weight", role: "batch", shape: [rows], dtype: "real" },
    ],
    outputs: {
      ...outputs,
      units: loss.units(nodes, weight).value,
      gradient: gradient(outputs.numerator, [nodes["prediction"]!])[0]!,
    },
  });
}

/** Runs a loss on a batch; weights are 1 unless given. */
export function runLoss(
  loss: BoundLoss,
  batch: Batch,
  weights?: readonly number[],
  engineOf: (program: Program) => Engine = createReferenceEngine,
): Result {
  const engine = engineOf(lossProgram(loss, batch));
  for (const [name, { data }] of Object.entries(batch)) engine.input(name).set(data);
  engine.input("weight").set(weights ?? new Array<number>(batch["prediction"]!.shape[0]!).fill(1));
  engine.run();
  const scalar = (name: string): number => engine.output(name)[0]!;
  return {
    numerator: scalar("numerator"),
    denominator: scalar("denominator"),
    count: scalar("count"),
    ignored: scalar("ignored"),
    nonFinite: scalar("nonFinite"),
    units: [...engine.output("units")],
    gradient: [...engine.output("gradient")],
  };
}

/** The given rows of a batch, in the given order. */
export function rowsOf(batch: Batch, rows: readonly number[]): Batch {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { dtype, shape, data }]) => {
      const size = shape.slice(1).reduce((a, b) => a * b, 1);
      const picked = rows.flatMap((row) => data.slice(row * size, (row + 1) * size));
      return [name, { dtype, shape: [rows.length, ...shape.slice(1)], data: picked }];
    }),
  );
}
