/** A seeded sketch keeps lengths and angles on average, with the variance that is known of it, and adds up like the vectors. */
import { describe, expect, test } from "vitest";
import { drawSketch, sketched } from "../../../shared/objectives/sketch.ts";
import { Random } from "../../../shared/random.ts";
import { dot } from "../../../shared/tensor/vector.ts";

const seed = 11;
const length = 400;
const whole = [{ from: 0, to: length }];
const draw = (name: string): Float64Array => {
  const random = Random.seeded(seed).fork(name);
  return Float64Array.from({ length }, () => random.normal());
};
const [x, y] = [draw("x"), draw("y").map((value, i) => value + 0.5 * draw("x")[i]!)];

describe(`over many draws (seed ${String(seed)}) ⟨Sx, Sy⟩`, () => {
  const size = 32;
  const draws = 4000;
  const products = Array.from({ length: draws }, (_, i) => {
    const sketch = drawSketch(size, whole, Random.seeded(seed).fork("sketch", i));
    return dot(sketched(sketch, x), sketched(sketch, y));
  });
  const squares = x.reduce((sum, value, j) => sum + value * value * y[j]! * y[j]!, 0);
  const variance = (dot(x, x) * dot(y, y) + dot(x, y) * dot(x, y) - 2 * squares) / size;
  const mean = products.reduce((sum, value) => sum + value, 0) / draws;

  test("is ⟨x, y⟩ on average, within four standard errors", () => {
    expect(Math.abs(mean - dot(x, y))).toBeLessThan(4 * Math.sqrt(variance / draws));
  });

  test("varies as its law says: (‖x‖²‖y‖² + ⟨x, y⟩² − 2Σxⱼ²yⱼ²)/r", () => {
    const found = products.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (draws - 1);
    expect(found / variance).toBeGreaterThan(1 - 4 * Math.sqrt(3 / draws)); // of the sample's variance, with room for its tails
    expect(found / variance).toBeLessThan(1 + 4 * Math.sqrt(3 / draws));
  });
});

test("the sketch of a sum is the sum of the sketches", () => {
  const sketch = drawSketch(16, whole, Random.seeded(seed));
  const whole_ = x.map((value, i) => Math.round(8 * value) + Math.round(8 * y[i]!));
  const [a, b] = [x, y].map((vector) =>
    sketched(
      sketch,
      vector.map((value) => Math.round(8 * value)),
    ),
  );
  expect(sketched(sketch, whole_)).toEqual(a!.map((value, k) => value + b![k]!)); // whole numbers: no rounding
});

test("only its stretches are looked at, and a seed gives one sketch", () => {
  const stretches = [
    { from: 10, to: 20 },
    { from: 390, to: 400 },
  ];
  const sketch = drawSketch(8, stretches, Random.seeded(seed));
  expect(drawSketch(8, stretches, Random.seeded(seed))).toEqual(sketch);
  const elsewhere = x.map((value, j) => (j >= 20 && j < 390 ? -value : j < 10 ? 0 : value));
  expect(sketched(sketch, elsewhere)).toEqual(sketched(sketch, x));
});
