import { describe, expect, test } from "vitest";
import { z } from "zod";
import { add, input, randomUniform, sumAll } from "../../../shared/graph/build.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import { initialValues, valuesFrom, type InitialRule } from "../../../shared/models/initial.ts";
import { dense, dropout } from "../../../shared/models/layers.ts";
import { defineModel, type FeatureShapes, type Place } from "../../../shared/models/model.ts";
import { countParameters, trace } from "../../../shared/models/trace.ts";
import { networks } from "../../../shared/models/networks.ts";
import { Random } from "../../../shared/random.ts";
import { layoutOf } from "../../../shared/tensor/parameters.ts";
import { runProgram } from "../../support/run-program.ts";

const table = { table: { shape: [5], dtype: "real" } } as const satisfies FeatureShapes;
const image = { image: { shape: [28, 28, 1], dtype: "real" } } as const satisfies FeatureShapes;
const ten = { digit: { outputs: 10, bias: true } };
const traced = (model: ReturnType<typeof networks.mlp.bind>, features: FeatureShapes, heads = ten, training = true) =>
  trace({ model, heads, features, batch: 2, training });

describe("networks", () => {
  test.each([
    ["linear", networks.linear.bind(), table, 60],
    ["2NN", networks.mlp.bind({ units: [200, 200] }), image, 199_210],
    [
      "McMahan's CNN",
      networks.cnn.bind({
        convolutions: [
          { filters: 32, kernel: 5, pool: 2 },
          { filters: 64, kernel: 5, pool: 2 },
        ],
        units: [512],
      }),
      image,
      1_663_370,
    ],
    // stem 9·8, blocks 2·9·8·8 and 9·8·16 + 9·16·16 + 8·16, γ and β 2·(8·3 + 16·3), head 170
    ["a residual CNN", networks["residual-cnn"].bind({ filters: [8, 16] }), image, 72 + 1152 + 3584 + 144 + 170],
    [
      "embeddings",
      networks.embedding.bind({ tables: { word: 4 } }),
      { ...table, word: { shape: [], dtype: "index", size: 7 } },
      28 + 90 + 10,
    ],
  ] as const)("%s has the parameters its shapes say", (_, model, features, count) => {
    expect(countParameters(traced(model, features).parameters)).toBe(count);
  });

  test("batch normalization says that it mixes rows, and keeps its statistics behind the shared parameters", () => {
    const { mixesRows, parameters, moved } = traced(
      networks["residual-cnn"].bind({ filters: [8], normalization: "batch" }),
      image,
    );
    expect(mixesRows).toBe(true);
    expect(Object.keys(moved)).toContain("trunk/0/mean");
    const scopes = parameters.map(({ scope }) => scope);
    expect(scopes.indexOf("buffer")).toBe(scopes.lastIndexOf("shared") + 1);
  });

  test("index features need the model that looks them up", () => {
    const features: FeatureShapes = { word: { shape: [], dtype: "index", size: 7 } };
    expect(() => traced(networks.linear.bind(), features)).toThrow("index features need the model embedding");
  });

  test("options that do not fit are refused by name", () => {
    expect(() => networks.mlp.bind({ units: [], dropout: 1 })).toThrow(/mlp\.units.*; mlp\.dropout/);
  });
});

describe("a model of one's own", () => {
  const shifted = defineModel({
    name: "shifted",
    options: z.strictObject({ by: z.number().default(1) }),
    build: (place, { by }, heads) => ({
      digit: add(dense(place.at("body"), place.feature("table"), heads["digit"]!.outputs), by),
    }),
  });
  test("asks for its parameters by name", () => {
    const names = traced(shifted.bind({}), table).parameters.map(({ name }) => name);
    expect(names).toEqual(["body/weight", "body/bias"]);
  });
  test("must answer every head with its outputs", () => {
    const wrong = defineModel({
      name: "wrong",
      options: z.strictObject({}),
      build: (place) => ({ digit: place.feature("table") }),
    });
    expect(() => traced(wrong.bind(), table)).toThrow('Expected predictions [2, 10] of the head "digit", got [2, 5]');
  });
  test("is told which features there are", () => {
    const lost = defineModel({
      name: "lost",
      options: z.strictObject({}),
      build: (place) => ({ digit: place.feature("tabel") }),
    });
    expect(() => traced(lost.bind(), table)).toThrow('Unknown feature "tabel": expected one of table');
  });
  test("may share a parameter, but not under two shapes", () => {
    const twice = defineModel({
      name: "twice",
      options: z.strictObject({}),
      build: (place) => {
        const x = place.feature("table");
        return { digit: add(dense(place.at("w"), x, 10), dense(place.at("w"), dense(place.at("v"), x, 4), 10)) };
      },
    });
    expect(() => traced(twice.bind(), table)).toThrow('Parameter "w/weight" is asked for as [5, 10] and as [4, 10]');
  });
});

describe("dropout", () => {
  const rate = 0.25;
  const masks = (keys: readonly number[], step: number): number[] => {
    const model = { name: "dropout", build: (place: Place) => ((y = dropout(place, x, rate)), {}) };
    const [x, ids, steps] = [
      input("x", [keys.length, 400]),
      input("ids", [keys.length], "index"),
      input("step", [1], "index"),
    ];
    let y = x;
    const { draws } = trace({
      model,
      heads: {},
      features: {},
      batch: keys.length,
      training: true,
      uniform: (draw, size) => randomUniform(ids, steps, { size, salt: 7 + draw }),
    });
    expect(draws).toBe(true);
    const program = defineProgram({
      inputs: [
        { name: "x", role: "batch", shape: x.shape, dtype: "real" },
        { name: "ids", role: "batch", shape: ids.shape, dtype: "index" },
        { name: "step", role: "key", shape: [1], dtype: "index" },
      ],
      outputs: { y, sum: sumAll(y) },
    });
    const ones = new Float64Array(keys.length * 400).fill(1);
    return runProgram(program, { x: ones, ids: keys, step: [step] })["y"]!;
  };

  test("keeps three in four, each 4/3 of itself", () => {
    const y = masks([...Array(20).keys()], 1);
    expect(new Set(y)).toEqual(new Set([0, 4 / 3]));
    expect(y.reduce((a, b) => a + b, 0) / y.length).toBeCloseTo(1, 1);
  });
  test("draws the same for an example wherever it stands, and anew in the next step", () => {
    expect(masks([11, 12, 13], 5).slice(400, 800)).toEqual(masks([12], 5));
    expect(masks([12], 6)).not.toEqual(masks([12], 5));
  });
  test("does nothing in prediction", () => {
    const model = networks.mlp.bind({ units: [4], dropout: 0.5 });
    expect(traced(model, table, ten, false).draws).toBe(false);
  });
});

describe("first values", () => {
  const { parameters } = traced(networks.mlp.bind({ units: [300] }), { table: { shape: [100], dtype: "real" } });
  const layout = layoutOf(parameters);
  const values = (kind: InitialRule, gain = 1): Float64Array =>
    initialValues(parameters, { kind, gain }, Random.seeded(3));
  const part = (all: Float64Array, name: string): number[] => {
    const { offset, size } = layout.places.find((place) => place.name === name)!;
    return [...all.subarray(offset, offset + size)];
  };
  const deviation = (x: readonly number[]): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);

  test.each([
    ["glorot-uniform", Math.sqrt(2 / 400)],
    ["glorot-normal", Math.sqrt(2 / 400)],
    ["he-uniform", Math.sqrt(2 / 100)],
    ["he-normal", Math.sqrt(2 / 100)],
    ["fan-in-uniform", 1 / Math.sqrt(300)],
  ] as const)("%s has the deviation %d for 100 inputs and 300 outputs", (kind, expected) => {
    expect(deviation(part(values(kind), "trunk/0/weight")) / expected).toBeCloseTo(1, 1);
    expect(deviation(part(values(kind, 2), "trunk/0/weight")) / expected).toBeCloseTo(2, 1);
  });
  test("biases begin at 0, but under fan-in-uniform within 1/√inputs", () => {
    expect(part(values("he-normal"), "trunk/0/bias").every((b) => b === 0)).toBe(true);
    const biases = part(values("fan-in-uniform"), "trunk/0/bias").map(Math.abs);
    expect(Math.max(...biases)).toBeGreaterThan(0.09);
    expect(Math.max(...biases)).toBeLessThan(0.1);
  });
  test("a second head leaves the first values of the others as they were", () => {
    const more = traced(networks.mlp.bind({ units: [300] }), { table: { shape: [100], dtype: "real" } }, {
      extra: { outputs: 2, bias: true },
      ...ten,
    } as typeof ten).parameters;
    const all = initialValues(more, { kind: "he-normal", gain: 1 }, Random.seeded(3));
    const place = layoutOf(more).places.find(({ name }) => name === "heads/digit/weight")!;
    expect([...all.subarray(place.offset, place.offset + place.size)]).toEqual(
      part(values("he-normal"), "heads/digit/weight"),
    );
  });
  test("a file's tensors must fit, and every misfit is named", () => {
    const tensors = new Map([
      ["trunk/0/weight", { shape: [300, 100], data: new Float32Array(30000) }],
      ["trunk/0/bias", { shape: [300], data: new Float32Array(300) }],
      ["heads/digit/weight", { shape: [300, 10], data: new Float32Array(3000) }],
      ["old", { shape: [1], data: new Float32Array(1) }],
    ]);
    expect(() => valuesFrom(layout, tensors)).toThrow(
      [
        "Initial weights do not fit the model:",
        '"trunk/0/weight" is expected to be [100, 300], got [300, 100]',
        '"heads/digit/bias" [10] is missing',
        '"old" [1] is no parameter of this model',
      ].join("\n"),
    );
  });
});
