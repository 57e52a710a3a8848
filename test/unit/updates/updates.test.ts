import { expect, test } from "vitest";
import { mapVectors, pipe, vectorsOf, type Update, type UpdateStep } from "../../../shared/updates/update.ts";

const change = (values: Float32Array | Float64Array): Update => ({
  kind: "change",
  client: "a",
  contributions: [],
  weight: 1,
  change: values,
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
