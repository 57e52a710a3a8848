import { expect, test } from "vitest";
import { clip, norm } from "../../../shared/updates/clip.ts";
import { mapVectors, pipe, vectorsOf, type Update, type UpdateStep } from "../../../shared/updates/update.ts";

const sums = { examples: 2, ignored: 0, numerator: 1, denominator: 2 };
const change = (values: Float32Array | Float64Array): Update => ({
  kind: "change",
  client: "a",
  contributions: [],
  weight: 1,
  change: values,
});
const gradients: Update = {
  kind: "gradients",
  client: "a",
  contributions: [
    { objective: "x", ...sums, gradient: Float64Array.of(3, 0) },
    { objective: "y", ...sums, gradient: Float64Array.of(0, 4) },
  ],
};

test("(3, 4) clipped at 1 is (0.6, 0.8)", () => {
  const clipped = clip(1)(change(Float64Array.of(3, 4)));
  expect([...vectorsOf(clipped)[0]!]).toEqual([expect.closeTo(0.6, 15), expect.closeTo(0.8, 15)]);
});

test("all vectors of an update are clipped together: the bound is the client's", () => {
  const clipped = clip(1)(gradients);
  expect(norm(clipped)).toBeCloseTo(1, 15);
  expect(vectorsOf(clipped).map((v) => [...v])).toEqual([
    [expect.closeTo(0.6, 15), 0],
    [0, expect.closeTo(0.8, 15)],
  ]);
});

test("an update within the bound is returned as it is", () => {
  expect(clip(5)(gradients)).toBe(gradients);
});

test("clipping changes nothing but the vectors, and not the update it was given", () => {
  const before = structuredClone(gradients);
  const clipped = clip(1)(gradients);
  expect(gradients).toEqual(before);
  expect(clipped).toMatchObject({
    client: "a",
    contributions: [
      { objective: "x", ...sums },
      { objective: "y", ...sums },
    ],
  });
});

test("float32 stays float32", () => {
  expect(vectorsOf(clip(1)(change(Float32Array.of(3, 4))))[0]).toBeInstanceOf(Float32Array);
});

test("steps are taken in the order they are written", () => {
  const plus =
    (k: number): UpdateStep =>
    (update) =>
      mapVectors(update, (vector) => vector.map((x) => x + k));
  const times =
    (k: number): UpdateStep =>
    (update) =>
      mapVectors(update, (vector) => vector.map((x) => x * k));
  const [after] = vectorsOf(pipe(plus(1), times(10))(change(Float64Array.of(2))));
  expect([...after!]).toEqual([30]);
});
