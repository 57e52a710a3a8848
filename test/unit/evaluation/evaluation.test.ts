import { describe, expect, test } from "vitest";
import { createDataset, selectRows, type Column } from "../../../shared/data/dataset.ts";
import { predictRows, sumOverRows } from "../../../shared/evaluation/rows.ts";
import { scoresOf } from "../../../shared/evaluation/evaluation.ts";
import { compileExperiment } from "../../../shared/experiment/compile.ts";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import type { Engine } from "../../../shared/kernels/engine-interface.ts";
import { createReferenceEngine } from "../../../shared/kernels/reference.ts";
import type { Program } from "../../../shared/graph/program.ts";
import { Random } from "../../../shared/random.ts";
import { distance } from "../../support/finite-differences.ts";

const experiment = decodeExperiment(
  "two-goals.yaml",
  `tributary: 1
name: two-goals
data:
  features: { numeric: [a, b, c] }
  targets: { sick: { column: s, above: 0 }, level: { column: l, levels: [0, 1, 2] } }
  missing: { targets: ignore }
model: { trunk: { kind: mlp, units: [4], activation: tanh }, heads: { sick: 1, level: 2 } }
objectives:
  sick: { head: sick, target: sick, loss: bce-with-logits }
  level: { head: level, target: level, loss: ordinal-coral }
federation: { mode: gradient, rounds: 1, serverOptimizer: { kind: sgd, learningRate: 1 } }
evaluation: { metrics: { sick: [accuracy, auc], level: [mean-absolute-level-error] } }
`,
);
const { programs, goals, layout, initial } = compileExperiment(experiment, Random.seeded(5));
const columnOf = (input: string): string => input; // each objective has the name of its target

const rows = 300; // more than two batches
const random = Random.seeded(6);
const column = (name: string, rowShape: readonly number[], data: Column["data"]): Column => {
  const dtype = data instanceof Int32Array ? "int32" : data instanceof Uint8Array ? "uint8" : "float64";
  return { name, dtype, rowShape, data };
};
const data = createDataset(rows, [
  {
    ...column(
      "feature/table",
      [3],
      Uint8Array.from({ length: rows * 3 }, () => random.integer(256)),
    ),
    scale: 1 / 64,
    shift: -2,
  },
  column(
    "target/sick",
    [],
    Float64Array.from({ length: rows }, () => random.integer(2)),
  ),
  column(
    "weight/sick",
    [],
    Float64Array.from({ length: rows }, () => random.integer(3)),
  ),
  column(
    "target/level",
    [],
    Int32Array.from({ length: rows }, () => random.integer(3)),
  ),
  column(
    "weight/level",
    [],
    Float64Array.from({ length: rows }, () => random.integer(2)),
  ),
]);

function engineOf(program: Program): Engine {
  const engine = createReferenceEngine(program);
  for (const { name, offset, size } of layout.places) engine.input(name).set(initial.subarray(offset, offset + size));
  return engine;
}
const evaluate = engineOf(programs.evaluate);
const whole = sumOverRows(evaluate, data, columnOf);

describe("scores", () => {
  test("of all rows are those of any shards added", () => {
    const shards = [0, 1, 2].map((k) =>
      selectRows(
        data,
        [...Array(rows).keys()].filter((row) => row % 3 === k),
      ),
    );
    const parts = [...shards, selectRows(data, [])].map((shard) => sumOverRows(evaluate, shard, columnOf));
    const added = Object.fromEntries(
      Object.entries(whole).map(([name, sum]) => [
        name,
        sum.map((_, i) => parts.reduce((total, part) => total + part[name]![i]!, 0)),
      ]),
    );
    const [one, many] = [scoresOf(goals, whole), scoresOf(goals, added)];
    expect(many["sick"]!.metrics).toEqual(one["sick"]!.metrics);
    expect(many["level"]!.metrics).toEqual(one["level"]!.metrics);
    expect(many["sick"]!.loss).toBeCloseTo(one["sick"]!.loss!, 12);
    expect(many["level"]!.examples).toBe(data.columns.get("weight/level")!.data.filter((weight) => weight > 0).length);
  });

  test("are those that predictions give", () => {
    const predictions = predictRows(engineOf(programs.predict), data);
    const [logits, target] = [predictions["sick"]!, data.columns.get("target/sick")!.data];
    const weights = data.columns.get("weight/sick")!.data;
    let [right, all] = [0, 0];
    for (let row = 0; row < rows; row++) {
      all += weights[row]!;
      if ((logits[row]! > 0 ? 1 : 0) === target[row]) right += weights[row]!;
    }
    expect(scoresOf(goals, whole)["sick"]!.metrics["accuracy"]).toBe(right / all);
    expect(predictions["level"]).toHaveLength(rows * 2);
  });

  test("of no rows are null, not NaN", () => {
    const none = scoresOf(goals, sumOverRows(evaluate, selectRows(data, []), columnOf));
    expect(none["sick"]).toEqual({ loss: null, examples: 0, metrics: { accuracy: null, auc: null }, details: {} });
  });
});

test.each([1, 2, 3, 7])("gradients of both objectives over %i shards are those of one machine", (count) => {
  const train = engineOf(programs.train);
  const all = sumOverRows(train, data, columnOf);
  const parts = Array.from({ length: count + 1 }, (_, k) =>
    sumOverRows(
      train,
      selectRows(
        data,
        [...Array(rows).keys()].filter((row) => k < count && row % count === k),
      ),
      columnOf,
    ),
  );
  for (const [name, sum] of Object.entries(all)) {
    const added = sum.map((_, i) => parts.reduce((total, part) => total + part[name]![i]!, 0));
    expect(distance(added, sum), name).toBeLessThan(1e-12 * rows);
  }
});
