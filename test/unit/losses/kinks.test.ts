/** Where a slope jumps, the slope is a convention: inactive at equality, the first index among equals, 0 at the zero vector. */
import { describe, expect, test } from "vitest";
import { losses, type LossName } from "../../../shared/losses/catalogue.ts";
import { runLoss } from "../../support/loss-batch.ts";
import { labels, real, slopesOf } from "../../support/loss-values.ts";

/** The slope of a loss on one element. */
const slope = (name: LossName, prediction: number, target: number, options: object = {}): number =>
  slopesOf(
    runLoss(losses[name].bind(options), { prediction: real([1], [prediction]), target: real([1], [target]) }),
  )[0]!;

describe("a loss of the error is flat where there is none", () => {
  test.each([
    ["mae", {}],
    ["smooth-l1", { beta: 0 }],
    ["quantile", { q: 0.9 }],
    ["mape", {}],
    ["log-cosh", {}],
    ["expectile", { tau: 0.9 }],
  ] as const)("%s %o", (name, options) => {
    expect(Math.abs(slope(name, 2, 2, options))).toBe(0);
  });
});

describe("a margin that is just met is met", () => {
  test.each([
    ["hinge", 1, 1, {}],
    ["hinge", -0.5, -1, { margin: 0.5 }],
    ["squared-hinge", 1, 1, {}],
    ["perceptron", 0, 1, {}],
    ["perceptron", 0, -1, {}],
  ] as const)("%s at %d for %d", (name, prediction, target, options) => {
    expect(Math.abs(slope(name, prediction, target, options))).toBe(0);
    expect(slope(name, prediction - 0.001 * target, target, options)).not.toBe(0);
  });

  test.each(["multi-margin", "crammer-singer"] as const)("%s", (name) => {
    const seen = runLoss(losses[name].bind(), { prediction: real([1, 3], [2, 1, 0]), target: labels(0) });
    expect(slopesOf(seen).map(Math.abs)).toEqual([0, 0, 0]);
  });

  test("multilabel-margin", () => {
    const batch = { prediction: real([1, 3], [2, 1, 0]), target: real([1, 3], [1, 0, 0]) };
    expect(slopesOf(runLoss(losses["multilabel-margin"].bind(), batch)).map(Math.abs)).toEqual([0, 0, 0]);
  });
});

test("huber and smooth-l1 are continuous at the seam", () => {
  expect([1, 1.0001, 0.9999].map((e) => slope("huber", e, 0))).toEqual([1, 1, 0.9999]);
  expect([0.5, 0.5001, 0.25].map((e) => slope("smooth-l1", e, 0, { beta: 0.5 }))).toEqual([1, 1, 0.5]);
});

test("of equal rivals the first has the slope", () => {
  const seen = runLoss(losses["crammer-singer"].bind(), { prediction: real([1, 3], [0, 1, 1]), target: labels(0) });
  expect(slopesOf(seen)).toEqual([-1, 1, 0]);
});

test("of equal beliefs the first is the hard one", () => {
  const loss = losses["bootstrapped-cross-entropy"].bind({ mode: "hard", beta: 0 });
  const [first, second, rest] = slopesOf(runLoss(loss, { prediction: real([1, 3], [1, 1, 0]), target: labels(2) }));
  expect(first).toBeLessThan(0); // p − 1
  expect(second).toBeGreaterThan(0);
  expect(first! + second! + rest!).toBeCloseTo(0, 15);
});

test("msle does not see predictions at or below 0", () => {
  expect([-5, 0].map((p) => Math.abs(slope("msle", p, 3)))).toEqual([0, 0]);
  expect(slope("msle", 1, 3)).toBeLessThan(0);
});

test("a vector of zeros has the cosine 0, and no slope", () => {
  const batch = { prediction: real([2, 2], [0, 0, 3, 4]), target: real([2, 2], [1, 2, 0, 0]) };
  const seen = runLoss(losses["cosine-distance"].bind(), batch);
  expect([seen.numerator, seen.count, ...slopesOf(seen).map(Math.abs)]).toEqual([2, 2, 0, 0, 0, 0]);
});

test("bce counts a certain mistake as 100, and a certain truth as nothing", () => {
  const batch = { prediction: real([4], [0, 1, 0, 1]), target: real([4], [1, 0, 0, 1]) };
  const seen = runLoss(losses.bce.bind(), batch);
  expect(seen.units!.data.map(Math.abs)).toEqual([100, 100, 0, 0]);
  expect(slopesOf(seen).map((x) => Math.round(x / 1e11) / 10)).toEqual([-1, 1, 0, 0]);
});

test("a quantile that equals its neighbour does not cross it", () => {
  const loss = losses["multi-quantile"].bind({ quantiles: [0.25, 0.75], crossing: 10 });
  const seen = runLoss(loss, { prediction: real([1, 2], [1, 1]), target: real([1], [1]) });
  expect([seen.numerator, ...slopesOf(seen).map(Math.abs)]).toEqual([0, 0, 0]);
});

test("a negative within the shift of asymmetric-focal is not heard", () => {
  expect(slope("asymmetric-focal", -10, 0)).toBe(0);
  expect(slope("asymmetric-focal", -2, 0)).toBeGreaterThan(0);
});
