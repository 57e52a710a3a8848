import { describe, expect, test } from "vitest";
import { arena, drawReals, misalignments, precisions } from "../../support/guarded-arena.ts";
import { drawOf, seed, type Draw } from "../../support/draw.ts";

interface Convolution {
  readonly n: number;
  readonly size: readonly [number, number];
  readonly c: number;
  readonly o: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** top, bottom, left, right */
  readonly padding: readonly [number, number, number, number];
  readonly groups: number;
}

const fixed: readonly Convolution[] = [
  { n: 0, size: [4, 4], c: 2, o: 3, kernel: [2, 2], stride: [1, 1], padding: [0, 0, 0, 0], groups: 1 },
  { n: 1, size: [1, 1], c: 1, o: 1, kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0], groups: 1 },
  { n: 1, size: [2, 2], c: 1, o: 2, kernel: [5, 5], stride: [1, 1], padding: [2, 2, 2, 2], groups: 1 },
  { n: 3, size: [28, 28], c: 1, o: 32, kernel: [5, 5], stride: [1, 1], padding: [2, 2, 2, 2], groups: 1 },
  { n: 2, size: [9, 11], c: 16, o: 24, kernel: [5, 5], stride: [1, 1], padding: [2, 2, 2, 2], groups: 1 },
  { n: 2, size: [7, 8], c: 6, o: 9, kernel: [3, 2], stride: [2, 3], padding: [0, 2, 1, 0], groups: 3 },
  { n: 2, size: [6, 6], c: 5, o: 5, kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1], groups: 5 },
  { n: 1, size: [3, 4], c: 300, o: 2, kernel: [2, 2], stride: [1, 1], padding: [0, 1, 0, 1], groups: 1 },
  { n: 4, size: [5, 5], c: 8, o: 70, kernel: [1, 1], stride: [2, 2], padding: [0, 0, 0, 0], groups: 1 },
];

function drawn({ integer, choice }: Draw): Convolution {
  const groups = choice([1, 1, 2, 3]);
  const [h, w, kh, kw] = [integer(1, 9), integer(1, 9), integer(1, 4), integer(1, 4)];
  return {
    n: integer(1, 3),
    size: [h, w],
    c: groups * integer(1, 6),
    o: groups * integer(1, 6),
    kernel: [kh, kw],
    stride: [integer(1, 3), integer(1, 3)],
    padding: [integer(0, kh), integer(Math.max(0, kh - h), kh), integer(0, kw), integer(Math.max(0, kw - w), kw)],
    groups,
  };
}

const outputOf = ({
  size: [h, w],
  kernel: [kh, kw],
  stride: [sh, sw],
  padding: [top, bottom, left, right],
}: Convolution) =>
  [Math.floor((h + top + bottom - kh) / sh) + 1, Math.floor((w + left + right - kw) / sw) + 1] as const;

/** Calls `visit` with the positions of x, kernel and y of every product that the convolution adds up. */
function forProducts(spec: Convolution, visit: (x: number, kernel: number, y: number) => void): void {
  const { n, size: [h, w], c, o, kernel: [kh, kw], stride: [sh, sw], padding, groups } = spec; // prettier-ignore
  const [oh, ow] = outputOf(spec);
  const [inputs, outputs] = [c / groups, o / groups];
  for (let y = 0; y < n * oh * ow * o; y++) {
    const [channel, q, p, b] = [
      y % o,
      Math.floor(y / o) % ow,
      Math.floor(y / o / ow) % oh,
      Math.floor(y / o / ow / oh),
    ];
    for (let tap = 0; tap < kh * kw * inputs; tap++) {
      const [k, j, i] = [tap % inputs, Math.floor(tap / inputs) % kw, Math.floor(tap / inputs / kw)];
      const [row, column] = [p * sh - padding[0] + i, q * sw - padding[2] + j];
      if (row < 0 || row >= h || column < 0 || column >= w) continue;
      visit(((b * h + row) * w + column) * c + Math.floor(channel / outputs) * inputs + k, tap * o + channel, y);
    }
  }
}

/** Σ of products at each place of an operand, with the sum of their magnitudes: the scale of the rounding error. */
function summed(count: number): {
  readonly add: (at: number, product: number) => void;
  readonly of: (at: number) => readonly [number, number, number];
} {
  const [sum, magnitude, terms] = [new Float64Array(count), new Float64Array(count), new Int32Array(count)];
  return {
    add: (at, product) => {
      sum[at]! += product;
      magnitude[at]! += Math.abs(product);
      terms[at]! += 1;
    },
    of: (at) => [sum[at]!, magnitude[at]!, terms[at]!],
  };
}

function parameters(spec: Convolution): number[] {
  const { n, size, c, o, kernel, stride, padding, groups } = spec;
  return [n, ...size, c, ...outputOf(spec), o, ...kernel, ...stride, padding[0], padding[2], groups];
}

describe.each(precisions)(`convolution in %s (SEED=${seed})`, (precision) => {
  const draw = drawOf(seed, "odd");
  const cases = [...fixed, ...Array.from({ length: 40 }, () => drawn(draw))].map((spec) => ({
    spec,
    name: JSON.stringify(spec),
  }));
  const unitRoundoff = precision === "float32" ? 1 / 2 ** 24 : 1 / 2 ** 53;

  test.each(cases)("and its two transposes are the plain loops: $name", ({ spec }) => {
    const { n, size: [h, w], c, o, kernel: [kh, kw], groups } = spec; // prettier-ignore
    const [oh, ow] = outputOf(spec);
    const counts = { x: n * h * w * c, kernel: ((kh * kw * c) / groups) * o, y: n * oh * ow * o };
    const { round } = arena(precision);
    const x = drawReals(draw.unit, counts.x, round);
    const kernel = drawReals(draw.unit, counts.kernel, round);
    const g = drawReals(draw.unit, counts.y, round);
    const expected = { x: summed(counts.x), kernel: summed(counts.kernel), y: summed(counts.y) };
    forProducts(spec, (atX, atKernel, atY) => {
      expected.y.add(atY, x[atX]! * kernel[atKernel]!);
      expected.x.add(atX, g[atY]! * kernel[atKernel]!);
      expected.kernel.add(atKernel, x[atX]! * g[atY]!);
    });

    const results = misalignments.map((misalignment) => {
      const { real, index, space, scratch, run, values } = arena(precision, misalignment);
      const block = index(parameters(spec));
      const [atX, atKernel, atG] = [real(x), real(kernel), real(g)];
      const out = { y: space(counts.y), x: space(counts.x), kernel: space(counts.kernel) };
      run("conv2d", block, atX, atKernel, out.y, scratch(run("conv2dScratch", block)));
      run("conv2dInput", block, atG, atKernel, out.x, scratch(run("conv2dInputScratch", block)));
      run("conv2dKernel", block, atX, atG, out.kernel, scratch(run("conv2dKernelScratch", block)));
      return { y: values(out.y, counts.y), x: values(out.x, counts.x), kernel: values(out.kernel, counts.kernel) };
    });

    for (const operand of ["y", "x", "kernel"] as const) {
      const wrong = results[0]![operand].flatMap((value, at) => {
        const [sum, magnitude, terms] = expected[operand].of(at);
        return Math.abs(value - sum) <= 2 * (terms + 1) * unitRoundoff * magnitude ? [] : [{ at, value, sum }];
      });
      expect(wrong, operand).toEqual([]);
      for (const result of results) expect(result[operand]).toEqual(results[0]![operand]); // addresses do not show in the bits
    }
  });

  test("gives an image the same bits wherever it stands in a batch", () => {
    const { real, index, space, scratch, run, values, round } = arena(precision);
    const spec: Convolution = {
      n: 5,
      size: [13, 9],
      c: 12,
      o: 10,
      kernel: [5, 3],
      stride: [1, 2],
      padding: [2, 1, 0, 1],
      groups: 1,
    };
    const [[oh, ow], perX] = [outputOf(spec), 13 * 9 * 12];
    const perY = oh * ow * 10;
    const image = drawReals(draw.unit, perX, round);
    const cotangent = drawReals(draw.unit, perY, round);
    const kernel = real(drawReals(draw.unit, 5 * 3 * 12 * 10, round));
    const repeat = (values: readonly number[]): number[] => Array.from({ length: 5 }, () => values).flat();
    const block = index(parameters(spec));
    const [y, x] = [space(5 * perY), space(5 * perX)];
    run("conv2d", block, real(repeat(image)), kernel, y, scratch(run("conv2dScratch", block)));
    run("conv2dInput", block, real(repeat(cotangent)), kernel, x, scratch(run("conv2dInputScratch", block)));
    expect(values(y, 5 * perY)).toEqual(repeat(values(y, perY)));
    expect(values(x, 5 * perX)).toEqual(repeat(values(x, perX)));
  });
});
