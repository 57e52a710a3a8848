import { describe, expect, test } from "vitest";
import { arena, drawReals, misalignments, precisions, type Arena } from "../../support/guarded-arena.ts";
import { drawOf, seed, type Draw } from "../../support/draw.ts";

/** How a column of each kind is drawn, and its code in the kernel. */
const sources = {
  float32: { code: 0, draw: (draw: Draw, count: number) => drawReals(draw.unit, count, Math.fround) },
  float64: { code: 1, draw: (draw: Draw, count: number) => drawReals(draw.unit, count, (x) => x) },
  uint8: { code: 2, draw: ({ integer }: Draw, count: number) => Array.from({ length: count }, () => integer(0, 255)) },
  int32: {
    code: 3,
    draw: ({ integer }: Draw, count: number) => Array.from({ length: count }, () => integer(-1e9, 1e9)),
  },
} as const;
type Source = keyof typeof sources;

function column(place: Arena, source: Source, values: readonly number[]): number {
  if (source === "uint8") return place.bytes(values);
  if (source === "int32") return place.index(values);
  const array = source === "float32" ? Float32Array.from(values) : Float64Array.from(values);
  return place.bytes(new Uint8Array(array.buffer));
}

describe.each(precisions)(`rows of a column in %s (SEED=${seed})`, (precision) => {
  const draw = drawOf(seed, "odd");
  const shapes = [[0, 3], [1, 1], [4, 0], [5, 15], [3, 16], [6, 37], [10, 784]] as const; // prettier-ignore
  const cases = (Object.keys(sources) as Source[]).flatMap((source) =>
    shapes.map(([count, rowSize]) => ({ source, count, rowSize })),
  );

  test.each(cases)(
    "$count × $rowSize of $source are converted, scaled and shifted, and padding is zero",
    ({ source, count, rowSize }) => {
      for (const [scale, shift] of [
        [1, 0],
        [1 / 255, -0.5],
        [-3, 1e6],
      ] as const) {
        // prettier-ignore
        for (const misalignment of misalignments) {
        const place = arena(precision, misalignment);
        const { index, space, run, values, round } = place;
        const total = 8;
        const data = sources[source].draw(draw, total * rowSize);
        const rows = Array.from({ length: count }, () => (draw.unit() < 0.2 ? -1 : draw.integer(0, total - 1)));
        const y = space(count * rowSize);
        // float64 columns are scaled in float64; the others in the target's arithmetic.
        const within = source === "float64" ? (x: number) => x : round;
        const convert = (x: number): number => round(within(within(within(x) * within(scale)) + within(shift)));
        run("gatherRows", sources[source].code, count, rowSize, column(place, source, data), index(rows), scale, shift, y);
        expect(values(y, count * rowSize)).toEqual(
          rows.flatMap((row) => (row < 0 ? new Array<number>(rowSize).fill(0) : data.slice(row * rowSize, (row + 1) * rowSize).map(convert))),
        );
      }
      }
    },
  );

  test("lets every bit through when nothing is scaled: infinities, NaN, −0", () => {
    const place = arena(precision);
    const data = [Infinity, -Infinity, NaN, -0, 5];
    const y = place.space(5);
    place.run("gatherRows", precision === "float32" ? 0 : 1, 1, 5, place.real(data), place.index([0]), 1, 0, y);
    expect(place.values(y, 5)).toEqual(data);
  });
});

describe("rows of a column as indices", () => {
  test.each(Object.keys(sources) as Source[])("of %s are whole numbers, truncated toward zero", (source) => {
    const place = arena("float64");
    const data =
      source === "uint8" ? [0, 7, 255, 3] : source === "int32" ? [-1, 0, 2147483647, 9] : [2, -1.75, 3.99, 1e20];
    const expected = source === "uint8" || source === "int32" ? data : [2, -1, 3, 2147483647];
    const y = place.index([9, 9, 9, 9, 9, 9]);
    place.runPlain(
      "gatherRows_i32",
      sources[source].code,
      3,
      2,
      column(place, source, data),
      place.index([1, -1, 0]),
      1,
      0,
      y,
    );
    expect(place.indices(y, 6)).toEqual([...expected.slice(2), 0, 0, ...expected.slice(0, 2)]);
  });

  test("a NaN is no index: −1", () => {
    const place = arena("float32");
    const y = place.index([9]);
    place.runPlain("gatherRows_i32", 0, 1, 1, place.real([NaN]), place.index([0]), 1, 0, y);
    expect(place.indices(y, 1)).toEqual([-1]);
  });
});
