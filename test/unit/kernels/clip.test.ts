import { expect, test } from "vitest";
import { Heap } from "../../../shared/kernels/heap.ts";
import { kernel } from "../../../shared/kernels/module.ts";
import { clipNorm } from "../../../shared/updates/clip.ts";

const heap = Heap.create();

test.each(["float32", "float64"] as const)("clips as the reference does and counts, in %s", (precision) => {
  const clip = kernel(heap.kernels, "clip", precision);
  const cases = [[3, 4], [0.1, -0.2, 0.1], [1e30, -2e30, 5], ...(precision === "float64" ? [[3e200, -4e200]] : [])];
  const cells = heap.float64(heap.allocate(16), 2);
  cells.set([1, 0]);
  let clipped = 0;
  for (const values of cases) {
    const at = heap.allocate(8 * values.length);
    const vector = precision === "float32" ? heap.float32(at, values.length) : heap.float64(at, values.length);
    vector.set(values);
    const expected = vector.slice();
    clipped += Number(clipNorm([expected], 1));
    clip(values.length, at, cells.byteOffset);
    expect(vector).toEqual(expected);
  }
  expect([...cells]).toEqual([1, clipped]);
});

test("leaves what is not finite to be found", () => {
  const cells = heap.float64(heap.allocate(16), 2);
  cells.set([1, 0]);
  const vector = heap.float64(heap.allocate(16), 2);
  for (const broken of [NaN, Infinity]) {
    vector.set([broken, 2]);
    kernel(heap.kernels, "clip", "float64")(2, vector.byteOffset, cells.byteOffset);
    expect(vector.every(Number.isFinite)).toBe(false);
  }
});
