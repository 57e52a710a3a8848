/** Every golden case, on every engine. Provenance and format are in the file itself; tolerances below. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Program } from "../../../shared/graph/program.ts";
import type { Engine, Precision } from "../../../shared/kernels/engine-interface.ts";
import { createEngine } from "../../../shared/kernels/engine.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { createReferenceEngine } from "../../../shared/kernels/reference.ts";
import { losses, type LossName } from "../../../shared/losses/catalogue.ts";
import { dtypeOf, formsOf, type InputSpecs, type InputValues } from "../../../shared/losses/inputs.ts";
import { runLoss } from "../../support/loss-batch.ts";

interface Tensor {
  readonly dtype: "float" | "int" | "bool";
  readonly shape: readonly number[];
  readonly data: readonly (number | boolean)[];
}
interface Case {
  readonly id: string;
  readonly loss: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly perUnit: Tensor | null;
  readonly num: number;
  readonly den: number;
  readonly value: number | null;
  readonly count: number;
  readonly ignored: number;
  readonly grad: Readonly<Record<string, Tensor>>;
  readonly sums?: Tensor;
  readonly multipliers?: Tensor;
}
const golden = new URL("../../golden/", import.meta.url);
const files = ["losses/losses.json", "losses-extra/classes-and-quantiles.json"];
const cases = files.flatMap(
  (file) => (JSON.parse(readFileSync(new URL(file, golden), "utf8")) as { cases: readonly Case[] }).cases,
);
const known = cases.filter(({ loss }) => loss in losses);

const heap = Heap.create();
const wasm =
  (precision: Precision) =>
  (program: Program): Engine =>
    createEngine(program, { precision, heap });

/** rel·|golden| + abs·(the largest number in sight, at least 1). Extreme cases lose digits in float32 by cancellation. */
const tolerances = {
  float64: { value: [1e-12, 1e-14], slope: [1e-10, 1e-12], exact: [1e-12, 0] },
  float32: { value: [2e-5, 1e-6], slope: [1e-4, 1e-6], exact: [1e-6, 0] },
  extreme: { value: [1e-3, 1e-6], slope: [1e-3, 1e-6], exact: [1e-6, 0] },
} as const;

const engines = [
  { title: "the reference engine", precision: "float64", engineOf: createReferenceEngine },
  { title: "the kernels in float64", precision: "float64", engineOf: wasm("float64") },
  { title: "the kernels in float32", precision: "float32", engineOf: wasm("float32") },
] as const;

/** A golden tensor as the loss declares that input: whole numbers are indices only where it wants them. */
function valuesFor(inputs: InputSpecs, name: string, { dtype, shape, data }: Tensor): InputValues {
  const forms = formsOf(inputs[name] ?? []).filter(
    ({ axes }) => axes.length === shape.length || (axes.includes("…") && shape.length >= axes.length - 1),
  );
  const form = forms.find((one) => dtype === "int" || dtypeOf(one) === "real");
  if (form === undefined) throw new Error(`no form of ${name} takes ${dtype} [${shape.join(", ")}]`);
  return { dtype: dtypeOf(form), shape, data: data.map(Number) };
}

const numbers = (tensor: Tensor): number[] => tensor.data.map(Number);
const stacked = (parts: Readonly<Record<string, InputValues>> = {}): number[] =>
  Object.values(parts).flatMap(({ data }) => data);

describe.each(engines)("the golden cases of every loss on $title", ({ precision, engineOf }) => {
  test.each(known)("$id", ({ id, loss, options, inputs, ...golden }) => {
    const { weight, classMask, ...tensors } = inputs;
    const bound = losses[loss as LossName].bind({
      ...options,
      ...(classMask && { classMask: classMask.data.map(Boolean) }),
    });
    const batch = Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [name, valuesFor(bound.inputs, name, tensor)]),
    );
    const seen = runLoss(bound, batch, weight && numbers(weight), engineOf);

    const { value, slope, exact } =
      tolerances[precision === "float32" && id.includes("extreme") ? "extreme" : precision];
    type Tolerance = readonly [relative: number, absolute: number];
    const expectNear = (
      what: string,
      got: readonly number[],
      wanted: readonly number[],
      [rel, abs]: Tolerance,
    ): void => {
      expect(got.length, what).toBe(wanted.length);
      const largest = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
      for (const [i, x] of wanted.entries()) {
        const bound = rel * Math.abs(x) + abs * largest;
        expect(Math.abs(got[i]! - x), `${what}[${i}]: ${got[i]}, golden ${x}`).toBeLessThanOrEqual(bound);
      }
    };
    expectNear("num", [seen.numerator], [golden.num], value);
    expectNear("den", [seen.denominator], [golden.den], exact);
    if (golden.value === null) expect(seen.value).toBeNull();
    else expectNear("value", [seen.value ?? NaN], [golden.value], value);
    expect([seen.count, seen.ignored, seen.nonFinite]).toEqual([golden.count, golden.ignored, 0]);
    expect(Object.keys(seen.gradients).sort()).toEqual(Object.keys(golden.grad).sort());
    for (const [name, tensor] of Object.entries(golden.grad)) {
      expectNear(`grad ${name}`, seen.gradients[name]!.data, numbers(tensor), slope);
    }
    if (golden.perUnit !== null) expectNear("perUnit", seen.units!.data, numbers(golden.perUnit), value);
    if (golden.sums !== undefined) expectNear("sums", stacked(seen.sums), numbers(golden.sums), value);
    if (golden.multipliers !== undefined) {
      expectNear("multipliers", stacked(seen.multipliers), numbers(golden.multipliers), slope);
    }
  });
});

test("every loss of the goldens is in the catalogue", () => {
  expect([...new Set(cases.map(({ loss }) => loss))].filter((loss) => !(loss in losses))).toEqual([]);
});
