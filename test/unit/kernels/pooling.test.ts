import { describe, expect, test } from "vitest";
import { arena, drawReals, misalignments, precisions } from "../../support/guarded-arena.ts";
import { drawOf, seed, type Draw } from "../../support/draw.ts";

interface Pool {
  readonly n: number;
  readonly size: readonly [number, number];
  readonly c: number;
  readonly window: readonly [number, number];
  readonly stride: readonly [number, number];
  /** top, bottom, left, right */
  readonly padding: readonly [number, number, number, number];
}

const fixed: readonly Pool[] = [
  { n: 0, size: [4, 4], c: 3, window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] },
  { n: 1, size: [1, 1], c: 1, window: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0] },
  { n: 2, size: [28, 28], c: 32, window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] },
  { n: 2, size: [9, 7], c: 13, window: [3, 3], stride: [2, 1], padding: [1, 0, 0, 2] },
];

const drawn = ({ integer }: Draw): Pool => {
  const window = [integer(1, 3), integer(1, 3)] as const;
  const pad = (axis: 0 | 1): number => integer(0, window[axis] - 1);
  return {
    n: integer(1, 3),
    size: [integer(3, 9), integer(3, 9)],
    c: integer(1, 9),
    window,
    stride: [integer(1, 3), integer(1, 3)],
    padding: [pad(0), pad(0), pad(1), pad(1)],
  };
};

const outputOf = ({ size: [h, w], window: [kh, kw], stride: [sh, sw], padding: [top, bottom, left, right] }: Pool) =>
  [Math.floor((h + top + bottom - kh) / sh) + 1, Math.floor((w + left + right - kw) / sw) + 1] as const;

/** The positions within the plane that window (p, q) covers, in row order. */
function covered({ size: [h, w], window, stride, padding }: Pool, p: number, q: number): number[] {
  const places: number[] = [];
  for (let i = p * stride[0] - padding[0]; i < p * stride[0] - padding[0] + window[0]; i++) {
    for (let j = q * stride[1] - padding[2]; j < q * stride[1] - padding[2] + window[1]; j++) {
      if (i >= 0 && i < h && j >= 0 && j < w) places.push(i * w + j);
    }
  }
  return places;
}

/** For every output in order: image, channel, and the covered positions. */
function windowsOf(spec: Pool): { readonly b: number; readonly k: number; readonly places: readonly number[] }[] {
  const [oh, ow] = outputOf(spec);
  return Array.from({ length: spec.n * oh * ow * spec.c }, (_, at) => {
    const pixel = Math.floor(at / spec.c);
    const places = covered(spec, Math.floor(pixel / ow) % oh, pixel % ow);
    return { b: Math.floor(pixel / ow / oh), k: at % spec.c, places };
  });
}

describe.each(precisions)(`pooling in %s (SEED=${seed})`, (precision) => {
  const draw = drawOf(seed, "odd");
  const cases = [...fixed, ...Array.from({ length: 20 }, () => drawn(draw))].map((spec) => ({
    spec,
    name: JSON.stringify(spec),
  }));

  test.each(cases)("is the plain loops, at any address: $name", ({ spec }) => {
    const { n, size: [h, w], c, window, stride, padding } = spec; // prettier-ignore
    const [oh, ow] = outputOf(spec);
    const windows = windowsOf(spec);
    for (const misalignment of misalignments) {
      const { real, index, space, run, values, indices, round } = arena(precision, misalignment);
      const block = index([n, h, w, c, oh, ow, ...window, ...stride, padding[0], padding[2]]);
      // Few distinct values, so that there are ties.
      const x = Array.from({ length: n * h * w * c }, () => draw.integer(-2, 2));
      const g = drawReals(draw.unit, windows.length, round);
      const at = (b: number, place: number, k: number): number => (b * h * w + place) * c + k;
      const [atX, atG] = [real(x), real(g)];
      const area = window[0] * window[1];

      const first = windows.map(({ b, k, places }) =>
        places.reduce((best, place) => (x[at(b, place, k)]! > x[at(b, best, k)]! ? place : best), places[0]!),
      );
      const winner = index(new Array<number>(windows.length).fill(-7));
      run("maxPool2dIndex", block, atX, winner);
      expect(indices(winner, windows.length)).toEqual(first);

      const taken = space(windows.length);
      run("poolTake", n, h * w, oh * ow, c, atX, winner, taken);
      expect(values(taken, windows.length)).toEqual(windows.map(({ b, k }, i) => x[at(b, first[i]!, k)]));

      const scattered = space(x.length);
      const sums = new Array<number>(x.length).fill(0);
      windows.forEach(({ b, k }, i) => (sums[at(b, first[i]!, k)] = round(sums[at(b, first[i]!, k)]! + g[i]!)));
      run("poolScatter", n, h * w, oh * ow, c, atG, winner, scattered);
      expect(values(scattered, x.length)).toEqual(sums);

      const average = space(windows.length);
      run("averagePool2d", block, atX, average);
      const means = windows.map(({ b, k, places }) =>
        round(places.reduce((sum, place) => sum + x[at(b, place, k)]!, 0) / area),
      );
      expect(values(average, windows.length)).toEqual(means);

      const spread = space(x.length);
      const shares = new Array<number>(x.length).fill(0);
      windows.forEach(({ b, k, places }, i) => {
        for (const place of places) shares[at(b, place, k)] = round(shares[at(b, place, k)]! + round(g[i]! / area));
      });
      run("averageUnpool2d", block, atG, spread);
      expect(values(spread, x.length)).toEqual(shares);
    }
  });

  test.each([1, 4])("points at the first NaN of a window, with %i channels", (c) => {
    const { real, index, run, indices } = arena(precision);
    const x = [1, 5, NaN, 2, NaN, 9].flatMap((value) => new Array<number>(c).fill(value));
    const winner = index(new Array<number>(c).fill(-7));
    run("maxPool2dIndex", index([1, 2, 3, c, 1, 1, 2, 3, 1, 1, 0, 0]), real(x), winner);
    expect(indices(winner, c)).toEqual(new Array<number>(c).fill(2));
  });

  test("has no maximum in a window of padding: index −1, which reads NaN and receives nothing", () => {
    const { real, index, space, run, values, indices } = arena(precision);
    for (const c of [1, 4]) {
      const winner = index(new Array<number>(2 * c).fill(-7));
      run("maxPool2dIndex", index([1, 1, 1, c, 2, 1, 1, 1, 1, 1, 1, 0]), real(new Array<number>(c).fill(3)), winner);
      expect(indices(winner, 2 * c)).toEqual([...new Array<number>(c).fill(-1), ...new Array<number>(c).fill(0)]);
      const taken = space(2 * c);
      run("poolTake", 1, 1, 2, c, real(new Array<number>(c).fill(3)), winner, taken);
      expect(values(taken, 2 * c)).toEqual([...new Array<number>(c).fill(NaN), ...new Array<number>(c).fill(3)]);
      const scattered = space(c);
      run("poolScatter", 1, 1, 2, c, real(new Array<number>(2 * c).fill(1)), winner, scattered);
      expect(values(scattered, c)).toEqual(new Array<number>(c).fill(1));
    }
  });
});
