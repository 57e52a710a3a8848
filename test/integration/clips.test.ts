/** Clips in whole runs: each at its place, by its own bound, and counted. */
import { describe, expect, test } from "vitest";
import { simulate } from "../../server/simulation/simulate.ts";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { Random } from "../../shared/random.ts";
import { changed } from "../support/experiments.ts";
import { drawLinear, linearScene } from "../support/linear.ts";
import { dealt, distance, drawRows, roundsOf, scene, simulateHere, trajectory } from "../support/scene.ts";

const data = drawLinear(40, [3, -1, 0.5], 9);
const gradientMode = (clip: string, rounds = 6): string =>
  `{ mode: gradient, rounds: ${rounds}, clip: ${clip}, serverOptimizer: { kind: sgd, learningRate: 0.3 } }`;
const updateMode = (clip: string, local = "epochs: 1", rounds = 6): string =>
  `{ mode: update, rounds: ${rounds}, clip: ${clip}, local: { optimizer: { kind: sgd, learningRate: 0.3 }, ${local} } }`;
const runOf = (federation: string, clients = 1, sections = {}): Experiment =>
  linearScene(data, clients, { federation, ...sections });

/** ½(x·θ − y)²: its gradient, of one row. */
const slope = (theta: readonly number[], row: number): number[] => {
  const x = data.x[row]!;
  const error = x.reduce((sum, value, j) => sum + value * theta[j]!, 0) - data.y[row]!;
  return x.map((value) => error * value);
};
const shortened = (vector: readonly number[], bound: number): number[] => {
  const factor = Math.min(1, bound / Math.hypot(...vector));
  return vector.map((value) => factor * value);
};
const added = (vectors: readonly (readonly number[])[]): number[] =>
  vectors.reduce<number[]>((sum, vector) => sum.map((value, j) => value + vector[j]!), [0, 0, 0]);

/** Steps of rate .3 along what `direction` makes of the rows' gradients. */
function walked(direction: (slopes: number[][]) => number[], rounds = 6): Float64Array[] {
  let theta = [0, 0, 0];
  return Array.from({ length: rounds }, () => {
    const step = direction(data.x.map((_, row) => slope(theta, row)));
    theta = theta.map((value, j) => value - 0.3 * step[j]!);
    return Float64Array.from(theta);
  });
}
const mean = (vectors: readonly number[][]): number[] => added(vectors).map((value) => value / vectors.length);

describe("perExample", () => {
  const expected = walked((slopes) => mean(slopes.map((one) => shortened(one, 1))));

  test.each([1, 8])("bounds each row's gradient before the sum, with %i clients, in gradient mode", async (clients) => {
    const run = runOf(gradientMode("{ perExample: 1 }"), clients);
    expect(distance(expected, await trajectory(run))).toBeLessThanOrEqual(1e-12);
  });

  test("is the same in update mode, with one local step on all rows", async () => {
    const run = runOf(updateMode("{ perExample: 1 }"), 8);
    expect(distance(expected, await trajectory(run))).toBeLessThanOrEqual(1e-12);
  });

  test("acts on every local step, on batches and with momentum alike", async () => {
    const local = "steps: 7, batchSize: 3";
    const loose = await trajectory(runOf(updateMode("{ perExample: 1.0e+9 }", local), 3));
    const without = await trajectory(runOf(updateMode("{}", local), 3));
    expect(distance(without, loose)).toBeLessThanOrEqual(1e-12);
    const [tight] = await trajectory(runOf(updateMode("{ perExample: 0.01 }", "steps: 7, batchSize: 1", 1), 1));
    expect(Math.hypot(...tight!)).toBeLessThanOrEqual(0.3 * 7 * 0.01 * (1 + 1e-12));
  });

  test("stacks the gradients of two objectives: one row's bound is for both", async () => {
    const objectives =
      "{ y: { head: y, target: y, loss: { kind: mse, half: true } }, again: { head: y, target: y, loss: { kind: mse, half: true } } }";
    const both = walked((slopes) =>
      mean(slopes.map((one) => shortened(one, 1 / Math.SQRT2))).map((value) => 2 * value),
    );
    const run = runOf(gradientMode("{ perExample: 1 }"), 2, { objectives });
    expect(distance(both, await trajectory(run))).toBeLessThanOrEqual(1e-12);
  });

  test("of an objective that is a function of sums bounds each row's ⟨λ, ∇s⟩: 1 and 8 clients take the same steps", async () => {
    const objectives = "{ y: { head: y, target: y, loss: rmse } }";
    const of = (clip: string, clients: number): Promise<Float64Array[]> =>
      trajectory(runOf(gradientMode(clip), clients, { objectives }));
    const one = await of("{ perExample: 0.01 }", 1);
    expect(distance(one, await of("{ perExample: 0.01 }", 8))).toBeLessThanOrEqual(1e-12);
    expect(distance(one, await of("{}", 1))).toBeGreaterThan(0.1);
  });

  test("counts the rows it has clipped, all of them where the bound is tiny", async () => {
    const slopes = data.x.map((_, row) => slope([0, 0, 0], row));
    const [first] = await roundsOf(runOf(gradientMode("{ perExample: 1 }"), 8));
    expect(first!.clipped).toEqual({ perExample: slopes.filter((one) => Math.hypot(...one) > 1).length });
    const tiny = await roundsOf(runOf(updateMode("{ perExample: 1.0e-6 }", "epochs: 2"), 3));
    expect(tiny.map(({ clipped }) => clipped)).toEqual(tiny.map(() => ({ perExample: 80 })));
  });
});

describe("perClient", () => {
  test("bounds the gradient sums that leave a client in gradient mode", async () => {
    const expected = walked((slopes) => {
      const clients = [0, 1, 2].map((k) => added(slopes.filter((_, row) => row % 3 === k)));
      return added(clients.map((one) => shortened(one, 5))).map((value) => value / slopes.length);
    });
    const run = runOf(gradientMode("{ perClient: 5 }"), 3);
    expect(distance(expected, await trajectory(run))).toBeLessThanOrEqual(1e-12);
  });

  test("bounds the change that leaves a client in update mode, and counts the clients", async () => {
    const run = runOf(updateMode("{ perClient: 0.01 }", "epochs: 1", 1), 3);
    const [model] = await trajectory(run);
    expect(Math.hypot(...model!)).toBeLessThanOrEqual(0.01 * (1 + 1e-12));
    expect((await roundsOf(run))[0]!.clipped).toEqual({ perClient: 3 });
  });
});

describe("the coordinator's clips", () => {
  test("perObjective bounds each mean gradient before it is weighed", async () => {
    const objectives = "{ y: { head: y, target: y, loss: { kind: mse, half: true }, weight: 2 } }";
    const expected = walked((slopes) => shortened(mean(slopes), 0.5).map((value) => 2 * value));
    const run = runOf(gradientMode("{ perObjective: 0.5 }"), 3, { objectives });
    expect(distance(expected, await trajectory(run))).toBeLessThanOrEqual(1e-12);
    expect((await roundsOf(run))[0]!.clipped).toEqual({ perObjective: 1 });
  });

  test("value, then globalNorm, bound the direction with its penalty in it", async () => {
    const lambda = 4;
    let theta = [0, 0, 0];
    const expected = Array.from({ length: 6 }, () => {
      const slopes = mean(data.x.map((_, row) => slope(theta, row))).map((g, j) => g + 2 * lambda * theta[j]!);
      const step = shortened(
        slopes.map((g) => Math.max(-0.8, Math.min(0.8, g))),
        1,
      );
      theta = theta.map((value, j) => value - 0.3 * step[j]!);
      return Float64Array.from(theta);
    });
    const regularizers = `[{ kind: l2, lambda: ${lambda} }]`;
    const run = runOf(gradientMode("{ value: 0.8, globalNorm: 1 }"), 3, { regularizers });
    expect(distance(expected, await trajectory(run))).toBeLessThanOrEqual(1e-12);
    expect((await roundsOf(run))[0]!.clipped).toMatchObject({ globalNorm: 1 });
  });

  test("globalNorm bounds the mean change of update mode", async () => {
    const [model] = await trajectory(runOf(updateMode("{ globalNorm: 0.25 }"), 3));
    expect(Math.hypot(...model!)).toBeCloseTo(0.25, 12);
  });

  test("adaptive bounds a unit's step by its weights", async () => {
    const rounds = await roundsOf(runOf(gradientMode("{ adaptive: { factor: 0.1, floor: 0.01 } }"), 3));
    expect(rounds[0]).toMatchObject({ clipped: { adaptive: 1 } });
    expect(rounds[0]!.stepNorm).toBeCloseTo(0.3 * 0.1 * 0.01, 12);
  });
});

test("all clips together give the same bits on 1, 2 and 8 threads", async () => {
  const clip = "{ perExample: 1, perClient: 2, value: 0.1, globalNorm: 0.15, adaptive: {} }";
  const experiment = scene(dealt(drawRows(50, Random.seeded(4)), 7), {
    federation: updateMode(clip, "epochs: 2, batchSize: 4", 3),
    model: "{ trunk: { kind: mlp, units: [4] }, heads: { y: 1 } }",
    precision: "float32",
  });
  const hashes = new Set<string>();
  for (const threads of [1, 2, 8]) hashes.add((await simulate(experiment, { threads })).modelHash);
  hashes.add((await simulateHere(experiment, {}, { order: Random.seeded(1) })).modelHash);
  expect([...hashes]).toHaveLength(1);
});

describe("bad clips are refused, with their place", () => {
  const refusal = (clip: string, more = ""): string => {
    try {
      decodeExperiment("small.yaml", `${changed("  rounds: 3", `  rounds: 3\n  clip: ${clip}`)}${more}`);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };

  test.each([
    ["{ perClient: 0 }", "federation.clip.perClient: expected a number of more than 0, got 0"],
    ["{ globalnorm: 1 }", "federation.clip.globalnorm: is not a known key"],
    ["{ perObjective: 1 }", "federation.clip.perObjective: needs a gradient of each objective"],
    ["5", "federation.clip: expected"],
  ])("%s", (clip, message) => {
    expect(refusal(clip)).toContain(message);
  });

  test("perExample of a loss that joins rows", () => {
    const text = changed("  rounds: 3", "  rounds: 3\n  clip: { perExample: 1 }").replace(
      "bce-with-logits",
      "lovasz-hinge",
    );
    expect(() => decodeExperiment("small.yaml", text)).toThrow(
      'federation.clip.perExample: cannot tell rows apart in lovasz-hinge of the objective "goal", which joins them',
    );
  });

  test("perExample beside an l2 penalty of the local loss", () => {
    expect(refusal("{ perExample: 1 }", "regularizers: [{ kind: l2, lambda: 1 }]\n")).toContain(
      "federation.clip.perExample: would clip the l2 penalty",
    );
  });
});
