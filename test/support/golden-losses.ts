/** The golden cases of losses, and an answer held against one. Provenance and format are in the file itself. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { losses } from "../../shared/losses/catalogue.ts";
import type { TrialAnswer } from "../../shared/objectives/trial-answer.ts";
import { numberOf, type TensorJson } from "../../shared/objectives/trial-tensor.ts";

export interface GoldenCase extends Omit<TrialAnswer, "status"> {
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, TensorJson>>;
  readonly status?: "empty";
}
const golden = new URL("../golden/", import.meta.url);
const files = ["losses/losses.json", "losses-extra/classes-and-quantiles.json"];
export const goldenCases = files.flatMap(
  (file) => (JSON.parse(readFileSync(new URL(file, golden), "utf8")) as { cases: readonly GoldenCase[] }).cases,
);
/** Those of losses that are in the catalogue. */
export const knownCases = goldenCases.filter(({ loss }) => loss in losses);

/** rel·|golden| + abs·(the largest number in sight, at least 1). Extreme cases lose digits in float32 by cancellation. */
const tolerances = {
  float64: { value: [1e-12, 1e-14], slope: [1e-10, 1e-12], exact: [1e-12, 0] },
  float32: { value: [2e-5, 1e-6], slope: [1e-4, 1e-6], exact: [1e-12, 0] },
  extreme: { value: [1e-3, 1e-6], slope: [1e-3, 1e-6], exact: [1e-12, 0] },
} as const;
type Tolerance = readonly [relative: number, absolute: number];

const numbers = ({ data }: TensorJson): number[] => data.map(numberOf);

/** Every number of an answer is the golden one, within the tolerances of the precision. */
export function expectGolden(answer: TrialAnswer, golden: GoldenCase, precision: "float64" | "float32"): void {
  const { value, slope, exact } =
    tolerances[precision === "float32" && golden.id.includes("extreme") ? "extreme" : precision];
  expectNear("num", [numberOf(answer.num)], [numberOf(golden.num)], value);
  expectNear("den", [numberOf(answer.den)], [numberOf(golden.den)], exact);
  expect(answer.status).toBe(golden.status ?? "ok");
  if (golden.value === null) expect(answer.value).toBeNull();
  else expectNear("value", [numberOf(answer.value ?? NaN)], [numberOf(golden.value)], value);
  expect([answer.loss, answer.count, answer.ignored]).toEqual([golden.loss, golden.count, golden.ignored]);
  expect(Object.keys(answer.grad).sort()).toEqual(Object.keys(golden.grad).sort());
  for (const [name, tensor] of Object.entries(golden.grad)) {
    expect(layoutOf(answer.grad[name]), name).toEqual(layoutOf(tensor));
    expectNear(`grad ${name}`, numbers(answer.grad[name]!), numbers(tensor), slope);
  }
  if (golden.perUnit === null) expect(answer.perUnit).toBeNull();
  else {
    expect(layoutOf(answer.perUnit!)).toEqual(layoutOf(golden.perUnit));
    expectNear("perUnit", numbers(answer.perUnit!), numbers(golden.perUnit), value);
  }
  expect(layoutOf(answer.sums)).toEqual(layoutOf(golden.sums));
  if (golden.sums !== undefined) expectNear("sums", numbers(answer.sums!), numbers(golden.sums), value);
  expect(layoutOf(answer.multipliers)).toEqual(layoutOf(golden.multipliers));
  if (golden.multipliers !== undefined)
    expectNear("multipliers", numbers(answer.multipliers!), numbers(golden.multipliers), slope);
}

/** All of a tensor but its numbers: names, dtype, shape. */
const layoutOf = (tensor: TensorJson | undefined): object | undefined => tensor && { ...tensor, data: undefined };

function expectNear(what: string, got: readonly number[], wanted: readonly number[], [rel, abs]: Tolerance): void {
  expect(got.length, what).toBe(wanted.length);
  const largest = wanted.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1);
  for (const [i, x] of wanted.entries()) {
    if (got[i] === x) continue; // infinities too
    expect(Math.abs(got[i]! - x), `${what}[${i}]: ${got[i]}, golden ${x}`).toBeLessThanOrEqual(
      rel * Math.abs(x) + abs * largest,
    );
  }
}
