import { describe, expect, test } from "vitest";
import { arena, drawReals, misalignments, precisions } from "../../support/guarded-arena.ts";
import { drawOf, seed } from "../../support/draw.ts";

const shapes = [[0, 3, 4], [1, 1, 1], [3, 0, 5], [5, 3, 7], [40, 13, 9], [200, 33, 50], [7, 1, 64]] as const; // prettier-ignore

describe.each(precisions)(`gathering and scattering in %s (SEED=${seed})`, (precision) => {
  const { unit, integer } = drawOf(seed, "odd");
  /** Numbers in [0, size), and now and then one outside. */
  const drawIndex = (count: number, size: number): number[] =>
    Array.from({ length: count }, () =>
      unit() < 0.1 ? [-1, size, -2147483648][integer(0, 2)]! : integer(0, size - 1),
    );
  const inside = (at: number, size: number): boolean => at >= 0 && at < size;

  test.each(shapes)("of %i rows of %i numbers out of %i is the plain loop, at any address", (count, rowSize, size) => {
    for (const misalignment of misalignments) {
      const { real, index, space, run, values, round } = arena(precision, misalignment);
      const rows = drawIndex(count, size);
      const at = index(rows);

      const x = drawReals(unit, size * rowSize, round);
      const gathered = space(count * rowSize);
      run("gather", count, rowSize, size, real(x), at, gathered);
      expect(values(gathered, count * rowSize)).toEqual(
        rows.flatMap((row) =>
          inside(row, size) ? x.slice(row * rowSize, (row + 1) * rowSize) : new Array<number>(rowSize).fill(NaN),
        ),
      );

      const v = drawReals(unit, count * rowSize, round);
      const sums = new Array<number>(size * rowSize).fill(0);
      v.forEach((value, i) => {
        const to = rows[Math.floor(i / rowSize)]! * rowSize + (i % rowSize);
        if (inside(rows[Math.floor(i / rowSize)]!, size)) sums[to] = round(sums[to]! + value);
      });
      const scattered = space(size * rowSize);
      run("scatterAdd", count, rowSize, size, real(v), at, scattered);
      expect(values(scattered, size * rowSize)).toEqual(sums);

      const hot = space(count * size);
      run("oneHot", count, size, at, hot);
      expect(values(hot, count * size)).toEqual(
        rows.flatMap((row) => Array.from({ length: size }, (_, c) => Number(c === row))),
      );
    }
  });

  test.each(shapes)("along the last axis, %i rows, %i of %i, is the plain loop, at any address", (rows, k, n) => {
    for (const misalignment of misalignments) {
      const { real, index, space, run, values, round } = arena(precision, misalignment);
      const places = drawIndex(rows * k, n);
      const at = index(places);

      const x = drawReals(unit, rows * n, round);
      const taken = space(rows * k);
      run("takeLast", rows, n, k, real(x), at, taken);
      expect(values(taken, rows * k)).toEqual(
        places.map((place, i) => (inside(place, n) ? x[Math.floor(i / k) * n + place] : NaN)),
      );

      const v = drawReals(unit, rows * k, round);
      const sums = new Array<number>(rows * n).fill(0);
      places.forEach((place, i) => {
        const to = Math.floor(i / k) * n + place;
        if (inside(place, n)) sums[to] = round(sums[to]! + v[i]!);
      });
      const scattered = space(rows * n);
      run("scatterLast", rows, k, n, real(v), at, scattered);
      expect(values(scattered, rows * n)).toEqual(sums);
    }
  });
});
