import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { input } from "../../../shared/graph/build.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import { brier, ece, temperature } from "../../../shared/metrics/calibration.ts";
import type { Metric, Parts } from "../../../shared/metrics/metric.ts";
import { Random } from "../../../shared/random.ts";
import { seed } from "../../support/draw.ts";
import { runProgram } from "../../support/run-program.ts";

interface Golden {
  readonly kind: string;
  readonly logits?: readonly number[];
  readonly probability?: readonly number[];
  readonly target: readonly number[];
  readonly value: number;
  readonly temperature: number;
  readonly binConfidenceSum: readonly number[];
  readonly binTargetSum: readonly number[];
}
const file = new URL("../../golden/metrics/calibration.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Golden[] };
const golden = (kind: string): Golden => cases.find((one) => one.kind === kind)!;
const logits = (probability: readonly number[]): number[] => probability.map((p) => Math.log(p / (1 - p)));

function partsOf(metric: Metric, prediction: readonly number[], target: readonly number[], outputs = 1): Parts {
  const rows = target.length;
  const nodes = {
    prediction: input("prediction", outputs === 1 ? [rows] : [rows, outputs]),
    target: input("target", [rows], outputs === 1 ? "real" : "index"),
    weights: input("weights", [rows]),
  };
  const facts = outputs === 1 ? { kind: "binary" as const, classes: 2 } : { kind: "class" as const, classes: outputs };
  const program = defineProgram({
    inputs: Object.entries(nodes).map(([name, { shape, dtype }]) => ({ name, role: "batch", shape, dtype }) as const),
    outputs: metric.parts({ ...nodes, facts }),
  });
  return runProgram(program, { prediction, target, weights: new Array<number>(rows).fill(1) });
}

test("the expected calibration error and its reliability bins are the golden ones", () => {
  const { probability, target, value, binConfidenceSum, binTargetSum } = golden("ece");
  const parts = partsOf(ece, logits(probability!), target);
  expect(ece.value(parts)).toBeCloseTo(value, 12);
  binConfidenceSum.forEach((sum, b) => {
    expect(parts["confidence"]![b]).toBeCloseTo(sum, 12);
  });
  expect(Array.from(parts["correct"]!)).toEqual(binTargetSum);
});

test("the Brier score is the golden one, and twice it for the same two classes", () => {
  const { probability, target, value } = golden("brier-binary");
  expect(brier.value(partsOf(brier, logits(probability!), target))).toBeCloseTo(value, 12);
  const pairs = logits(probability!).flatMap((x) => [0, x]);
  expect(brier.value(partsOf(brier, pairs, target, 2))).toBeCloseTo(2 * value, 12);
});

describe("the temperature", () => {
  const { logits: scores, target, temperature: expected } = golden("temperature-scaling");

  test("is the golden one to 1e-5, for a logit and for the two classes that equal it", () => {
    expect(Math.abs(temperature.value(partsOf(temperature, scores!, target))! - expected)).toBeLessThan(1e-5);
    const pairs = scores!.flatMap((x) => [x / 2, (3 * x) / 2]);
    expect(Math.abs(temperature.value(partsOf(temperature, pairs, target, 2))! - expected)).toBeLessThan(1e-5);
  });

  test("of logits three times too large is three times the temperature", () => {
    const tripled = temperature.value(
      partsOf(
        temperature,
        scores!.map((x) => 3 * x),
        target,
      ),
    );
    expect(Math.abs(tripled! - 3 * expected)).toBeLessThan(1e-5);
  });

  test(`of answers drawn from the logits' own probabilities is near 1, and such logits are calibrated (SEED=${seed})`, () => {
    const random = Random.seeded(seed);
    const drawn = Array.from({ length: 20_000 }, () => 6 * random.uniform() - 3);
    const came = drawn.map((x) => (random.uniform() < 1 / (1 + Math.exp(-x)) ? 1 : 0));
    expect(Math.abs(temperature.value(partsOf(temperature, drawn, came))! - 1)).toBeLessThan(0.05);
    const three = drawn.map((x) => 3 * x);
    expect(Math.abs(temperature.value(partsOf(temperature, three, came))! - 3)).toBeLessThan(0.15);
    expect(ece.value(partsOf(ece, drawn, came))).toBeLessThan(0.015);
    expect(ece.value(partsOf(ece, three, came))).toBeGreaterThan(0.05);
  });

  test("has a bound where answers follow the sign of every logit, and none where there are no logits", () => {
    expect(temperature.value(partsOf(temperature, [1, -2, 3], [1, 0, 1]))).toBeCloseTo(Math.exp(-3), 12);
    expect(temperature.value(partsOf(temperature, [0, 0], [1, 0]))).toBeNull();
  });
});
