import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { adam } from "../../../shared/optimizers/adaptive.ts";
import type { Optimizer, OptimizerSpec, OptimizerState } from "../../../shared/optimizers/optimizer.ts";
import { optimistic } from "../../../shared/optimizers/optimistic.ts";
import { sgd } from "../../../shared/optimizers/sgd.ts";

interface Goldens {
  readonly curvature: readonly number[];
  readonly start: readonly number[];
  readonly cases: readonly {
    readonly options: { readonly kind: OptimizerSpec["kind"] };
    readonly path: readonly (readonly number[])[];
  }[];
}
const file = new URL("../../golden/optimizers/trajectories.json", import.meta.url);
const { curvature, start, cases } = JSON.parse(readFileSync(file, "utf8")) as Goldens;

/** Steps on ½ Σ c·x², as long as asked. */
function* descend(
  optimizer: Optimizer,
  learningRate: number,
  state = optimizer.init(3),
  from = start,
): Generator<[Float64Array, OptimizerState], never> {
  let parameters = Float64Array.from(from);
  for (;;) {
    const gradient = parameters.map((x, i) => curvature[i]! * x);
    const [delta, next] = optimizer.step({ gradient, parameters, learningRate }, state);
    parameters = parameters.map((x, i) => x + delta[i]!);
    state = next;
    yield [parameters, state];
  }
}
const make = ({ kind, ...options }: { kind: OptimizerSpec["kind"] }): Optimizer =>
  kind === "sgd" ? sgd(options) : adam({ kind, ...options });

describe.each(cases.map((golden) => ({ ...golden, title: JSON.stringify(golden.options) })))(
  "$title",
  ({ options, path }) => {
    test("walks PyTorch's way", () => {
      const steps = descend(make(options), 0.05);
      for (const expected of path) {
        const [parameters] = steps.next().value;
        expected.forEach((x, i) => {
          expect(parameters[i]).toBeCloseTo(x, 13);
        });
      }
    });

    test("measures a step by its metric: Δ = −ηg/h for a gradient that has not changed since the first step", () => {
      const { weightDecay: _, ...undecayed } = options as { kind: OptimizerSpec["kind"]; weightDecay?: number };
      const optimizer = make(undecayed);
      const gradient = Float64Array.of(0.5, -3, 0);
      let state = optimizer.init(3);
      for (let i = 0; i < 10; i++) {
        const [delta, next] = optimizer.step({ gradient, parameters: new Float64Array(3), learningRate: 0.05 }, state);
        state = next;
        optimizer.metric(state, 3).forEach((h, j) => {
          expect(delta[j]).toBeCloseTo((-0.05 * gradient[j]!) / h, 14);
        });
      }
    });

    test("comes down a bowl", () => {
      const steps = descend(make(options), 0.02);
      let height = Infinity;
      for (let i = 0; i < 1500; i++)
        height = steps.next().value[0].reduce((sum, x, j) => sum + curvature[j]! * x * x, 0);
      expect(height).toBeLessThan(1e-3);
    });

    test("goes on from a checkpoint as if it had never stopped", () => {
      const optimizer = make(options);
      const whole = descend(optimizer, 0.05);
      const states = Array.from({ length: 6 }, () => whole.next().value);
      const [parameters, { steps, numbers, vectors }] = states[2]!;
      const stored = JSON.parse(
        JSON.stringify({ steps, numbers, vectors: Object.entries(vectors).map(([name, v]) => [name, [...v]]) }),
      ) as {
        steps: number;
        numbers: Record<string, number>;
        vectors: [string, number[]][];
      };
      const read = {
        ...stored,
        vectors: Object.fromEntries(stored.vectors.map(([name, v]) => [name, Float64Array.from(v)])),
      };
      const rest = descend(optimizer, 0.05, read, [...parameters]);
      for (const expected of states.slice(3)) expect(rest.next().value).toEqual(expected);
    });

    test("leaves gradient, parameters and memory as they were", () => {
      const optimizer = make(options);
      const state = optimizer.init(2);
      const step = { gradient: Float64Array.of(1, -2), parameters: Float64Array.of(3, 4), learningRate: 0.1 };
      const before = structuredClone({ step, state });
      optimizer.step(step, state);
      expect({ step, state }).toEqual(before);
    });
  },
);

test("adam's first step is the rate, whatever the gradient's length", () => {
  const optimizer = adam({ epsilon: 1e-30 });
  const [delta] = optimizer.step(
    { gradient: Float64Array.of(1e-6, -1e6), parameters: new Float64Array(2), learningRate: 0.1 },
    optimizer.init(2),
  );
  expect([...delta]).toEqual([expect.closeTo(-0.1, 12), expect.closeTo(0.1, 12)]);
});

test("adam and adamw are one without decay, and two with", () => {
  const step = { gradient: Float64Array.of(1), parameters: Float64Array.of(2), learningRate: 0.1 };
  const delta = (spec: Parameters<typeof adam>[0]): number => adam(spec).step(step, adam(spec).init(1))[0][0]!;
  expect(delta({ kind: "adamw" })).toBe(delta({ kind: "adam" }));
  expect(delta({ kind: "adamw", weightDecay: 0.5 })).toBeCloseTo(-0.2, 8);
  expect(delta({ kind: "adam", weightDecay: 0.5 })).toBeCloseTo(-0.1, 8);
});

describe("optimistic", () => {
  const steps = (gradients: readonly number[], optimizer: Optimizer): number[] => {
    let state = optimizer.init(1);
    return gradients.map((gradient) => {
      const given = { gradient: Float64Array.of(gradient), parameters: new Float64Array(1), learningRate: 0.5 };
      const [delta, next] = optimizer.step(given, state);
      state = next;
      return delta[0]!;
    });
  };

  test("is −η(2gₜ − gₜ₋₁) around plain descent, and begins with −ηg", () => {
    expect(steps([1, 3, -2, 4], optimistic(sgd()))).toEqual([-0.5, -2.5, 3.5, -5]);
  });

  test("changes nothing while the steps inside stay the same, and measures as they do", () => {
    expect(steps([2, 2, 2], optimistic(sgd()))).toEqual([-1, -1, -1]);
    const [outer, inner] = [optimistic(adam()), adam()];
    const given = { gradient: Float64Array.of(1, -3), parameters: new Float64Array(2), learningRate: 0.1 };
    const [, state] = outer.step(given, outer.init(2));
    const [, innerState] = inner.step(given, inner.init(2));
    expect(outer.metric(state, 2)).toEqual(inner.metric(innerState, 2));
  });
});
