import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { weightColumn } from "../../../shared/data/targets.ts";
import { compileExperiment, type CompiledExperiment } from "../../../shared/experiment/compile.ts";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { Random } from "../../../shared/random.ts";
import type { Experiment } from "../../../shared/experiment/schema.ts";
import { smallExperiment } from "../../support/experiments.ts";
import { runProgram, type Inputs } from "../../support/run-program.ts";

const random = Random.seeded(1);
const house = resolve(import.meta.dirname, "../../..");
const read = (file: string): Experiment => {
  const path = resolve(house, file);
  return decodeExperiment(path, readFileSync(path, "utf8"), { folder: resolve(path, "..") });
};
const compiled = (file: string): CompiledExperiment => compileExperiment(read(file), random);
const decoded = (text: string): Experiment => decodeExperiment("test.yaml", text);

const twoGoals = `tributary: 1
name: two-goals
data:
  features: { numeric: [x] }
  targets: { a: { column: a }, b: { column: b } }
model: { heads: { a: { outputs: 1, bias: false }, b: { outputs: 1, bias: false } }, initial: { kind: zeros } }
objectives:
  a: { head: a, target: a, loss: { kind: mse, half: true }, weight: 1 }
  b: { head: b, target: b, loss: { kind: mse, half: true }, weight: 1 }
federation: { mode: gradient, rounds: 1, serverOptimizer: { kind: sgd, learningRate: 1 } }
`;

describe("parameters", () => {
  test.each([
    ["examples/mnist-2nn.yaml", 199_210],
    ["examples/mnist-cnn.yaml", 1_663_370],
  ])("%s has %i", (file, count) => {
    const { layout, initial } = compiled(file);
    expect([layout.size, initial.length]).toEqual([count, count]);
  });

  test("are named by where they stand", () => {
    const names = compiled("examples/heart-two-goals.yaml").parameters.map(({ name }) => name);
    expect(names).toEqual([
      "trunk/0/weight",
      "trunk/0/bias",
      "heads/disease/weight",
      "heads/disease/bias",
      "heads/severity/weight",
      "heads/severity/bias",
    ]);
  });

  test("are the same in all three programs", () => {
    const { programs } = compiled("examples/heart-two-goals.yaml");
    const [train, evaluate, predict] = Object.values(programs).map(({ inputs }) =>
      inputs.filter(({ role }) => role === "parameter"),
    );
    expect(evaluate).toEqual(train);
    expect(predict).toEqual(train);
  });
});

describe("programs", () => {
  test("are the same, hash and all, whoever compiles them", () => {
    const [first, second] = [compiled("examples/heart-two-goals.yaml"), compiled("examples/heart-two-goals.yaml")];
    expect(first.programs).toEqual(second.programs);
    expect(first.initial).toEqual(second.initial);
  });

  test("read each objective's weights from its target's column", () => {
    const { goals } = compileExperiment(
      decoded(
        smallExperiment
          .replace("  goal: { head: goal,", "  aim: { head: goal,")
          .replace("metrics: { goal:", "metrics: { aim:"),
      ),
      random,
    );
    expect(weightColumn(goals[0]!.targets)).toBe("weight/goal");
  });

  test("name what they compute", () => {
    const { programs } = compiled("examples/heart-two-goals.yaml");
    expect(Object.keys(programs.predict.outputs)).toEqual(["prediction/disease", "prediction/severity"]);
    expect(Object.keys(programs.evaluate.outputs)).toContain("metric/severity/mean-absolute-level-error/total");
    expect(programs.train.inputs.filter(({ role }) => role === "constant").map(({ name }) => name)).toEqual([
      "scale/disease",
      "scale/severity",
      "scale/penalty",
    ]);
  });
});

test("a hinge sees the signs −1 and 1 of a yes or no", () => {
  const { programs } = compileExperiment(decoded(smallExperiment.replace("bce-with-logits", "hinge")), random);
  const weights = [1, 1, ...new Array<number>(126).fill(0)];
  const targets = [0, 1, ...new Array<number>(126).fill(0)];
  const { "gradient/heads/goal/bias": slope, "objective/goal/numerator": numerator } = runProgram(programs.train, {
    "weight/goal": weights,
    "target/goal": targets,
    "scale/goal": [1],
  });
  expect([numerator, slope]).toEqual([[2], [0]]); // 1 each at the score 0, with slopes 1 and −1
});

describe("rows without weight", () => {
  const { programs, layout } = compiled("examples/heart-two-goals.yaml");
  const rows = programs.train.inputs.find(({ name }) => name === "feature/table")!.shape;
  const parameters = Object.fromEntries(
    layout.places.map(({ name, size }, p) => [
      name,
      Float64Array.from({ length: size }, (_, i) => ((i * 7 + p) % 11) / 11 - 0.4),
    ]),
  );
  const batch = (padding: number): Inputs => ({
    ...parameters,
    "feature/table": Float64Array.from({ length: rows[0]! * rows[1]! }, (_, i) =>
      i < 5 * rows[1]! ? (i % 13) / 13 : padding,
    ),
    "target/disease": Float64Array.from({ length: rows[0]! }, (_, i) => (i < 5 ? i % 2 : padding)),
    "target/severity": Int32Array.from({ length: rows[0]! }, (_, i) => (i < 5 ? i % 5 : -3)),
    "weight/disease": Float64Array.from({ length: rows[0]! }, (_, i) => (i < 5 ? 1 : 0)),
    "weight/severity": Float64Array.from({ length: rows[0]! }, (_, i) => (i < 3 ? 2 : 0)),
    "scale/disease": [0.2],
    "scale/severity": [0.1],
    "scale/penalty": [1],
  });
  const plain = runProgram(programs.train, batch(0));

  test.each([Infinity, NaN])("change nothing with features and targets of %d", (padding) => {
    expect(runProgram(programs.train, batch(padding))).toEqual(plain);
    expect(plain["objective/severity/denominator"]).toEqual([6]);
    expect(plain["gradient/trunk/0/weight"]!.every(Number.isFinite)).toBe(true);
  });
});

describe("two objectives whose denominators differ from client to client", () => {
  // den [[90, 10], [10, 90]], mean gradients [[1, 3], [−2, 5]]: ½(p − y)² on x = 1, p = 0 has the slope −y.
  const denominators = [
    [90, 10],
    [10, 90],
  ];
  const slopes = [
    [1, 3],
    [-2, 5],
  ];
  const clientRows = (client: number, size: number): Inputs => ({
    "feature/table": new Float64Array(size).fill(1),
    "target/a": new Float64Array(size).fill(-slopes[0]![client]!),
    "target/b": new Float64Array(size).fill(-slopes[1]![client]!),
    "weight/a": Float64Array.from({ length: size }, (_, i) => (i < denominators[0]![client]! ? 1 : 0)),
    "weight/b": Float64Array.from({ length: size }, (_, i) => (i < denominators[1]![client]! ? 1 : 0)),
  });
  const totals = [100, 100];

  test("gradient mode adds 1.2 and 4.3: 5.5", () => {
    const { programs, batching } = compileExperiment(decoded(twoGoals), random);
    const reports = [0, 1].map((client) => runProgram(programs.train, clientRows(client, batching.size)));
    const mean = (goal: "a" | "b"): number =>
      reports.reduce((sum, report) => sum + report[`objective/${goal}/gradient/heads/${goal}/weight`]![0]!, 0) /
      reports.reduce((sum, report) => sum + report[`objective/${goal}/denominator`]![0]!, 0);
    expect(mean("a") + mean("b")).toBeCloseTo(5.5, 12);
  });

  test("one epoch on one full batch in update mode is the same step", () => {
    const update = twoGoals.replace(
      /federation:.*/,
      "federation: { mode: update, rounds: 1, local: { optimizer: { kind: sgd, learningRate: 1 }, epochs: 1 } }",
    );
    const { programs, batching } = compileExperiment(decoded(update), random);
    // aₖ = Σᵢ wᵢ·denᵢₖ/Dᵢ, pₖ = aₖ/Σa, scaleᵢ = wᵢ/(Dᵢ·pₖ); one step of rate 1 is Δₖ = −gradient.
    const weights = [0, 1].map((k) => denominators[0]![k]! / totals[0]! + denominators[1]![k]! / totals[1]!);
    const all = weights[0]! + weights[1]!;
    const step = (k: number, scales: readonly [number, number]): number => {
      const inputs = { ...clientRows(k, batching.size), "scale/a": [scales[0]], "scale/b": [scales[1]] };
      const { "gradient/heads/a/weight": a, "gradient/heads/b/weight": b } = runProgram(programs.train, inputs);
      return a![0]! + b![0]!;
    };
    const mean = (scales: (k: number) => readonly [number, number]): number =>
      [0, 1].reduce((sum, k) => sum + weights[k]! * step(k, scales(k)), 0) / all;
    const exact = (k: number) => [all / (totals[0]! * weights[k]!), all / (totals[1]! * weights[k]!)] as const;
    expect(mean(exact)).toBeCloseTo(5.5, 12);
    const ownMeans = (k: number) => [1 / denominators[0]![k]!, 1 / denominators[1]![k]!] as const;
    expect(mean(ownMeans)).toBeCloseTo(3.5, 12); // what averaging each client's own means gives
  });
});

describe("batches", () => {
  const sized = (batchSize: string): CompiledExperiment =>
    compileExperiment(decoded(smallExperiment.replace("epochs: 1 }", `epochs: 1, batchSize: ${batchSize} }`)), random);

  test("a small one is one program's", () => {
    const { batching } = sized("16");
    expect([batching.size, batching.perStep(1000)]).toEqual([16, 1]);
  });
  test("a large one is several micro-batches with little padding", () => {
    const { batching } = sized("300");
    expect([batching.size, batching.perStep(1000)]).toEqual([100, 3]);
  });
  test("a full one has as many as the client's rows need", () => {
    const { batching } = sized("full");
    expect([1, 128, 129].map(batching.perStep)).toEqual([1, 1, 2]);
  });
});
