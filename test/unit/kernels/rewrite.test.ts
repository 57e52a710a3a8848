/** A loss of elements with weights of rows, its gradient and its sums: one pass over its inputs, whatever they add up to. */
import { describe, expect, test } from "vitest";
import { input } from "../../../shared/graph/build.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import type { Program, ProgramInput } from "../../../shared/graph/program.ts";
import { createEngine, planFor } from "../../../shared/kernels/engine.ts";
import type { Engine } from "../../../shared/kernels/engine-interface.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { createReferenceEngine } from "../../../shared/kernels/reference.ts";
import type { UnitLoss } from "../../../shared/losses/loss.ts";
import { nll } from "../../../shared/losses/classification/probabilities.ts";
import { softmaxCrossEntropy } from "../../../shared/losses/classification/softmax-cross-entropy.ts";
import { huber } from "../../../shared/losses/regression/robust.ts";
import { mse } from "../../../shared/losses/regression/regression.ts";
import { objectiveOutputs } from "../../../shared/objectives/objective.ts";
import { furthest } from "../../support/furthest.ts";

const losses = {
  mse: mse.bind({}),
  huber: huber.bind({ delta: 0.3 }),
  nll: nll.bind({}),
  "softmax-cross-entropy": softmaxCrossEntropy.bind({}),
} as const;
type Name = keyof typeof losses;

function programOf(name: Name, rows: number, columns: number): Program {
  const target =
    name === "nll" || name === "softmax-cross-entropy"
      ? { shape: [rows], dtype: "index" as const }
      : { shape: [rows, columns], dtype: "real" as const };
  const inputs: ProgramInput[] = [
    { name: "prediction", role: "batch", shape: [rows, columns], dtype: "real" },
    { name: "target", role: "batch", ...target },
    { name: "weight", role: "batch", shape: [rows], dtype: "real" },
  ];
  const nodes = Object.fromEntries(inputs.map(({ name: key, shape, dtype }) => [key, input(key, shape, dtype)]));
  const sums = objectiveOutputs(losses[name] as UnitLoss, nodes, nodes["weight"]!);
  const [slope] = gradient(sums.numerator, [nodes["prediction"]!]);
  return defineProgram({ inputs, outputs: { ...sums, slope: slope! } });
}

/** Every third row is absent, and what it holds is no number. */
function run(engine: Engine, rows: number, columns: number): Record<string, number[]> {
  const absent = (row: number): boolean => row % 3 === 1;
  const draw = (i: number): number => Math.fround(((i * 7919) % 1009) / 1009 - 1.5);
  engine.input("prediction").forEach((_, i, all) => (all[i] = absent(Math.floor(i / columns)) ? NaN : draw(i)));
  const target = engine.input("target");
  target.forEach((_, i, all) => (all[i] = all.length === rows ? i % columns : draw(i + 5)));
  engine.input("weight").forEach((_, i, all) => (all[i] = absent(i) ? 0 : 1 + (i % 4)));
  engine.run();
  return Object.fromEntries(Object.keys(engine.program.outputs).map((name) => [name, [...engine.output(name)]]));
}

describe.each(Object.keys(losses) as Name[])("%s", (name) => {
  test.each([
    [1, 1],
    [171, 3],
    [1024, 1],
    [1025, 7],
    [64, 129],
  ])("of %i × %i gives the same bits in one pass and step by step, and the sums of the reference", (rows, columns) => {
    const program = programOf(name, rows, columns);
    const expected = run(createReferenceEngine(program), rows, columns);
    for (const precision of ["float32", "float64"] as const) {
      const heap = Heap.create();
      const [together, apart] = [true, false].map((fusion) =>
        run(createEngine(program, { precision, heap, fusion }), rows, columns),
      );
      expect(together).toEqual(apart);
      for (const [output, values] of Object.entries(expected)) {
        const near = precision === "float64" ? 1e-12 : 1e-5;
        expect(furthest(together![output]!, values), `${output} in ${precision}`).toBeLessThan(near);
      }
    }
  });

  test("writes nothing down between its inputs and its slopes but numbers of rows", () => {
    const [rows, columns] = [512, 256];
    const { bytes } = planFor(programOf(name, rows, columns), {
      precision: "float32",
      heap: Heap.create(),
      freshInputs: true,
    });
    expect(bytes.activations).toBeLessThan(8 * rows * 4);
  });
});
