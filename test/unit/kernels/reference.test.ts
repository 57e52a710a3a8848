/** The oracle itself: against definitions and other people's numbers. */
import { describe, expect, test } from "vitest";
import * as g from "../../../shared/graph/build.ts";
import { averagePool2d, maxPool2dIndex, poolTake } from "../../../shared/graph/operations/pooling.ts";
import { philox } from "../../../shared/graph/reference/random.ts";
import { digamma, erf, lgamma, trigamma } from "../../../shared/graph/reference/special.ts";
import { evaluate } from "../../support/evaluate.ts";

describe("special functions equal mpmath (30 digits) to 1e-13", () => {
  const points = [0.001, 0.3, 1.5, 2.9, 3.1, 7, 30.5, 1e6, -0.7, -3.2];
  // mpmath 1.3: erf, re(loggamma), digamma, polygamma(1, ·)
  test.each([
    [
      "erf",
      erf,
      [
        0.0011283787909692365, 0.3286267594591274, 0.9661051464753108, 0.9999589021219005, 0.9999883513426328, 1, 1, 1,
        -0.6778011938374184, -0.9999939742388483,
      ],
    ],
    [
      "lgamma",
      lgamma,
      [
        6.907178885383853, 1.0957979948180756, -0.12078223763524522, 0.6028696102493114, 0.7873750832738625,
        6.579251212010101, 72.9534711841694, 12815504.569147611, 1.4524729387568078, -0.37243213612996867,
      ],
    ],
    [
      "digamma",
      digamma,
      [
        -1000.5755719318103, -3.502524222200133, 0.03648997397857652, 0.8824999506377439, 0.9615264448703085,
        1.8727843350984672, 3.401243668961661, 13.815510057964191, -2.073952793628704, 5.635370221172645,
      ],
    ],
    [
      "trigamma",
      trigamma,
      [
        1000001.6425331958, 12.245364546107732, 0.9348022005446793, 0.41096374799332813, 0.3800955001865108,
        0.15354517795933756, 0.03333024811280161, 1.0000005000001667e-6, 14.28618087263834, 28.298186402194034,
      ],
    ],
  ] as const)("%s", (_, f, expected) => {
    points.forEach((x, i) => {
      expect(Math.abs(f(x) - expected[i]!), `at ${x}`).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(expected[i]!)));
    });
  });
});

test("Philox4x32-10 gives the words of its authors' known-answer file (Random123, kat_vectors)", () => {
  expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  expect(philox([-1, -1, -1, -1], [-1, -1])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
    0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
  ]);
});

describe("convolution and pooling equal PyTorch 2.13", () => {
  const x = g.constant(
    Array.from({ length: 80 }, (_, i) => ((i * 7) % 11) - 5),
    [1, 5, 4, 4],
  );

  test("conv2d with stride, uneven padding and groups", () => {
    const k = g.constant(
      Array.from({ length: 24 }, (_, i) => ((i * 5) % 7) - 3),
      [3, 2, 2, 2],
    );
    const y = g.conv2d(x, k, { stride: [2, 1], padding: [1, 0, 0, 1], groups: 2 });
    expect(y.shape).toEqual([1, 2, 4, 2]);
    expect(evaluate([y])[0]).toEqual([3, 22, 4, 0, 5, -11, 8, 14, 30, -3, 3, -15, 20, -5, -14, -3]);
  });

  test("maximum and average pooling with uneven padding, which counts as zeros for the average only", () => {
    const plane = g.slice(x, 3, 0, 1);
    const windows = { window: [2, 2], stride: [1, 2], padding: [0, 0, 1, 0] } as const;
    expect(evaluate([poolTake(plane, maxPool2dIndex(plane, windows))])[0]).toEqual([-3, 3, -1, 5, 1, 5, 3, 4]);
    expect(evaluate([averagePool2d(plane, windows)])[0]).toEqual([-2, -0.5, -1, 1.5, 0, 0.75, 1, 0]);
  });
});

describe("where there is no number", () => {
  const of = (values: number[]) => g.constant(values, [values.length]);

  test("an index outside reads NaN, adds nothing, and is hot nowhere", () => {
    const places = g.constant([0, -1, 2], [3], "index");
    expect(evaluate([g.gather(of([7, 8]), places)])[0]).toEqual([7, NaN, NaN]);
    expect(evaluate([g.takeLast(of([7, 8]), places)])[0]).toEqual([7, NaN, NaN]);
    expect(evaluate([g.scatterAdd(of([1, 2, 3]), places, 2)])[0]).toEqual([1, 0]);
    expect(evaluate([g.scatterLast(of([1, 2, 3]), places, 2)])[0]).toEqual([1, 0]);
    expect(evaluate([g.oneHot(places, 2)])[0]).toEqual([1, 0, 0, 0, 0, 0]);
    const logits = g.constant([0, 0, 0, 0, 0, 0], [3, 2]);
    expect(evaluate([g.softmaxCrossEntropy(logits, places)])[0]).toEqual([Math.LN2, NaN, NaN]);
  });

  test("a NaN is the largest for max and argMax, and last in both orders of a sort", () => {
    const values = of([1, NaN, 3, NaN, 2]);
    expect(
      evaluate([g.max(values, 0), g.argMax(values, 0), g.argSort(values), g.argSort(values, { descending: true })]),
    ).toEqual([[NaN], [1], [0, 4, 2, 1, 3], [2, 4, 0, 1, 3]]);
  });

  test("a sort is stable in both directions", () => {
    const values = of([2, 1, 2, 1, -0, 0]);
    expect(evaluate([g.argSort(values), g.argSort(values, { descending: true })])).toEqual([
      [4, 5, 1, 3, 0, 2],
      [0, 2, 1, 3, 4, 5],
    ]);
  });

  test("logSumExp of nothing, or of −∞ alone, is −∞; ∞ among numbers is ∞", () => {
    expect(
      evaluate([g.logSumExp(of([])), g.logSumExp(of([-Infinity, -Infinity])), g.logSumExp(of([1, Infinity]))]),
    ).toEqual([[-Infinity], [-Infinity], [Infinity]]);
    expect(evaluate([g.logSumExp(of([1e4, 1e4])), g.softmax(of([-Infinity, 0]))])).toEqual([[1e4 + Math.LN2], [0, 1]]);
  });

  test("toIndex goes towards zero, saturates, and makes NaN an index outside every range", () => {
    expect(evaluate([g.toIndex(g.input("x", [5]))], { x: [1.9, -1.9, NaN, 1e20, -Infinity] })[0]).toEqual([
      1, -1, -1, 2147483647, -2147483648,
    ]);
  });
});
