import { describe, expect, test } from "vitest";
import { arena, drawReals, misalignments, precisions } from "../../support/guarded-arena.ts";
import { drawOf, seed } from "../../support/draw.ts";

describe.each(precisions)(`running sums in %s (SEED=${seed})`, (precision) => {
  const { unit } = drawOf(seed, "odd");
  const shapes = [[0, 3, 2], [2, 0, 3], [2, 3, 0], [1, 1, 1], [3, 5, 7], [2, 9, 1], [4, 33, 12]] as const; // prettier-ignore
  const ways = [0, 1].flatMap((reverse) => [0, 1].map((exclusive) => ({ reverse, exclusive })));
  const cases = shapes.flatMap(([outer, length, inner]) => ways.map((way) => ({ outer, length, inner, ...way })));

  test.each(cases)(
    "of [$outer, $length, $inner], reverse $reverse, exclusive $exclusive, are the plain loop",
    (spec) => {
      const { outer, length, inner, reverse, exclusive } = spec;
      for (const misalignment of misalignments) {
        const { real, space, run, values, round } = arena(precision, misalignment);
        const x = drawReals(unit, outer * length * inner, round);
        const expected = new Array<number>(x.length);
        for (let o = 0; o < outer; o++) {
          for (let j = 0; j < inner; j++) {
            let sum: number | undefined;
            for (let step = 0; step < length; step++) {
              const at = (o * length + (reverse ? length - 1 - step : step)) * inner + j;
              if (exclusive) expected[at] = sum ?? 0;
              sum = sum === undefined ? x[at]! : round(sum + x[at]!);
              if (!exclusive) expected[at] = sum;
            }
          }
        }
        const [from, to] = [real(x), space(x.length)];
        run("cumulativeSum", outer, length, inner, reverse, exclusive, from, to);
        expect(values(to, x.length)).toEqual(expected);
        if (exclusive) continue;
        run("cumulativeSum", outer, length, inner, reverse, exclusive, from, from); // in place
        expect(values(from, x.length)).toEqual(expected);
      }
    },
  );
});
