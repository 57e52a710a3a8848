/** CTC beside PyTorch's, and the facts of its page. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { losses } from "../../../shared/losses/catalogue.ts";
import { createEngine } from "../../../shared/kernels/engine.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { runLoss, type Batch } from "../../support/loss-batch.ts";

interface Case {
  readonly blank: number;
  readonly shape: readonly [batch: number, time: number, classes: number];
  readonly prediction: readonly number[];
  readonly target: readonly (readonly number[])[];
  readonly inputLength: readonly number[];
  readonly targetLength: readonly number[];
  readonly impossible: readonly boolean[];
  readonly loss: readonly number[];
  readonly gradient: readonly number[];
}
const file = new URL("../../golden/losses/ctc.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] };

const index = (...data: number[]) => ({ dtype: "index", shape: [data.length], data }) as const;
const batchOf = ({ shape, prediction, target, inputLength, targetLength }: Case): Batch => ({
  prediction: { dtype: "real", shape, data: prediction },
  target: { dtype: "index", shape: [target.length, target[0]!.length], data: target.flat() },
  inputLength: index(...inputLength),
  targetLength: index(...targetLength),
});

const near = (seen: readonly number[], wanted: readonly number[], tolerance: number): void => {
  expect(seen.length).toBe(wanted.length);
  const worst = wanted.map((x, i) => Math.abs(seen[i]! - x) / Math.max(1, Math.abs(x)));
  expect(Math.max(...worst)).toBeLessThanOrEqual(tolerance);
};

describe("ctc on PyTorch's cases, with repeated labels, empty targets and targets that do not fit", () => {
  const heap = Heap.create();
  test.each(cases.map((one, i) => [i, one] as const))("case %i", (_, one) => {
    const loss = losses.ctc.bind({ blank: one.blank, zeroInfinity: true });
    const exact = runLoss(loss, batchOf(one));
    near(exact.units!.data, one.loss, 1e-12);
    near(exact.gradients["prediction"]!.data, one.gradient, 1e-12);
    const kernels = runLoss(loss, batchOf(one), undefined, (program) =>
      createEngine(program, { precision: "float32", heap }),
    );
    near(kernels.units!.data, one.loss, 1e-5);
    near(kernels.gradients["prediction"]!.data, one.gradient, 1e-5);
    const open = runLoss(losses.ctc.bind({ blank: one.blank }), batchOf(one));
    expect(open.units!.data.map((x) => x === Infinity)).toEqual(one.impossible);
    expect(open.nonFinite).toBe(one.impossible.filter(Boolean).length);
  });
});

describe("ctc", () => {
  const scores: readonly number[] = [0.5, -1, 2, 0, 1, -0.5, 1.5, 0.25, -2];
  const logits = { dtype: "real", shape: [1, 3, 3], data: scores } as const;
  const run = (target: readonly number[], inputLength: number, targetLength: number, options = {}) =>
    runLoss(losses.ctc.bind(options), {
      prediction: logits,
      target: { dtype: "index", shape: [1, target.length], data: target },
      inputLength: index(inputLength),
      targetLength: index(targetLength),
    });

  test("of an empty target is the silence at every step", () => {
    const silence = [0, 3].map((at) => {
      const row = scores.slice(at, at + 3);
      return Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - row[0]!;
    });
    expect(run([1, 2], 2, 0).numerator).toBeCloseTo(silence[0]! + silence[1]!, 13);
    expect(run([], 2, 0).numerator).toBeCloseTo(silence[0]! + silence[1]!, 13);
    expect(run([1], 0, 0).numerator).toBeCloseTo(0, 15);
  });
  test("is blind beyond both lengths", () => {
    const { gradients } = run([1, 2], 2, 1);
    expect(gradients["prediction"]!.data.slice(6)).toEqual([0, 0, 0]);
    expect(run([1, 2], 2, 1).numerator).toBe(run([1, 7], 2, 1).numerator);
  });
  test("has slopes that sum to 0 at each step", () => {
    const { data } = run([1, 2], 3, 2).gradients["prediction"]!;
    for (const t of [0, 3, 6]) expect(data[t]! + data[t + 1]! + data[t + 2]!).toBeCloseTo(0, 14);
  });
  test("divides by the labels when asked, and by 1 where there are none", () => {
    const options = { normalizer: "target-length" };
    expect(run([1, 2], 3, 2, options).numerator).toBeCloseTo(run([1, 2], 3, 2).numerator / 2, 14);
    expect(run([1, 2], 3, 0, options).numerator).toBe(run([1, 2], 3, 0).numerator);
  });
  test.each([
    ["a label that is the blank", [0, 2], 3, 2],
    ["a label that is no class", [1, 3], 3, 2],
    ["an input longer than its axis", [1, 2], 4, 2],
    ["a target longer than its axis", [1, 2], 3, 3],
    ["a negative length", [1, 2], 3, -1],
  ])("counts %s as non-finite, and sends nothing back", (_, target, inputLength, targetLength) => {
    const seen = run(target, inputLength, targetLength);
    expect(seen.nonFinite).toBe(1);
    expect(seen.gradients["prediction"]!.data.every((slope) => slope === 0)).toBe(true);
  });
});
