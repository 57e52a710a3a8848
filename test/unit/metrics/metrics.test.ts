import { describe, expect, test } from "vitest";
import { metrics, type MetricName } from "../../../shared/experiment/catalogue.ts";
import { greater, input, multiply, subtract } from "../../../shared/graph/build.ts";
import type { Node } from "../../../shared/graph/graph.ts";
import { defineProgram } from "../../../shared/graph/program.ts";
import { losses } from "../../../shared/losses/catalogue.ts";
import type { TargetFacts } from "../../../shared/losses/loss.ts";
import { groupParts, groupValues } from "../../../shared/metrics/groups.ts";
import { emptyParts, mergeParts, type Metric, type Parts } from "../../../shared/metrics/metric.ts";
import { countedUnits, type CountedUnits } from "../../../shared/objectives/objective.ts";
import { drawOf, seed } from "../../support/draw.ts";
import { runProgram } from "../../support/run-program.ts";

const binary: TargetFacts = { kind: "binary", classes: 2 };
const number: TargetFacts = { kind: "number", classes: 1 };

interface Rows {
  readonly facts: TargetFacts;
  /** [rows] for one output, else [rows, outputs]. */
  readonly outputs: number;
  readonly prediction: readonly number[];
  readonly target: readonly number[];
  readonly weights?: readonly number[];
}

/** The parts of a metric on some rows; a single output of an ordinal or class head keeps its axis. */
function partsOf(metric: Metric, { facts, outputs, prediction, target, weights }: Rows): Parts {
  const rows = target.length;
  const flat = outputs === 1 && (facts.kind === "binary" || facts.kind === "number");
  const index = facts.kind === "class" || facts.kind === "level";
  const shapes = { prediction: flat ? [rows] : [rows, outputs], target: [rows], weights: [rows] };
  const nodes = {
    prediction: input("prediction", shapes.prediction),
    target: input("target", [rows], index ? "index" : "real"),
    weights: input("weights", [rows]),
  };
  const program = defineProgram({
    inputs: Object.entries(nodes).map(([name, { shape, dtype }]) => ({ name, role: "batch", shape, dtype }) as const),
    outputs: metric.parts({ ...nodes, facts, ...(flat && { units: hingeUnits(nodes) }) }),
  });
  return runProgram(program, { prediction, target, weights: weights ?? new Array<number>(rows).fill(1) });
}

/** The units of a hinge loss whose targets above 0 are the positive ones. */
function hingeUnits({ prediction, target, weights }: Record<"prediction" | "target" | "weights", Node>): CountedUnits {
  const signs = subtract(multiply(2, greater(target, 0)), 1);
  return countedUnits(losses.hinge.bind(), { prediction, target: signs }, weights);
}

const valueOf = (metric: Metric, rows: Rows): number | null => metric.value(partsOf(metric, rows));

describe("values", () => {
  test("accuracy counts a score above 0 as yes", () => {
    expect(
      valueOf(metrics.accuracy, { facts: binary, outputs: 1, prediction: [2, -1, 0, 3], target: [1, 0, 0, 0] }),
    ).toBe(0.75);
  });
  test("accuracy takes the first of the largest scores", () => {
    const rows = {
      facts: { kind: "class", classes: 3 },
      outputs: 3,
      prediction: [1, 1, 0, 0, 0, 5, 3, 4, 1],
      target: [0, 2, 0],
    } as const;
    expect(valueOf(metrics.accuracy, rows)).toBe(2 / 3);
  });
  test("the level of an ordinal head is the number of its positive logits", () => {
    const rows = {
      facts: { kind: "level", classes: 4 },
      outputs: 3,
      prediction: [1, 1, -1, -1, -1, -1, 1, 1, 1],
      target: [2, 2, 3],
    } as const;
    expect(valueOf(metrics["mean-absolute-level-error"], rows)).toBeCloseTo(2 / 3, 14);
    expect(valueOf(metrics.accuracy, rows)).toBeCloseTo(2 / 3, 14);
  });
  test("log loss of a logit and of the softmax that equals it", () => {
    const one = valueOf(metrics["log-loss"], { facts: binary, outputs: 1, prediction: [2, -1], target: [1, 1] });
    const two = valueOf(metrics["log-loss"], {
      facts: { kind: "class", classes: 2 },
      outputs: 2,
      prediction: [0, 2, 0, -1],
      target: [1, 1],
    });
    expect(one).toBeCloseTo((Math.log1p(Math.exp(-2)) + Math.log1p(Math.E)) / 2, 12);
    expect(two).toBeCloseTo(one!, 12);
  });
  test("mae, rmse and R² of three rows", () => {
    const rows = { facts: number, outputs: 1, prediction: [1, 2, 5], target: [1, 4, 4] };
    expect(valueOf(metrics.mae, rows)).toBe(1);
    expect(valueOf(metrics.rmse, rows)).toBeCloseTo(Math.sqrt(5 / 3), 14);
    expect(valueOf(metrics.r2, rows)).toBeCloseTo(1 - 5 / 6, 12);
  });
  test("R² is 1 for a perfect model, 0 for the mean, and nothing for a target that does not vary", () => {
    const rows = { facts: number, outputs: 1, target: [1, 2, 6] };
    expect(valueOf(metrics.r2, { ...rows, prediction: [1, 2, 6] })).toBe(1);
    expect(valueOf(metrics.r2, { ...rows, prediction: [3, 3, 3] })).toBeCloseTo(0, 14);
    expect(valueOf(metrics.r2, { facts: number, outputs: 1, prediction: [1, 2], target: [4, 4] })).toBeNull();
  });
});

describe("AUC", () => {
  /** All positive–negative pairs, one by one. */
  function oracle(scores: readonly number[], target: readonly number[], weights: readonly number[]): number {
    let [won, pairs] = [0, 0];
    scores.forEach((p, i) => {
      scores.forEach((n, j) => {
        if (target[i] !== 1 || target[j] !== 0) return;
        const weight = weights[i]! * weights[j]!;
        pairs += weight;
        won += weight * (p > n ? 1 : p === n ? 0.5 : 0);
      });
    });
    return won / pairs;
  }
  test(`is the share of pairs in the right order, ties counted half (SEED=${seed})`, () => {
    const draw = drawOf(seed, "odd");
    const target = Array.from({ length: 80 }, () => draw.integer(0, 1));
    const prediction = target.map((y) => draw.integer(-12, 12) / 4 + y); // quarters: many ties, and no two share a bin otherwise
    const weights = target.map(() => draw.integer(0, 3));
    const seen = valueOf(metrics.auc, { facts: binary, outputs: 1, prediction, target, weights });
    expect(seen).toBeCloseTo(oracle(prediction, target, weights), 12);
  });
  test("tells scores apart far out, where probabilities have long become 1", () => {
    const rows = { facts: binary, outputs: 1, prediction: [60, 61, 62, 63], target: [0, 0, 1, 1] };
    expect(valueOf(metrics.auc, rows)).toBe(1);
  });
  test("has no value when there is only one class", () => {
    expect(valueOf(metrics.auc, { facts: binary, outputs: 1, prediction: [1, 2], target: [1, 1] })).toBeNull();
  });
  test("does not see rows of weight 0, nor scores that are no numbers", () => {
    const rows = {
      facts: binary,
      outputs: 1,
      prediction: [1, 0, 9, NaN, -Infinity],
      target: [1, 0, 0, 0, 1],
      weights: [1, 1, 0, 1, 1],
    };
    expect(valueOf(metrics.auc, rows)).toBe(1);
  });
});

describe("the share of active units", () => {
  // On a line, classes at ±1, ±2, ±3: with the slope ½, the two at ±1 lie within the margin and those at ±2 just meet it.
  const places = [-3, -2, -1, 1, 2, 3];
  const rows = { facts: binary, outputs: 1, target: places.map((x) => (x > 0 ? 1 : 0)) };
  const sloped = (slope: number): number[] => places.map((x) => slope * x);

  test.each([
    [0.5, 2 / 6],
    [0.4, 4 / 6],
    [1, 0],
    [0, 1],
  ])("of a separator with the slope %d is %d: a margin that is just met is met", (slope, share) => {
    expect(valueOf(metrics["active-share"], { ...rows, prediction: sloped(slope) })).toBe(share);
  });
  test("counts units, whatever they weigh, and none of weight 0", () => {
    const weights = [0, 1, 9, 0.5, 1, 1];
    expect(valueOf(metrics["active-share"], { ...rows, prediction: sloped(0.5), weights })).toBe(2 / 5);
  });
});

const facts: Readonly<Record<MetricName, readonly [TargetFacts, outputs: number]>> = {
  accuracy: [{ kind: "class", classes: 3 }, 3],
  auc: [binary, 1],
  "log-loss": [{ kind: "class", classes: 3 }, 3],
  brier: [{ kind: "class", classes: 3 }, 3],
  ece: [{ kind: "class", classes: 3 }, 3],
  temperature: [{ kind: "class", classes: 3 }, 3],
  "mean-absolute-level-error": [{ kind: "level", classes: 4 }, 3],
  mae: [number, 1],
  rmse: [number, 1],
  r2: [number, 1],
  "active-share": [binary, 1],
};

describe.each(Object.keys(metrics) as MetricName[])(`%s (SEED=${seed})`, (name) => {
  const metric: Metric = metrics[name];
  const [of, outputs] = facts[name];
  const draw = drawOf(seed, "odd");
  const rows = 40;
  const prediction = Array.from({ length: rows * outputs }, () => draw.integer(-64, 64) / 16);
  const target = Array.from({ length: rows }, () => draw.integer(0, of.kind === "number" ? 9 : of.classes - 1));
  const weights = Array.from({ length: rows }, () => draw.integer(0, 2));
  const pick = (chosen: readonly number[]): Rows => ({
    facts: of,
    outputs,
    prediction: chosen.flatMap((row) => prediction.slice(row * outputs, (row + 1) * outputs)),
    target: chosen.map((row) => target[row]!),
    weights: chosen.map((row) => weights[row]!),
  });
  const all = [...Array(rows).keys()];
  const whole = metric.value(partsOf(metric, pick(all)))!;

  test.each([2, 3, 7])("over %i shards, merged, it is that of all rows", (shards) => {
    const parts = Array.from({ length: shards }, (_, k) =>
      partsOf(metric, pick(all.filter((row) => row % shards === k))),
    );
    const forward = parts.reduce(mergeParts, emptyParts);
    const backward = parts.reduceRight(mergeParts, emptyParts);
    expect(metric.value(forward)).toBeCloseTo(whole, 12);
    expect(metric.value(backward)).toBeCloseTo(whole, 12);
  });

  test("nothing merged in changes nothing", () => {
    const parts = partsOf(metric, pick(all));
    expect(metric.value(mergeParts(emptyParts, parts))).toBe(whole);
    expect(metric.value(mergeParts(parts, emptyParts))).toBe(whole);
  });

  test("without rows it has no value", () => {
    expect(metric.value(emptyParts)).toBeNull();
    expect(metric.value(partsOf(metric, { ...pick(all), weights: all.map(() => 0) }))).toBeNull();
  });
});

test("a metric by group is that of each group's rows", () => {
  const rows = 6;
  const nodes = {
    prediction: input("prediction", [rows]),
    target: input("target", [rows]),
    weights: input("weights", [rows]),
  };
  const group = input("group", [rows], "index");
  const program = defineProgram({
    inputs: [...Object.entries(nodes), ["group", group] as const].map(
      ([name, { shape, dtype }]) => ({ name, role: "batch", shape, dtype }) as const,
    ),
    outputs: groupParts(metrics.accuracy, { ...nodes, facts: binary }, group, 3),
  });
  const parts = runProgram(program, {
    prediction: [1, 1, -1, -1, 1, 1],
    target: [1, 0, 0, 1, 1, 0],
    weights: [1, 1, 1, 1, 1, 1],
    group: [0, 0, 0, 1, 1, -1],
  });
  expect(groupValues(metrics.accuracy, parts, 3)).toEqual([2 / 3, 0.5, null]);
});
