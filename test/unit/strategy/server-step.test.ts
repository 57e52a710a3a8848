import { describe, expect, test } from "vitest";
import { mean } from "../../../server/aggregation/mean.ts";
import { fedAvg, fedSgd } from "../../../server/strategy/recipes.ts";
import { serverStep } from "../../../server/strategy/server-step.ts";
import type { Model } from "../../../server/strategy/strategy.ts";
import type { Optimizer } from "../../../shared/optimizers/optimizer.ts";
import { proximalOperator } from "../../../shared/regularizers/proximal.ts";
import { Random } from "../../../shared/random.ts";
import { layoutOf } from "../../../shared/tensor/parameters.ts";
import type { Contribution, Update } from "../../../shared/updates/update.ts";

const model = (strategy: ReturnType<typeof fedSgd>, ...parameters: number[]): Model => ({
  version: 0,
  parameters: Float64Array.from(parameters),
  optimizer: strategy.optimizer.init(parameters.length),
  objectives: strategy.objectives.init(),
});
const whole = {
  trained: 2,
  round: (vector: Float64Array) => vector,
  reach: () => 1,
  losses: {},
  random: Random.seeded(1),
};
const sums = (objective: string, denominator: number): Contribution => ({
  objective,
  examples: denominator,
  ignored: 0,
  numerator: denominator,
  denominator,
});

describe("the server's step", () => {
  test("weighs mean gradients, adds the penalty's, and descends", () => {
    const strategy = { ...fedSgd({ a: 2, b: 1 }, 0.1), penalty: (x: Float64Array) => x.map((value) => 10 * value) };
    const update: Update = {
      kind: "gradients",
      client: "x",
      contributions: [
        { ...sums("a", 4), gradient: Float64Array.from([8, 0]) },
        { ...sums("b", 2), gradient: Float64Array.from([0, 2]) },
      ],
    };
    const sum = strategy.aggregation.add(strategy.aggregation.empty(), update);
    const { model: next, learningRate } = serverStep(strategy, model(strategy, 1, 1), sum, whole);
    // 2·[2, 0] + 1·[0, 1] + 10·[1, 1] = [14, 11]
    expect([...next.parameters]).toEqual([1 - 0.1 * 14, 1 - 0.1 * 11]);
    expect([next.version, learningRate]).toEqual([1, 0.1]);
  });

  test("FedAvg moves by the weighted mean change, and buffers follow it past the optimizer", () => {
    const strategy = { ...fedAvg({ a: 1 }), learningRate: 0.5 };
    const changed = (weight: number, ...vector: number[]): Update => ({
      kind: "change",
      client: String(weight),
      weight,
      change: Float64Array.from(vector),
      contributions: [sums("a", 1)],
    });
    const { aggregation } = strategy;
    const sum = [changed(1, 4, 8), changed(3, 0, 4)].reduce(
      (state, update) => aggregation.add(state, update),
      aggregation.empty(),
    );
    const { model: next } = serverStep(strategy, model(strategy, 0, 0), sum, { ...whole, trained: 1 });
    expect([...next.parameters]).toEqual([0.5, 5]);
  });

  test("without an example anywhere there is no step, and no NaN", () => {
    const strategy = fedSgd({ a: 1 }, 1);
    const before = model(strategy, 1, 2);
    const { model: next, stepNorm } = serverStep(strategy, before, strategy.aggregation.empty(), whole);
    expect([next.parameters, stepNorm, next.version]).toEqual([before.parameters, 0, 1]);
  });

  test("takes the proximal step in the optimizer's metric: a = (1, 100), b = (2, .05), λ = 1, h = (1, 10) end at (1, .04)", () => {
    const [a, b] = [
      [1, 100],
      [2, 0.05],
    ];
    const ended = (metric: readonly number[]): number[] => {
      const scaled: Optimizer = {
        name: "diagonal",
        init: () => ({ steps: 0, numbers: {}, vectors: {} }),
        step: ({ gradient, learningRate }, state) => [
          gradient.map((g, i) => (-learningRate * g) / [1, 10][i]!),
          { ...state, steps: state.steps + 1 },
        ],
        metric: () => Float64Array.from(metric),
      };
      const layout = layoutOf([{ name: "θ", shape: [2] }]);
      const l1 = { kind: "l1", lambda: 1, parameters: "*", curvature: 0 } as const;
      const strategy = { ...fedSgd({ f: 1 }, 0.1), optimizer: scaled, proximal: proximalOperator([l1], layout) };
      let now = model(strategy, 0, 0);
      for (let i = 0; i < 400; i++) {
        const gradient = now.parameters.map((x, j) => a[j]! * (x - b[j]!));
        const update: Update = { kind: "gradients", client: "x", contributions: [{ ...sums("f", 1), gradient }] };
        now = serverStep(strategy, now, strategy.aggregation.add(strategy.aggregation.empty(), update), whole).model;
      }
      return [...now.parameters];
    };
    expect(ended([1, 10])).toEqual([expect.closeTo(1, 12), expect.closeTo(0.04, 12)]);
    expect(ended([1, 1])).toEqual([expect.closeTo(1, 12), 0]); // what a Euclidean threshold would make of it
  });

  test("an objective that nobody has rows for takes no part", () => {
    const strategy = {
      ...fedSgd({ a: 1, b: 1 }, 1),
      aggregation: mean({ mode: "gradient", objectives: { a: 1, b: 1 }, divisor: "sum" }),
    };
    const update: Update = {
      kind: "gradients",
      client: "x",
      contributions: [
        { ...sums("a", 1), gradient: Float64Array.from([1, 1]) },
        { ...sums("b", 0), gradient: Float64Array.from([0, 0]) },
      ],
    };
    const { model: next } = serverStep(
      strategy,
      model(strategy, 0, 0),
      strategy.aggregation.add(strategy.aggregation.empty(), update),
      whole,
    );
    expect([...next.parameters]).toEqual([-1, -1]);
  });
});
