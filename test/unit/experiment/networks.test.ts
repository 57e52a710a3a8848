/** Every network of the catalogue, as a training program: kernels against the reference engine, and its slope against differences. */
import { describe, expect, test } from "vitest";
import { compileExperiment, type CompiledExperiment } from "../../../shared/experiment/compile.ts";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { createEngine } from "../../../shared/kernels/engine.ts";
import type { Engine } from "../../../shared/kernels/engine-interface.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { createReferenceEngine } from "../../../shared/kernels/reference.ts";
import { Random } from "../../../shared/random.ts";
import { distance } from "../../support/finite-differences.ts";

const imageFeatures = "image: { column: pixels, shape: [6, 6, 2] }";
const networks = {
  linear: ["{ kind: linear }", imageFeatures],
  mlp: ["{ kind: mlp, units: [7, 5], activation: gelu, dropout: 0.2 }", "numeric: [a, b, c]"],
  cnn: [
    "{ kind: cnn, convolutions: [{ filters: 3, kernel: 3, pool: 2 }, { filters: 4, kernel: 2, stride: 2, padding: valid }], units: [5], activation: tanh }",
    imageFeatures,
  ],
  "residual with groups": [
    "{ kind: residual-cnn, filters: [4, 6], blocks: 2, groups: 2, activation: tanh }",
    imageFeatures,
  ],
  "residual with batches": [
    "{ kind: residual-cnn, filters: [4, 6], normalization: batch, activation: sigmoid }",
    imageFeatures,
  ],
  circuit: ["{ kind: circuit, layers: 2 }", "numeric: [a, b, c]"],
  "circuit with shifted angles": ["{ kind: circuit, slopes: parameter-shift }", "numeric: [a, b]"],
  embedding: [
    "{ kind: embedding, tables: { word: 4, place: 2 }, units: [5], activation: tanh }",
    "numeric: [a, b], index: { word: 6, place: 3 }",
  ],
  "embedding with products": [
    "{ kind: embedding, tables: { word: 3, place: 3 }, product: true }",
    "index: { word: 6, place: 3 }",
  ],
} as const;

const random = Random.seeded(11);

function compiled(trunk: string, features: string): CompiledExperiment {
  const text = `tributary: 1
name: network
data:
  features: { ${features} }
  targets: { digit: { column: digit, classes: 3 } }
model: { trunk: ${trunk}, heads: { digit: 3 } }
objectives: { digit: { head: digit, target: digit, loss: softmax-cross-entropy } }
regularizers: [{ kind: l2, lambda: 0.01 }]
federation: { mode: update, rounds: 1, local: { optimizer: { kind: sgd, learningRate: 1 }, epochs: 1, batchSize: 6 } }
`;
  return compileExperiment(decodeExperiment("network.yaml", text), random.fork(trunk));
}

/** Writes the model and a batch of six rows, the last of them padding. */
function fill(engine: Engine): void {
  for (const { name, shape, role } of engine.program.inputs) {
    const view = engine.input(name);
    const draw = random.fork("inputs", name);
    const rows = shape[0]!;
    for (let i = 0; i < view.length; i++) {
      const row = Math.floor((i * rows) / view.length);
      if (role === "parameter") view[i] = name.endsWith("variance") ? 0.5 + draw.uniform() : draw.normal() / 2;
      else if (name === "weight/digit") view[i] = row === rows - 1 ? 0 : 1 + draw.integer(2);
      else if (name.startsWith("scale/")) view[i] = 0.7;
      else view[i] = engine.input(name) instanceof Int32Array ? draw.integer(3) : draw.normal();
    }
  }
}

describe.each(Object.entries(networks))("%s", (_, [trunk, features]) => {
  const experiment = compiled(trunk, features);
  const { train } = experiment.programs;
  const reference = createReferenceEngine(train);
  fill(reference);
  reference.run();

  test("gives the same numbers on the kernels", () => {
    const engine = createEngine(train, { precision: "float64", heap: Heap.create() });
    fill(engine);
    engine.run();
    for (const name of Object.keys(train.outputs)) {
      expect(distance(engine.output(name), reference.output(name)), name).toBeLessThan(1e-10);
    }
  });

  test("has the slope that its loss shows along a random direction", () => {
    const places = experiment.layout.places.filter(({ scope }) => scope !== "buffer");
    const start = new Map(places.map(({ name }) => [name, Float64Array.from(reference.input(name))]));
    const direction = new Map(
      places.map(({ name, size }) => [name, Float64Array.from({ length: size }, () => random.normal())]),
    );
    const slope = places.reduce(
      (sum, { name }) =>
        sum + Array.from(reference.output(`gradient/${name}`)).reduce((s, g, i) => s + g * direction.get(name)![i]!, 0),
      0,
    );
    const loss = (step: number): number => {
      let penalty = 0;
      for (const { name } of places) {
        const moved = start.get(name)!.map((x, i) => x + step * direction.get(name)![i]!);
        reference.input(name).set(moved);
        penalty += 0.01 * moved.reduce((sum, x) => sum + x * x, 0);
      }
      reference.run();
      return 0.7 * reference.output("objective/digit/numerator")[0]! + 0.7 * penalty;
    };
    expect((loss(1e-6) - loss(-1e-6)) / 2e-6 / slope).toBeCloseTo(1, 5);
  });
});

test("the product of tables of two widths is refused", () => {
  expect(() =>
    compiled("{ kind: embedding, tables: { word: 4, place: 2 }, product: true }", "index: { word: 6, place: 3 }"),
  ).toThrow("model.trunk.product: multiplies rows of one width: give all tables the same");
});
