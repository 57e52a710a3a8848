import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { losses, type LossName } from "../../../shared/experiment/catalogue.ts";
import type { Program } from "../../../shared/graph/program.ts";
import type { Engine, Precision } from "../../../shared/kernels/engine-interface.ts";
import { createEngine } from "../../../shared/kernels/engine.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { createReferenceEngine } from "../../../shared/kernels/reference.ts";
import { runLoss, type Batch } from "../../support/loss-batch.ts";

interface Tensor {
  readonly dtype: "float" | "int" | "bool";
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Case {
  readonly id: string;
  readonly loss: LossName;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly perUnit: Tensor;
  readonly num: number;
  readonly den: number;
  readonly count: number;
  readonly ignored: number;
  readonly grad: { readonly prediction: Tensor };
}
const file = new URL("../../golden/losses/losses.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] };

const heap = Heap.create();
const wasm =
  (precision: Precision) =>
  (program: Program): Engine =>
    createEngine(program, { precision, heap });

/** rel·|golden| + abs·(the largest number in sight, at least 1). Extreme cases lose digits in float32 by cancellation. */
const tolerances = {
  float64: { value: [1e-12, 1e-14], slope: [1e-10, 1e-12] },
  float32: { value: [2e-5, 1e-6], slope: [1e-4, 1e-6] },
  extreme: { value: [1e-3, 1e-6], slope: [1e-3, 1e-6] },
} as const;

const engines = [
  { title: "the reference engine", precision: "float64", engineOf: createReferenceEngine },
  { title: "the kernels in float64", precision: "float64", engineOf: wasm("float64") },
  { title: "the kernels in float32", precision: "float32", engineOf: wasm("float32") },
] as const;

describe.each(engines)("the golden cases of every loss on $title", ({ precision, engineOf }) => {
  test.each(cases)("$id", ({ id, loss, options, inputs, ...golden }) => {
    const { weight, classMask, ...tensors } = inputs;
    const batch: Batch = Object.fromEntries(
      Object.entries(tensors).map(([name, { dtype, shape, data }]) => [
        name,
        { dtype: dtype === "int" ? "index" : "real", shape, data },
      ]),
    );
    const bound = losses[loss].bind({ ...options, ...(classMask && { classMask: classMask.data.map(Boolean) }) });
    const seen = runLoss(bound, batch, weight?.data, engineOf);

    const { value, slope } = tolerances[precision === "float32" && id.includes("extreme") ? "extreme" : precision];
    const expectNear = (
      got: number,
      expected: number,
      [rel, abs]: readonly [number, number],
      largest: number,
    ): void => {
      expect(Math.abs(got - expected)).toBeLessThanOrEqual(rel * Math.abs(expected) + abs * Math.max(1, largest));
    };
    expectNear(seen.numerator, golden.num, value, Math.abs(golden.num));
    expectNear(seen.denominator, golden.den, precision === "float64" ? [1e-12, 0] : [1e-6, 0], 0);
    expect([seen.count, seen.ignored, seen.nonFinite]).toEqual([golden.count, golden.ignored, 0]);
    const slopes = golden.grad.prediction.data;
    const steepest = Math.max(...slopes.map(Math.abs));
    slopes.forEach((expected, i) => {
      expectNear(seen.gradient[i]!, expected, slope, steepest);
    });
  });
});

test("there are golden cases for every loss of the catalogue", () => {
  expect([...new Set(cases.map(({ loss }) => loss))].sort()).toEqual(Object.keys(losses).sort());
});
