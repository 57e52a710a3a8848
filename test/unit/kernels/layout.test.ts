import { describe, expect, test } from "vitest";
import { bytesPer } from "../../../shared/kernels/module.ts";
import { arena, drawReals, misalignments, precisions } from "../../support/guarded-arena.ts";
import { drawOf, seed } from "../../support/draw.ts";

describe.each(precisions)(`layout in %s (SEED=${seed})`, (precision) => {
  const draw = drawOf(seed, "odd");
  const stridesOf = (shape: readonly number[]): number[] =>
    shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const fixed = [
    { shape: [], permutation: [] }, { shape: [5], permutation: [0] }, { shape: [0, 3], permutation: [1, 0] },
    { shape: [1, 1], permutation: [1, 0] }, { shape: [33, 50], permutation: [1, 0] }, { shape: [64, 16], permutation: [1, 0] },
    { shape: [4, 9, 8], permutation: [0, 2, 1] }, { shape: [2, 3, 4, 5], permutation: [3, 1, 0, 2] },
    { shape: [2, 1, 3, 2, 2, 1, 2, 3], permutation: [7, 0, 3, 5, 1, 6, 2, 4] },
  ]; // prettier-ignore
  const drawn = Array.from({ length: 20 }, () => {
    const shape = Array.from({ length: draw.integer(2, 5) }, () => draw.integer(1, 9));
    return { shape, permutation: draw.shuffle(shape.map((_, axis) => axis)) };
  });
  const cases = [...fixed, ...drawn].map((spec) => ({
    ...spec,
    name: `[${spec.shape.join(", ")}] by [${spec.permutation.join(", ")}]`,
  }));

  test.each(cases)("a permutation of $name moves every number to its place", ({ shape, permutation }) => {
    for (const misalignment of misalignments) {
      const { real, index, space, run, values, round } = arena(precision, misalignment);
      const count = shape.reduce((a, b) => a * b, 1);
      const x = drawReals(draw.unit, count, round);
      const dims = permutation.map((axis) => shape[axis]!);
      const strides = permutation.map((axis) => stridesOf(shape)[axis]!);
      const expected = Array.from({ length: count }, (_, at) => {
        const place = stridesOf(dims).map((stride, axis) => Math.floor(at / stride) % dims[axis]!);
        return x[place.reduce((sum, i, axis) => sum + i * strides[axis]!, 0)];
      });
      const y = space(count);
      run("permute", shape.length, index(dims), index(strides), real(x), y);
      expect(values(y, count)).toEqual(expected);
    }
  });

  test.each([
    [0, 3, 2],
    [2, 0, 3],
    [2, 3, 0],
    [1, 1, 1],
    [3, 5, 1],
    [2, 4, 7],
    [2, 33, 12],
  ])("reversing the middle of [%i, %i, %i]", (outer, length, inner) => {
    // prettier-ignore
    for (const misalignment of misalignments) {
      const { real, space, run, values, round } = arena(precision, misalignment);
      const x = drawReals(draw.unit, outer * length * inner, round);
      const y = space(x.length);
      run("reverse", outer, length, inner, real(x), y);
      const from = (at: number): number => {
        const [o, i, j] = [Math.floor(at / inner / length), Math.floor(at / inner) % length, at % inner];
        return (o * length + length - 1 - i) * inner + j;
      };
      expect(values(y, x.length)).toEqual(x.map((_, at) => x[from(at)]));
    }
  });

  test.each([
    [0, 4],
    [1, 1],
    [3, 0],
    [5, 1],
    [4, 2],
    [7, 13],
  ])("copies %i blocks of %i numbers and touches nothing between", (outer, width) => {
    // prettier-ignore
    for (const misalignment of misalignments) {
      const { real, runPlain, values, round } = arena(precision, misalignment);
      const size = bytesPer[precision];
      const [into, out] = [width + 3, width + 2];
      const x = drawReals(draw.unit, outer * into, round);
      const y = real(new Array<number>(outer * out).fill(7));
      runPlain("copyBlocks", outer, into * size, out * size, width * size, real(x), y);
      const expected = Array.from({ length: outer * out }, (_, at) => (at % out < width ? x[Math.floor(at / out) * into + (at % out)] : 7));
      expect(values(y, expected.length)).toEqual(expected);
    }
  });
});

describe("layout of indices", () => {
  test("moves indices as it moves numbers", () => {
    const { index, runPlain, indices } = arena("float32");
    const [x, y] = [index([1, 2, 3, 4, 5, -6]), index([0, 0, 0, 0, 0, 0])];
    runPlain("permute_i32", 2, index([3, 2]), index([1, 3]), x, y);
    expect(indices(y, 6)).toEqual([1, 4, 2, 5, 3, -6]);
    runPlain("reverse_i32", 2, 3, 1, x, y);
    expect(indices(y, 6)).toEqual([3, 2, 1, -6, 5, 4]);
  });
});
