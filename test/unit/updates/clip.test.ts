import { describe, expect, test } from "vitest";
import { layoutOf } from "../../../shared/tensor/parameters.ts";
import { clipAdaptively, clipNorm, clipValues, stackedNorm } from "../../../shared/updates/clip.ts";

describe("a norm", () => {
  test("(3, 4) clipped at 1 is (0.6, 0.8), exactly", () => {
    const vector = Float64Array.of(3, 4);
    expect(clipNorm([vector], 1)).toBe(true);
    expect([...vector]).toEqual([0.6, 0.8]);
  });

  test("is that of all vectors stacked", () => {
    const [a, b] = [Float64Array.of(3, 0), Float32Array.of(0, 4)];
    expect(stackedNorm([a, b])).toBe(5);
    clipNorm([a, b], 2.5);
    expect([...a, ...b]).toEqual([1.5, 0, 0, 2]);
  });

  test("within its bound keeps every bit, at the bound too", () => {
    const vector = Float64Array.of(0.1, -0.2);
    expect(clipNorm([vector], stackedNorm([vector]))).toBe(false);
    expect([...vector]).toEqual([0.1, -0.2]);
  });

  test("is right where the squares are too large, and leaves what is not finite to be found", () => {
    const large = Float64Array.of(3e200, -4e200);
    expect(clipNorm([large], 1)).toBe(true);
    expect([...large]).toEqual([expect.closeTo(0.6, 14), expect.closeTo(-0.8, 14)]);
    const broken = Float64Array.of(NaN, 5);
    expect(clipNorm([broken], 1)).toBe(false);
    const infinite = Float64Array.of(Infinity, 5);
    clipNorm([infinite], 1);
    expect(infinite[0]).toBeNaN();
  });
});

test("values go into ±bound one by one, and are counted", () => {
  const vector = Float64Array.of(3, -4, 1, -1, 0);
  expect(clipValues(vector, 1)).toBe(2);
  expect([...vector]).toEqual([1, -1, 1, -1, 0]);
});

test("adaptively, a unit's slope is a share of its weights' norm, and of the floor where they are 0", () => {
  const layout = layoutOf([
    { name: "weight", shape: [2, 2] },
    { name: "bias", shape: [2] },
    { name: "mean", shape: [1], scope: "buffer" },
  ]);
  const parameters = Float64Array.of(3, 0, 4, 0, 30, 40, 1);
  const gradient = Float64Array.of(6, 0.3, 8, 0.4, 3, 4, 99);
  expect(clipAdaptively(gradient, parameters, layout, { factor: 0.1, floor: 0.5 })).toBe(2);
  const expected = [0.3, 0.03, 0.4, 0.04, 3, 4, 99];
  expect([...gradient]).toEqual(expected.map((x): unknown => expect.closeTo(x, 14)));
});
