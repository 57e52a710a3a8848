/** Curricula: the weights of self-paced learning, and a threshold that is everybody's whoever holds the rows. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { Heap } from "../../shared/kernels/heap.ts";
import { createReferenceEngine } from "../../shared/kernels/reference.ts";
import { defineProgram } from "../../shared/graph/define-program.ts";
import { constant, input } from "../../shared/graph/build.ts";
import { gradient } from "../../shared/graph/gradient.ts";
import { losses } from "../../shared/losses/catalogue.ts";
import { paced, type CurriculumWeights, type Pace } from "../../shared/objectives/curriculum.ts";
import { linearized, sumsOutputs } from "../../shared/objectives/objective.ts";
import { outerFunction } from "../../shared/objectives/outer.ts";
import { Random } from "../../shared/random.ts";
import { dealt, distance, scene, simulateHere, trajectory, type Rows } from "../support/scene.ts";
import { house } from "../support/tributary.ts";

interface Golden {
  readonly kind: string;
  readonly losses: readonly number[];
  readonly lambda: number;
  readonly hard: readonly number[];
  readonly linear: readonly number[];
}
const misc = JSON.parse(readFileSync(resolve(house, "test/golden/losses/misc.json"), "utf8")) as { cases: Golden[] };
const golden = misc.cases.find(({ kind }) => kind === "self-paced")!;

/** For mae at errors that are the losses: ∂F/∂ℓᵢ, times Σ v, is vᵢ. */
function weightsOf(
  errors: readonly number[],
  weights: CurriculumWeights,
  pace: Pace,
): { v: number[]; value: number | null; threshold: number } {
  const loss = paced(losses.mae.bind(), weights, false);
  const prediction = input("prediction", [errors.length]);
  const given = {
    prediction,
    target: constant(
      errors.map(() => 0),
      [errors.length],
    ),
  };
  const { sums } = sumsOutputs(
    loss,
    given,
    constant(
      errors.map(() => 1),
      [errors.length],
    ),
  );
  const shapes = Object.fromEntries(Object.entries(sums).map(([name, { shape }]) => [name, shape]));
  const run = (outputs: Parameters<typeof defineProgram>[0]["outputs"]) => {
    const engine = createReferenceEngine(
      defineProgram({
        inputs: [{ name: "prediction", role: "batch", shape: [errors.length], dtype: "real" }],
        outputs,
      }),
    );
    engine.input("prediction").set(errors);
    engine.run();
    return engine;
  };
  const engine = run(sums);
  const found = Object.fromEntries(Object.keys(sums).map((name) => [name, Float64Array.from(engine.output(name))]));
  const outer = outerFunction(loss, shapes, Heap.create())(found, pace);
  const lambda = Object.fromEntries(
    Object.entries(outer.multipliers).map(([name, values]) => [name, constant([...values], shapes[name]!)]),
  );
  const slopes = run({ slope: gradient(linearized(sums, lambda), [prediction])[0]! }).output("slope");
  const scale =
    slopes[0] === 0
      ? 1
      : (weights === "hard" ? 1 : 1 - errors[0]! * (pace[1] || 1 / outer.details["threshold"]![0]!)) / slopes[0]!;
  return {
    v: [...slopes].map((slope) => slope * scale),
    value: outer.value,
    threshold: outer.details["threshold"]![0]!,
  };
}

describe("self-paced weights", () => {
  test.each(["hard", "linear"] as const)("at a given λ are those of the golden case: %s", (weights) => {
    const { v } = weightsOf(golden.losses, weights, [1, 1 / golden.lambda]);
    for (const [i, weight] of golden[weights].entries()) expect(v[i]).toBeCloseTo(weight, 12);
  });

  test("at a share, λ lies between the last that counts and the first that does not, within a bin of 7 %", () => {
    const { v, threshold } = weightsOf(golden.losses, "hard", [0.75, 0]);
    expect(v).toEqual([1, 1, 1, 0].map((weight) => expect.closeTo(weight, 12)));
    expect(threshold).toBeGreaterThanOrEqual(0.9);
    expect(threshold).toBeLessThan(0.9 * 1.07);
    const linear = weightsOf(golden.losses, "linear", [0.75, 0]);
    for (const [i, loss] of golden.losses.entries())
      expect(linear.v[i]).toBeCloseTo(Math.max(0, 1 - loss / linear.threshold), 12);
  });

  test("of everything are the loss itself", () => {
    for (const weights of ["hard", "linear"] as const) {
      const { v, value } = weightsOf(golden.losses, weights, [1, 0]);
      expect(v.map((weight) => weight / v[0]!)).toEqual(golden.losses.map(() => expect.closeTo(1, 12)));
      expect(value).toBeCloseTo(0.875, 12);
    }
  });
});

const random = Random.seeded(21);
/** y = x1 + 1; each fifth is 30 off. x2 says how hard a row is held to be. */
const rows: Rows = Array.from({ length: 50 }, (_, i) => {
  const x = random.normal();
  return [x, Math.abs(x), x + 1 + 0.1 * random.normal() + (i % 5 === 0 ? 30 : 0)];
});
const taught = (
  clients: number,
  curriculum: string,
  federation = "{ mode: gradient, rounds: 6, serverOptimizer: { kind: sgd, learningRate: 0.3 } }",
) =>
  scene(dealt(rows, clients), {
    data: "{ features: { numeric: [x1] }, targets: { y: { column: y }, hardness: { column: x2 } } }",
    objectives: `{ y: { head: y, target: y, loss: { kind: mse, half: true }, curriculum: ${curriculum} } }`,
    federation,
  });
const share = "{ share: { from: 0.4, to: 0.8, rounds: 5 } }";

describe("a curriculum over clients", () => {
  test.each([
    share,
    "{ weights: linear, share: { from: 0.4, rounds: 4, shape: root } }",
    "{ threshold: { from: 2, growth: 1.5 } }",
    "{ weights: linear, share: { from: 0.5, rounds: 4 }, by: hardness }",
  ])("%s: 2, 3 and 7 clients take the steps of one machine", async (curriculum) => {
    const one = await trajectory(taught(1, curriculum));
    for (const clients of [2, 3, 7])
      expect(
        distance(one, await trajectory(taught(clients, curriculum), { order: random.fork("order", clients) })),
      ).toBeLessThanOrEqual(1e-12);
  });

  test("the threshold and the share that it takes are shown each round, and the share grows as declared", async () => {
    const shown: number[][] = [];
    await simulateHere(taught(3, share), {
      onEvent: (event) =>
        event.event === "round" && shown.push(["taken", "threshold"].map((name) => event.details!["y"]![name]![0]!)),
    });
    for (const [round, [taken, threshold]] of shown.entries()) {
      expect(taken).toBeGreaterThanOrEqual(0.4 + 0.08 * round - 1e-9);
      expect(threshold).toBeGreaterThan(0);
    }
    expect(shown).toHaveLength(6);
  });

  test("rows that are far off stay outside, and the line is found where the plain loss misses it", async () => {
    const federation = "{ mode: gradient, rounds: 60, serverOptimizer: { kind: sgd, learningRate: 0.3 } }";
    const found = (await trajectory(taught(3, "{ share: { from: 0.3, to: 0.75, rounds: 30 } }", federation))).at(-1)!;
    expect([...found]).toEqual([expect.closeTo(1, 0), expect.closeTo(1, 0)]);
    const plain = (
      await trajectory(taught(3, "{ share: { from: 1, rounds: 1 } }".replace("from: 1", "from: 0.999"), federation))
    ).at(-1)!;
    expect(Math.abs(plain[1]! - 1)).toBeGreaterThan(3);
  });

  test("local steps go by the threshold of the round's start", async () => {
    const federation =
      "{ mode: update, rounds: 3, local: { optimizer: { kind: sgd, learningRate: 0.1 }, steps: 3, batchSize: 8 } }";
    const models = await trajectory(taught(3, share, federation));
    expect(models.at(-1)!.every(Number.isFinite)).toBe(true);
    expect(models.at(-1)).not.toEqual(models[0]);
  });

  test("evaluation measures the loss on every row", async () => {
    const { objectives } = await simulateHere(taught(3, share));
    const model = (await trajectory(taught(3, share))).at(-1)!;
    const mean = rows.reduce((sum, [x, , y]) => sum + 0.5 * (model[0]! * x! + model[1]! - y!) ** 2, 0) / rows.length;
    expect(objectives["y"]!.train!.loss).toBeCloseTo(mean, 10);
  });

  test.each([
    ["{ share: { from: 0.5, rounds: 3 }, threshold: { from: 1 } }", /expected either share or threshold/],
    ["{ share: { from: 0.5, rounds: 3 }, by: hardnes }", /did you mean "hardness"/],
  ])("%s is refused", (curriculum, words) => {
    expect(() => taught(2, curriculum)).toThrow(words);
  });
});
