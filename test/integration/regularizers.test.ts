/** Regularizers in whole runs: the optimum that is known otherwise, for any optimizer, either mode and any number of clients. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { simulate } from "../../server/simulation/simulate.ts";
import { compileExperiment } from "../../shared/experiment/compile.ts";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { Random } from "../../shared/random.ts";
import { coordinateDescent, drawLinear, linearScene, moments, ridge } from "../support/linear.ts";
import { changed } from "../support/experiments.ts";
import { checkpointsOf, freshDirectory, simulateHere, trajectory, distance } from "../support/scene.ts";

const data = drawLinear(80, [2, 0, -1, 0, 0, 0.5], 3);
const gradientMode = (rounds: number, optimizer = "{ kind: sgd, learningRate: 0.3 }"): string =>
  `{ mode: gradient, rounds: ${rounds}, serverOptimizer: ${optimizer} }`;
const updateMode = (rounds: number, steps: number): string =>
  `{ mode: update, rounds: ${rounds}, local: { optimizer: { kind: sgd, learningRate: 0.1 }, steps: ${steps} } }`;

/** The last model of a run. */
async function trained(
  regularizers: string,
  federation: string,
  { clients = 1, of = data }: { clients?: number; of?: typeof data } = {},
): Promise<number[]> {
  const out = freshDirectory();
  const experiment = linearScene(of, clients, { federation, regularizers });
  const quiet = { everyRounds: 100_000, parts: ["train" as const], metrics: {} };
  await simulateHere({ ...experiment, checkpoint: { everyRounds: 100_000, keep: 1 }, evaluation: quiet }, { out });
  return [...checkpointsOf(out).at(-1)!.model.parameters];
}

const closeTo = (values: readonly number[], digits: number): number[] =>
  values.map((value) => expect.closeTo(value, digits) as number);

describe("ridge and lasso end where they must", () => {
  test.each([1, 8])("l2 in the closed form, to 1e-10, with %i clients", async (clients) => {
    const theta = await trained("[{ kind: l2, lambda: 0.05 }]", gradientMode(400), { clients });
    const exact = ridge(data, 0.05);
    for (const [j, value] of theta.entries()) expect(Math.abs(value - exact[j]!)).toBeLessThanOrEqual(1e-10);
  });

  test("an elastic net of ratio 0 is ridge", async () => {
    const theta = await trained("[{ kind: elastic-net, lambda: 0.1, ratio: 0 }]", gradientMode(400));
    expect(theta).toEqual(closeTo(ridge(data, 0.05), 10));
  });

  test.each([
    ["l1", "{ kind: l1, lambda: 0.2 }", 0.2, 0],
    ["elastic-net", "{ kind: elastic-net, lambda: 0.3, ratio: 0.6 }", 0.18, 0.12],
  ] as const)(
    "%s at coordinate descent's, zeros exactly zero, for every optimizer and 1 or 8 clients",
    async (_, one, l1, l2) => {
      const exact = coordinateDescent(data, l1, l2);
      expect(exact.filter((value) => value === 0).length).toBeGreaterThan(0);
      for (const optimizer of [
        "{ kind: sgd, learningRate: 0.3 }",
        "{ kind: sgd, learningRate: 0.05, momentum: 0.9 }",
        "{ kind: sgd, learningRate: 0.05, momentum: 0.9, nesterov: true }",
        "{ kind: adam, learningRate: 0.02 }",
        "{ kind: adam, learningRate: 0.02, biasCorrection: false, epsilon: 0.001 }",
      ]) {
        for (const clients of [1, 8]) {
          const theta = await trained(`[${one}]`, gradientMode(1500, optimizer), { clients });
          expect(theta, optimizer).toEqual(
            exact.map((value) => (value === 0 ? 0 : (expect.closeTo(value, 8) as number))),
          );
        }
      }
    },
  );

  test("1 and 8 clients take the same steps, to 1e-12", async () => {
    const sections = { federation: gradientMode(30), regularizers: "[{ kind: l1, lambda: 0.2 }]" };
    const one = await trajectory(linearScene(data, 1, sections));
    expect(distance(one, await trajectory(linearScene(data, 8, sections)))).toBeLessThanOrEqual(1e-12);
  });

  test("group lasso where its conditions hold: the slope of each output's weights is −λ√n·θ/‖θ‖, or shorter than that at zero", async () => {
    const theta = await trained("[{ kind: group-lasso, lambda: 0.3, groups: outputs }]", gradientMode(600));
    const { square, cross } = moments(data);
    const slope = cross.map((value, j) => square[j]!.reduce((sum, s, k) => sum + s * theta[k]!, 0) - value);
    const length = Math.hypot(...theta);
    const strength = 0.3 * Math.sqrt(6);
    expect(slope).toEqual(
      closeTo(
        theta.map((value) => (-strength * value) / length),
        9,
      ),
    );
    expect(await trained("[{ kind: group-lasso, lambda: 3, groups: outputs }]", gradientMode(50))).toEqual([
      0, 0, 0, 0, 0, 0,
    ]);
  });

  test("total variation where its conditions hold: slopes add up to within ±λ, and to ±λ where neighbours differ", async () => {
    const theta = await trained("[{ kind: total-variation, lambda: 0.4 }]", gradientMode(1500));
    const { square, cross } = moments(data);
    let sum = 0;
    for (let j = 0; j < 6; j++) {
      sum += square[j]!.reduce((total, s, k) => total + s * theta[k]!, 0) - cross[j]!;
      const rise = j === 5 ? 0 : theta[j + 1]! - theta[j]!;
      if (j === 5) expect(sum).toBeCloseTo(0, 9);
      else if (rise === 0) expect(Math.abs(sum)).toBeLessThanOrEqual(0.4 + 1e-9);
      else expect(sum).toBeCloseTo(Math.sign(rise) * 0.4, 9);
    }
    expect(new Set(theta).size).toBeLessThan(6);
  });
});

describe("two coordinates of unequal curvature, f = ½Σ aᵢ(θᵢ − bᵢ)² with a = (1, 100), b = (2, .05), λ = 1", () => {
  // Four rows whose moments are XᵀX/4 = diag(a) and Xᵀy/4 = a∘b.
  const bowl = {
    x: [
      [1, 10],
      [1, -10],
      [-1, 10],
      [-1, -10],
    ],
    y: [2.5, 1.5, -1.5, -2.5],
  };
  const l1 = (curvature = 0): string => `[{ kind: l1, lambda: 1, curvature: ${curvature} }]`;

  test("end at (1, .04), not at (1, 0), under a diagonal optimizer", async () => {
    const optimizer = "{ kind: adam, learningRate: 0.005, beta1: 0.5, beta2: 0.9 }";
    for (const clients of [1, 2]) {
      const theta = await trained(l1(), gradientMode(4000, optimizer), { of: bowl, clients });
      expect(theta).toEqual(closeTo([1, 0.04], 6));
    }
  });

  test("end there in update mode too, each told its curvature: the threshold is λ(1 − (1 − ηₗa)^τ)/a", async () => {
    const theta = async (curvature: number): Promise<number[]> => {
      const local = "{ optimizer: { kind: sgd, learningRate: 0.005 }, steps: 40 }";
      return trained(l1(curvature), `{ mode: update, rounds: 300, local: ${local} }`, { of: bowl });
    };
    expect((await theta(1))[0]).toBeCloseTo(1, 12);
    expect((await theta(100))[1]).toBeCloseTo(0.04, 12);
    expect((await theta(0))[1]).toBe(0); // taken for flat, the steep coordinate is given ηₗτ = .2 instead of .01
  });
});

describe("decay", () => {
  test("beside Adam is AdamW, step by step", async () => {
    const of = (kind: string, regularizers: string): Promise<Float64Array[]> =>
      trajectory(
        linearScene(data, 2, { federation: gradientMode(30, `{ kind: ${kind}, learningRate: 0.05 }`), regularizers }),
      );
    const adamw = await of("adamw, weightDecay: 0.3", "[]");
    expect(distance(adamw, await of("adam", "[{ kind: decay, lambda: 0.3 }]"))).toBeLessThanOrEqual(1e-15);
    expect(distance(adamw, await of("adam", "[{ kind: l2, lambda: 0.15 }]"))).toBeGreaterThan(1e-3);
  });

  test("of a round is that of its local steps: (1 − ηₗλ)^τ", async () => {
    const flat = { x: [[0, 0]], y: [0] };
    const sections = { federation: updateMode(1, 7), regularizers: "[{ kind: decay, lambda: 0.5 }]" };
    const experiment = linearScene(flat, 1, {
      ...sections,
      model: "{ heads: { y: 1 }, initial: { kind: glorot-uniform } }",
    });
    const before = compileExperiment(experiment, Random.seeded(experiment.seed)).initial;
    const [after] = await trajectory(experiment);
    expect([...after!]).toEqual(
      closeTo(
        [...before].map((value) => value * 0.95 ** 7),
        14,
      ),
    );
  });
});

describe("what is selected", () => {
  test("is said by name at the end of a run, in its summary too, the same on 1, 2 and 8 threads", async () => {
    const experiment = linearScene(data, 8, {
      federation: updateMode(60, 5),
      regularizers: "[{ kind: l1, lambda: 0.2 }]",
    });
    const out = freshDirectory();
    const result = await simulate(experiment, { threads: 1, out });
    const kept = coordinateDescent(data, 0.2).flatMap((value, j) => (value === 0 ? [] : [`x${j}`]));
    expect(result.selected).toEqual([
      {
        parameter: "heads/y/weight",
        nonZero: kept.length,
        size: 6,
        columns: { kept, dropped: ["x0", "x1", "x2", "x3", "x4", "x5"].filter((name) => !kept.includes(name)) },
      },
    ]);
    expect(JSON.parse(readFileSync(join(out, "summary.json"), "utf8"))).toMatchObject({ selected: result.selected });
    for (const threads of [2, 8]) expect((await simulate(experiment, { threads })).modelHash).toBe(result.modelHash);
  });

  test("of a hidden layer is the columns that reach some unit", async () => {
    const experiment = linearScene(data, 2, {
      federation: gradientMode(150, "{ kind: adam, learningRate: 0.03 }"),
      model: "{ trunk: { kind: mlp, units: [4], activation: tanh }, heads: { y: 1 } }",
      regularizers: '[{ kind: group-lasso, lambda: 0.08, parameters: "trunk/0/weight" }]',
    });
    const { selected } = await simulateHere(experiment);
    expect(selected).toMatchObject([{ parameter: "trunk/0/weight", size: 24 }]);
    expect(selected[0]!.columns!.kept).toEqual(expect.arrayContaining(["x0", "x2"]));
    expect(selected[0]!.columns!.dropped.length).toBeGreaterThan(0);
    expect(selected[0]!.nonZero).toBe(4 * selected[0]!.columns!.kept.length);
  });
});

describe("bad regularizers are refused, with their place", () => {
  const refusal = (regularizers: string, line = "  rounds: 3", by = line): string => {
    try {
      decodeExperiment("small.yaml", `${changed(line, by)}regularizers: ${regularizers}\n`);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };

  test.each([
    ["[{ kind: l3, lambda: 1 }]", 'is "l3": '],
    ["[{ kind: l1, lambda: -1 }]", "expected a number of at least 0, got -1"],
    ["[{ kind: elastic-net, lambda: 1, ratio: 2 }]", "got 2"],
    ["[{ kind: group-lasso, lambda: 1, groups: rows }]", "rows"],
    ["[{ kind: decay, lambda: 1, curvature: 2 }]", "curvature: is not a known key"],
  ])("%s", (regularizers, message) => {
    const found = refusal(regularizers);
    expect(found).toMatch(/^small\.yaml:\d+:\d+ regularizers\.0/);
    expect(found).toContain(message);
  });

  test("a proximal step with adaptive local steps, whose reach nobody knows", () => {
    expect(
      refusal("[{ kind: l1, lambda: 1 }]", "{ kind: sgd, learningRate: 0.1 }", "{ kind: adam, learningRate: 0.1 }"),
    ).toContain("regularizers.0.kind: is l1, which acts at the coordinator and needs local steps of sgd, got adam");
  });
});
