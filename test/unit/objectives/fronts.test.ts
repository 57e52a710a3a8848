/** Fronts whose shape is known, reached by descent: what a weighted sum finds on a convex one, and cannot find on one that is not. */
import { describe, expect, test } from "vitest";
import { exp } from "../../../shared/kernels/math.ts";
import { weightings, type WeightingName } from "../../../shared/objectives/catalogue.ts";
import { combine } from "../../../shared/objectives/combine.ts";
import { Random } from "../../../shared/random.ts";

type Point = readonly [number, number];
type Objective = (x: Point) => readonly [value: number, dx: number, dy: number];

const how = { scales: {}, stretches: [{ from: 0, to: 2, objectives: ["f1", "f2"] }], random: Random.seeded(1) };

/** Where plain descent ends. */
function descend(pair: readonly [Objective, Objective], method: WeightingName, options: object, start: Point): Point {
  const weighting = weightings[method].bind(options, ["f1", "f2"]);
  let state = weighting.init();
  let at = start;
  for (let i = 0; i < 4000; i++) {
    const rows = pair.map((objective, k) => {
      const [value, dx, dy] = objective(at);
      return { objective: `f${String(k + 1)}`, value, gradient: Float64Array.of(dx, dy) };
    });
    const combined = combine(rows, weighting, state, how);
    ({ state } = combined);
    at = [at[0] - 0.05 * combined.direction[0]!, at[1] - 0.05 * combined.direction[1]!];
  }
  return at;
}

test.each([0.1, 0.5, 0.8])("on ‖x − a‖² and ‖x − b‖² the sum with λ = %s ends at λa + (1 − λ)b", (lambda) => {
  const [a, b] = [
    [1, 3],
    [-2, 1],
  ] as const;
  const from =
    ([cx, cy]: Point): Objective =>
    ([x, y]) => [(x - cx) * (x - cx) + (y - cy) * (y - cy), 2 * (x - cx), 2 * (y - cy)];
  const weights = { f1: lambda, f2: 1 - lambda };
  const [x, y] = descend([from(a), from(b)], "weighted", { weights }, [5, -4]);
  expect(x).toBeCloseTo(lambda * a[0] + (1 - lambda) * b[0], 8);
  expect(y).toBeCloseTo(lambda * a[1] + (1 - lambda) * b[1], 8);
});

describe("the concave front of Fonseca & Fleming (1995)", () => {
  const centre = 1 / Math.sqrt(2);
  const from =
    (c: number): Objective =>
    ([x, y]) => {
      const near = exp(-((x - c) * (x - c) + (y - c) * (y - c)));
      return [1 - near, 2 * (x - c) * near, 2 * (y - c) * near];
    };
  const pair = [from(centre), from(-centre)] as const;
  const losses = (x: Point): Point => [pair[0](x)[0], pair[1](x)[0]];
  const start: Point = [0.2, -0.1];

  test.each([0.3, 0.45, 0.55, 0.7])("a sum with weight %s on the first ends at an end point", (weight) => {
    const ends = losses(descend(pair, "weighted", { weights: { f1: weight, f2: 1 - weight } }, start));
    expect(Math.min(...ends)).toBeLessThan(0.02);
    expect(Math.max(...ends)).toBeGreaterThan(0.95);
  });

  test.each([0.4, 0.5, 0.6])(
    "smooth Tchebycheff with preference %s ends inside, where the scaled losses are near",
    (share) => {
      const weights = { f1: share, f2: 1 - share };
      const [f1, f2] = losses(descend(pair, "stch", { mu: 0.01, weights }, start));
      expect(Math.min(f1, f2)).toBeGreaterThan(0.3);
      expect(Math.abs(share * f1 - (1 - share) * f2)).toBeLessThan(0.02);
    },
  );

  test.each([0.4, 0.5, 0.6])("the preference ray of EPO with %s ends inside, on the ray", (share) => {
    const preference = { f1: share, f2: 1 - share };
    const [f1, f2] = losses(descend(pair, "epo", { preference, epsilon: 1e-4 }, start));
    expect(Math.min(f1, f2)).toBeGreaterThan(0.3);
    expect(Math.abs(share * f1 - (1 - share) * f2)).toBeLessThan(0.05);
  });
});
