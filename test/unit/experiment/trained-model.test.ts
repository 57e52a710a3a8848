import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { parseOverride } from "../../../shared/experiment/override.ts";
import { encodeModelFile } from "../../../shared/experiment/model-file.ts";
import { createTrainedModel, loadModel, type TrainedModel } from "../../../shared/experiment/trained-model.ts";
import { smallExperiment } from "../../support/experiments.ts";

const overridden = (...overrides: string[]) =>
  decodeExperiment("small.yaml", smallExperiment, {
    overrides: ["precision=float64", ...overrides].map((text) => parseOverride(text)!),
  });

/** The small experiment's model with weights for [x1, x2, colour=red, colour=green] → outputs. */
function modelWith(weight: readonly number[], bias: readonly number[], ...overrides: string[]): Promise<TrainedModel> {
  const experiment = overridden(...overrides);
  const standardization =
    experiment.data.standardize.scope === "global"
      ? {
          columns: ["x1", "x2", "colour=red", "colour=green"],
          fill: [0, 0, 0, 0],
          center: [1, 0, 0, 0],
          scale: [2, 1, 1, 1],
        }
      : undefined;
  const outputs = bias.length;
  return createTrainedModel({
    experiment,
    tensors: new Map([
      ["heads/goal/weight", { shape: [4, outputs], data: Float64Array.from(weight) }],
      ["heads/goal/bias", { shape: [outputs], data: Float64Array.from(bias) }],
    ]),
    preprocessing: { schema: experiment.data, standardization },
  });
}
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe("predict", () => {
  test("answers a yes-or-no question with its probability, the categories encoded inside", async () => {
    const model = await modelWith([1, 2, 0.5, -0.5], [0.25]);
    const [first, second] = model.predict([
      { x1: 1, x2: -1, colour: "red" },
      { x1: 0, x2: 1, colour: "green" },
    ]);
    expect(first!["goal"]).toMatchObject({ value: 0, probability: expect.closeTo(1 - sigmoid(-0.25), 12) as number });
    expect(second!["goal"]).toMatchObject({ value: 1, probability: expect.closeTo(sigmoid(1.75), 12) as number });
  });

  test("standardizes with the numbers of training", async () => {
    const model = await modelWith([1, 0, 0, 0], [0], "data.standardize=global");
    expect(model.predict([{ x1: 5, x2: 0, colour: "red" }])[0]!["goal"]!.probability).toBeCloseTo(sigmoid(2), 12);
  });

  test("takes the rows for a client's own where every client was standardized by itself", async () => {
    const model = await modelWith([1, 0, 0, 0], [0], "data.standardize=per-client");
    const row = (x1: number) => ({ x1, x2: x1, colour: "red" });
    const answers = model.predict([row(0), row(2)]); // mean 1, deviation 1
    expect(answers.map((answer) => answer!["goal"]!.probabilities![1])).toEqual([
      expect.closeTo(sigmoid(-1), 12),
      expect.closeTo(sigmoid(1), 12),
    ]);
    expect(() => model.predict([row(1)])).toThrow("at least 2");
  });

  test("answers with the class as the experiment writes it, and all probabilities", async () => {
    const overrides = [
      "data.targets.goal={ column: y, classes: [a, b, c] }",
      "model.heads.goal=3",
      "objectives.goal.loss=softmax-cross-entropy",
    ];
    const model = await modelWith([1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0], ...overrides);
    const { value, probability, probabilities } = model.predict([{ x1: 1, x2: 0, colour: "red" }])[0]!["goal"]!;
    const total = Math.exp(1) + 1 + Math.exp(2);
    expect(value).toBe("c");
    expect(probability).toBeCloseTo(Math.exp(2) / total, 12);
    expect(probabilities!["b"]).toBeCloseTo(1 / total, 12);
  });

  test("undoes the transform of a number", async () => {
    const overrides = [
      "data.targets.goal={ column: y, transform: log1p }",
      "data.split={ test: 0.2 }",
      "objectives.goal.loss=mse",
      "evaluation.metrics={}",
    ];
    const model = await modelWith([1, 0, 0, 0], [0], ...overrides);
    expect(model.predict([{ x1: 3, x2: 0, colour: "red" }])[0]!["goal"]).toEqual({
      value: expect.closeTo(Math.expm1(3), 10) as number,
    });
  });

  test("counts the levels that are passed", async () => {
    const overrides = [
      "data.targets.goal={ column: y, levels: [low, middle, high] }",
      "model.heads.goal=2",
      "objectives.goal.loss=ordinal-coral",
    ];
    const model = await modelWith([1, 1, 0, 0, 0, 0, 0, 0], [0, -2], ...overrides.concat("evaluation.metrics={}"));
    const levels = model
      .predict([-1, 1, 3].map((x1) => ({ x1, x2: 0, colour: "red" })))
      .map((answer) => answer!["goal"]!.value);
    expect(levels).toEqual(["low", "middle", "high"]);
  });

  test("keeps the order of many rows, and leaves out those the missing policy leaves out", async () => {
    const model = await modelWith([1, 0, 0, 0], [0], "data.missing={ features: drop-row }");
    const rows = Array.from({ length: 300 }, (_, i) => ({ x1: i === 7 ? null : i / 100, x2: 0, colour: "red" }));
    const answers = model.predict(rows);
    expect(answers).toHaveLength(300);
    expect(answers[7]).toBeUndefined();
    expect(answers[299]!["goal"]!.probability).toBeCloseTo(sigmoid(2.99), 12);
  });

  test("refuses rows that training would refuse, naming row and column", async () => {
    const model = await modelWith([1, 0, 0, 0], [0]);
    expect(() => model.predict([{ x1: "one", x2: 0, colour: "red" }])).toThrow(
      'rows row 1, column "x1": expected a number, got "one"',
    );
  });
});

describe("loadModel", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tributary-model-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test("opens a run directory", async () => {
    const experiment = overridden();
    const tensors = new Map([
      ["heads/goal/weight", { shape: [4, 1], data: new Float64Array(4) }],
      ["heads/goal/bias", { shape: [1], data: new Float64Array(1) }],
    ]);
    writeFileSync(
      join(folder, "model.safetensors"),
      encodeModelFile({ experiment, tensors, preprocessing: { schema: experiment.data } }),
    );
    const model = await loadModel(folder);
    expect(model.predict([{ x1: 1, x2: 1, colour: "red" }])[0]!["goal"]!.probability).toBe(0.5);
  });

  test("says what is missing: the file, or a parameter in it", async () => {
    await expect(loadModel(join(folder, "nowhere"))).rejects.toThrow("No trained model at");
    await expect(
      createTrainedModel({
        experiment: overridden(),
        tensors: new Map(),
        preprocessing: { schema: overridden().data },
      }),
    ).rejects.toThrow('Expected a parameter "heads/goal/weight"');
  });
});
