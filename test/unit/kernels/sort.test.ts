import { describe, expect, test } from "vitest";
import { arena, misalignments, precisions } from "../../support/guarded-arena.ts";
import { drawOf, seed } from "../../support/draw.ts";

describe.each(precisions)(`the order of numbers in %s (SEED=${seed})`, (precision) => {
  const { integer, unit } = drawOf(seed, "odd");
  const special = [NaN, Infinity, -Infinity, -0, 0];
  const shapes = [[0, 4], [3, 0], [1, 1], [5, 2], [4, 7], [3, 8], [3, 9], [2, 16], [2, 17], [2, 100], [1, 1000]] as const; // prettier-ignore
  const cases = shapes.flatMap(([rows, n]) =>
    [0, 1].map((descending) => ({ rows, n, descending, way: descending ? "descending" : "ascending" })),
  );

  test.each(cases)("$rows × $n $way: stable, NaN last", ({ rows, n, descending }) => {
    for (const misalignment of misalignments) {
      const { real, index, scratch, run, indices } = arena(precision, misalignment);
      const x = Array.from({ length: rows * n }, () => (unit() < 0.2 ? special[integer(0, 4)]! : integer(-9, 9)));
      const y = index(new Array<number>(rows * n).fill(-7));
      run("argSort", rows, n, descending, real(x), y, scratch(4 * n));
      const expected = Array.from({ length: rows }, (_, r) => {
        const at = (i: number): number => x[r * n + i]!;
        const order = Array.from({ length: n }, (_, i) => i);
        // Array.prototype.sort is stable too.
        return order.sort((i, j) => {
          if (Number.isNaN(at(i)) || Number.isNaN(at(j)))
            return Number(Number.isNaN(at(i))) - Number(Number.isNaN(at(j)));
          return at(i) === at(j) ? 0 : at(i) < at(j) === (descending === 0) ? -1 : 1;
        });
      }).flat();
      expect(indices(y, rows * n)).toEqual(expected);
    }
  });
});
