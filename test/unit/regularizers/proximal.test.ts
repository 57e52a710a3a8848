import { describe, expect, test } from "vitest";
import { effectiveSteps } from "../../../shared/regularizers/effective-steps.ts";
import { groupsOf } from "../../../shared/regularizers/group-lasso.ts";
import { proximalOperator } from "../../../shared/regularizers/proximal.ts";
import type { Regularizer } from "../../../shared/regularizers/regularizer.ts";
import { totalVariation } from "../../../shared/regularizers/total-variation.ts";
import { layoutOf, type ParameterSpec } from "../../../shared/tensor/parameters.ts";
import { Random } from "../../../shared/random.ts";
import { seed } from "../../support/draw.ts";

/** Many cases of one seed. */
function drawing(check: (random: Random) => void): void {
  const random = Random.seeded(seed);
  for (let i = 0; i < 200; i++) check(random);
}

const common = { parameters: "*", curvature: 0 };
const weight: readonly ParameterSpec[] = [{ name: "w", shape: [3, 2] }];

/** One proximal step from z, in place of nothing else. */
function after(
  regularizers: readonly Regularizer[],
  z: readonly number[],
  { metric = z.map(() => 1), learningRate = 1, specs = [{ name: "w", shape: [z.length] }] as readonly ParameterSpec[] },
): number[] {
  const x = Float64Array.from(z);
  const step = { before: Float64Array.from(z), metric: Float64Array.from(metric), learningRate, reach: () => 1 };
  proximalOperator(regularizers, layoutOf(specs))!(x, step);
  return [...x];
}

describe("l1", () => {
  test("is the soft threshold, with exact zeros, up to the threshold itself", () => {
    expect(after([{ kind: "l1", lambda: 0.5, ...common }], [2, -2, 0.5, -0.25, 0], {})).toEqual([1.5, -1.5, 0, 0, 0]);
  });

  test("has the threshold ηλ/h", () => {
    const options = { metric: [1, 4, 10], learningRate: 0.5 };
    expect(after([{ kind: "l1", lambda: 2, ...common }], [1.5, 1.5, -0.05], options)).toEqual([0.5, 1.25, 0]);
  });

  test("adds up with another, and acts on what its pattern names alone", () => {
    const specs: readonly ParameterSpec[] = [
      { name: "a/weight", shape: [1] },
      { name: "a/bias", shape: [1] },
    ];
    const two: readonly Regularizer[] = [
      { kind: "l1", lambda: 1, parameters: "*/weight", curvature: 0 },
      { kind: "l1", lambda: 0.5, ...common },
    ];
    expect(after(two, [3, 3], { specs })).toEqual([1.5, 2.5]);
  });
});

test("an elastic net of ratio 1 is l1, and of ratio 0 shrinks without zeros", () => {
  const net = (ratio: number): Regularizer => ({ kind: "elastic-net", lambda: 0.5, ratio, ...common });
  expect(after([net(1)], [2, -0.25], {})).toEqual([1.5, 0]);
  expect(after([net(0)], [3, -0.75], {})).toEqual([2, -0.5]);
  expect(after([net(0.5)], [2, -0.25], { metric: [1, 1] })).toEqual([1.75 / 1.25, 0]);
});

describe("group lasso", () => {
  const lasso = (lambda: number, groups: "inputs" | "outputs" | "parameter"): Regularizer => ({
    kind: "group-lasso",
    lambda,
    groups,
    ...common,
  });

  test("groups what leaves an input, what reaches an output, or all", () => {
    expect(groupsOf("inputs", [3, 2])).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(groupsOf("outputs", [3, 2])).toEqual([
      [0, 2, 4],
      [1, 3, 5],
    ]);
    expect(groupsOf("parameter", [2, 2])).toEqual([[0, 1, 2, 3]]);
    expect(groupsOf("inputs", [2, 2, 1])).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });

  test("shortens a group by λ√n/h, or takes it out whole", () => {
    const x = after([lasso(1 / Math.sqrt(2), "inputs")], [3, 4, 0.6, 0.7, 0, 0], { specs: weight });
    expect(x.slice(0, 2)).toEqual([expect.closeTo(2.4, 14), expect.closeTo(3.2, 14)]);
    expect(x.slice(2)).toEqual([0, 0, 0, 0]);
  });

  test("of groups of one is l1", () => {
    const z = [2, -0.3, 0.5];
    const metric = [1, 3, 2];
    expect(after([lasso(0.75, "outputs")], z, { metric })).toEqual(
      after([{ kind: "l1", lambda: 0.75, ...common }], z, { metric }).map((x) => expect.closeTo(x, 14) as number),
    );
  });

  test(`is where h(z − x) = σ√n·x/‖x‖, for any metric, and at zero where ‖hz‖ ≤ σ√n (SEED=${seed})`, () => {
    drawing((random) => {
      const z = Array.from({ length: 5 }, () => random.normal() * 3);
      const metric = z.map(() => 1e-3 + 100 * random.uniform() * random.uniform() * random.uniform());
      const sigma = 5 * random.uniform();
      const x = after([lasso(sigma / Math.sqrt(5), "parameter")], z, { metric });
      const length = Math.hypot(...x);
      const pull = Math.hypot(...z.map((value, i) => metric[i]! * value));
      if (length === 0) {
        expect(pull).toBeLessThanOrEqual(sigma * (1 + 1e-12));
        return;
      }
      for (const [i, value] of x.entries()) {
        const gap = metric[i]! * (z[i]! - value) - (sigma * value) / length;
        expect(Math.abs(gap)).toBeLessThanOrEqual(1e-10 * (pull + sigma));
      }
    });
  });

  test("after l1 is the sparse group lasso: h(z − x) = λ₁·sign x + σ√n·x/‖x‖ wherever x is not 0", () => {
    const [z, metric] = [
      [3, -2, 0.2],
      [1, 2, 4],
    ];
    const both: readonly Regularizer[] = [lasso(1 / Math.sqrt(3), "parameter"), { kind: "l1", lambda: 1, ...common }];
    const x = after(both, z, { metric: metric });
    const length = Math.hypot(...x);
    expect(x[2]).toBe(0);
    for (const i of [0, 1]) {
      expect(metric[i]! * (z[i]! - x[i]!)).toBeCloseTo(Math.sign(x[i]!) + x[i]! / length, 12);
    }
  });
});

describe("total variation", () => {
  test("joins neighbours exactly, and of great strength gives the weighted mean", () => {
    expect(totalVariation([0, 1, 0, 10, 10], [1, 1, 1, 1, 1], 1)).toEqual([2 / 3, 2 / 3, 2 / 3, 9.5, 9.5]);
    const [first, ...rest] = totalVariation([1, 2, 6], [1, 2, 1], 1e3);
    expect(first).toBeCloseTo(11 / 4, 12);
    expect(new Set([first, ...rest]).size).toBe(1);
    expect(totalVariation([3, 1], [1, 1], 0)).toEqual([3, 1]);
  });

  test(`is certified: Σ h(x − z) so far stays within ±σ, and is there where x rises or falls (SEED=${seed})`, () => {
    drawing((random) => {
      const n = 1 + random.integer(30);
      const z = Array.from({ length: n }, () => random.normal());
      const h = z.map(() => 0.01 + random.uniform() * 10);
      const sigma = 3 * random.uniform() * random.uniform();
      const x = totalVariation(z, h, sigma);
      const scale = 1e-11 * (sigma + h.reduce((sum, weight, i) => sum + weight * Math.abs(z[i]!), 0));
      let flow = 0;
      for (let i = 0; i < n; i++) {
        flow += h[i]! * (x[i]! - z[i]!);
        const rise = i === n - 1 ? 0 : x[i + 1]! - x[i]!;
        if (i === n - 1) expect(Math.abs(flow)).toBeLessThanOrEqual(scale);
        else if (rise !== 0) expect(Math.abs(flow - Math.sign(rise) * sigma)).toBeLessThanOrEqual(scale);
        else expect(Math.abs(flow)).toBeLessThanOrEqual(sigma + scale);
      }
    });
  });

  test("runs along the axis it is told", () => {
    const along = (axis: "inputs" | "outputs"): number[] =>
      after([{ kind: "total-variation", lambda: 1e3, along: axis, ...common }], [1, 2, 3, 4, 5, 6], { specs: weight });
    const close = (...values: number[]): unknown[] => values.map((x): unknown => expect.closeTo(x, 11));
    expect(along("inputs")).toEqual(close(3, 4, 3, 4, 3, 4));
    expect(along("outputs")).toEqual(close(1.5, 1.5, 3.5, 3.5, 5.5, 5.5));
  });
});

describe("the reach of local steps", () => {
  const plain = { momentum: 0, nesterov: false, weightDecay: 0 };
  test("is (1 − (1 − ηa)^τ)/a, and ητ on a slope that does not change", () => {
    const steps = { optimizer: plain, learningRate: 0.1, steps: 5 };
    expect(effectiveSteps(steps, 0)).toBeCloseTo(0.5, 15);
    expect(effectiveSteps(steps, 2)).toBeCloseTo((1 - 0.8 ** 5) / 2, 15);
    expect(effectiveSteps({ ...steps, steps: 0 }, 2)).toBe(0);
  });

  test("with momentum is the sum of all that each step's slope still moves", () => {
    const steps = { optimizer: { ...plain, momentum: 0.5 }, learningRate: 1, steps: 3 };
    expect(effectiveSteps(steps, 0)).toBe(1 + 1.5 + 1.75);
  });
});

describe("what cannot be meant is refused", () => {
  const refuse = (regularizers: readonly Regularizer[], specs = weight): string => {
    try {
      proximalOperator(regularizers, layoutOf(specs));
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };

  test("a pattern that names no parameter, with the names there are", () => {
    expect(refuse([{ kind: "l2", lambda: 1, parameters: "trunk/*" }])).toBe(
      'regularizers.0.parameters: "trunk/*" names no parameter: there are w',
    );
  });

  test("penalties on one parameter that have no common proximal step, and all problems at once", () => {
    const message = refuse([
      { kind: "l1", lambda: 1, parameters: "v", curvature: 0 },
      { kind: "l1", lambda: 1, ...common },
      { kind: "total-variation", lambda: 1, along: "inputs", ...common },
    ]);
    expect(message).toContain('regularizers.0.parameters: "v" names no parameter');
    expect(message).toContain('"w" has l1 and total-variation, which have no common proximal step');
  });

  test("inputs of a parameter that has no such axis", () => {
    const bias: readonly ParameterSpec[] = [{ name: "bias", shape: [2] }];
    expect(refuse([{ kind: "group-lasso", lambda: 1, groups: "inputs", ...common }], bias)).toBe(
      'regularizers.0.groups: "inputs" needs weights of at least two axes, and "bias" has one',
    );
  });
});
