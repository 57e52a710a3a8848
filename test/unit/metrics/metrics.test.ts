import { describe, expect, test } from "vitest";
import { metrics, type MetricName } from "../../../shared/experiment/catalogue.ts";
import { input } from "../../../shared/graph/build.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import type { TargetFacts } from "../../../shared/losses/loss.ts";
import { groupParts, groupValues } from "../../../shared/metrics/groups.ts";
import { emptyParts, mergeParts, type Metric } from "../../../shared/metrics/metric.ts";
import { drawOf, seed } from "../../support/draw.ts";
import { metricParts, metricValue, type MetricRows } from "../../support/metric-rows.ts";
import { runProgram } from "../../support/run-program.ts";

const binary: TargetFacts = { kind: "binary", classes: 2 };
const number: TargetFacts = { kind: "number", classes: 1 };

describe("values", () => {
  test("accuracy counts a score above 0 as yes", () => {
    expect(
      metricValue(metrics.accuracy, { facts: binary, outputs: 1, prediction: [2, -1, 0, 3], target: [1, 0, 0, 0] }),
    ).toBe(0.75);
  });
  test("accuracy takes the first of the largest scores", () => {
    const rows = {
      facts: { kind: "class", classes: 3 },
      outputs: 3,
      prediction: [1, 1, 0, 0, 0, 5, 3, 4, 1],
      target: [0, 2, 0],
    } as const;
    expect(metricValue(metrics.accuracy, rows)).toBe(2 / 3);
  });
  test("the level of an ordinal head is the number of its positive logits", () => {
    const rows = {
      facts: { kind: "level", classes: 4 },
      outputs: 3,
      prediction: [1, 1, -1, -1, -1, -1, 1, 1, 1],
      target: [2, 2, 3],
    } as const;
    expect(metricValue(metrics["mean-absolute-level-error"], rows)).toBeCloseTo(2 / 3, 14);
    expect(metricValue(metrics.accuracy, rows)).toBeCloseTo(2 / 3, 14);
  });
  test("log loss of a logit and of the softmax that equals it", () => {
    const one = metricValue(metrics["log-loss"], { facts: binary, outputs: 1, prediction: [2, -1], target: [1, 1] });
    const two = metricValue(metrics["log-loss"], {
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
    expect(metricValue(metrics.mae, rows)).toBe(1);
    expect(metricValue(metrics.rmse, rows)).toBeCloseTo(Math.sqrt(5 / 3), 14);
    expect(metricValue(metrics.r2, rows)).toBeCloseTo(1 - 5 / 6, 12);
  });
  test("R² is 1 for a perfect model, 0 for the mean, and nothing for a target that does not vary", () => {
    const rows = { facts: number, outputs: 1, target: [1, 2, 6] };
    expect(metricValue(metrics.r2, { ...rows, prediction: [1, 2, 6] })).toBe(1);
    expect(metricValue(metrics.r2, { ...rows, prediction: [3, 3, 3] })).toBeCloseTo(0, 14);
    expect(metricValue(metrics.r2, { facts: number, outputs: 1, prediction: [1, 2], target: [4, 4] })).toBeNull();
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
    const seen = metricValue(metrics.auc, { facts: binary, outputs: 1, prediction, target, weights });
    expect(seen).toBeCloseTo(oracle(prediction, target, weights), 12);
  });
  test("tells scores apart far out, where probabilities have long become 1", () => {
    const rows = { facts: binary, outputs: 1, prediction: [60, 61, 62, 63], target: [0, 0, 1, 1] };
    expect(metricValue(metrics.auc, rows)).toBe(1);
  });
  test("has no value when there is only one class", () => {
    expect(metricValue(metrics.auc, { facts: binary, outputs: 1, prediction: [1, 2], target: [1, 1] })).toBeNull();
  });
  test("does not see rows of weight 0, nor scores that are no numbers", () => {
    const rows = {
      facts: binary,
      outputs: 1,
      prediction: [1, 0, 9, NaN, -Infinity],
      target: [1, 0, 0, 0, 1],
      weights: [1, 1, 0, 1, 1],
    };
    expect(metricValue(metrics.auc, rows)).toBe(1);
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
    expect(metricValue(metrics["active-share"], { ...rows, prediction: sloped(slope) })).toBe(share);
  });
  test("counts units, whatever they weigh, and none of weight 0", () => {
    const weights = [0, 1, 9, 0.5, 1, 1];
    expect(metricValue(metrics["active-share"], { ...rows, prediction: sloped(0.5), weights })).toBe(2 / 5);
  });
});

/** The metrics that join rows, on grades. */
const ofGroups = (Object.keys(metrics) as MetricName[]).filter((name) => metrics[name].grouped);

const facts: Readonly<Partial<Record<MetricName, readonly [TargetFacts, outputs: number]>>> = {
  ...Object.fromEntries(ofGroups.map((name) => [name, [number, 1]])),
  accuracy: [{ kind: "class", classes: 3 }, 3],
  auc: [binary, 1],
  "average-precision": [binary, 1],
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
  const [of, outputs] = facts[name]!; // a metric without facts has no test: it fails here
  const draw = drawOf(seed, "odd");
  const rows = 40;
  const prediction = Array.from({ length: rows * outputs }, () => draw.integer(-64, 64) / 16);
  const target = Array.from({ length: rows }, () => draw.integer(0, of.kind === "number" ? 9 : of.classes - 1));
  const group = Array.from({ length: rows }, () => draw.integer(-1, 8)); // −1: of none
  const heavy = group.map(() => draw.integer(1, 2));
  const weights = group.map((of) => {
    const drawn = draw.integer(0, 2);
    return metric.grouped === true ? Math.min(1, drawn) * heavy[Math.max(0, of)]! : drawn; // a group's rows weigh alike
  });
  const [time, event] = [group.map(() => draw.integer(1, 9)), group.map(() => draw.integer(0, 1))];
  const pick = (chosen: readonly number[]): MetricRows => ({
    facts: of,
    outputs,
    prediction: chosen.flatMap((row) => prediction.slice(row * outputs, (row + 1) * outputs)),
    target: chosen.map((row) => target[row]!),
    weights: chosen.map((row) => weights[row]!),
    ...(metric.grouped && { group: chosen.map((row) => group[row]!) }),
    ...(metric.losses === "survival" && {
      survival: { time: chosen.map((row) => time[row]!), event: chosen.map((row) => event[row]!) },
    }),
  });
  /** What stays together. */
  const unit = (row: number): number => (metric.grouped === true ? group[row]! + 1 : row);
  const all = [...Array(rows).keys()];
  const whole = metric.value(metricParts(metric, pick(all)))!;

  test.each([2, 3, 7])("over %i shards, merged, it is that of all rows", (shards) => {
    const parts = Array.from({ length: shards }, (_, k) =>
      metricParts(metric, pick(all.filter((row) => unit(row) % shards === k))),
    );
    const forward = parts.reduce(mergeParts, emptyParts);
    const backward = parts.reduceRight(mergeParts, emptyParts);
    expect(metric.value(forward)).toBeCloseTo(whole, 12);
    expect(metric.value(backward)).toBeCloseTo(whole, 12);
  });

  test("nothing merged in changes nothing", () => {
    const parts = metricParts(metric, pick(all));
    expect(metric.value(mergeParts(emptyParts, parts))).toBe(whole);
    expect(metric.value(mergeParts(parts, emptyParts))).toBe(whole);
  });

  test("the order of the rows changes nothing", () => {
    expect(metric.value(metricParts(metric, pick(draw.shuffle(all))))).toBeCloseTo(whole, 12);
  });

  test("rows that weigh nothing are as if they were not there, whatever they hold", () => {
    const there = all.filter((row) => weights[row] !== 0);
    expect(metric.value(metricParts(metric, pick(there)))).toBeCloseTo(whole, 12);
  });

  test("without rows it has no value", () => {
    expect(metric.value(emptyParts)).toBeNull();
    expect(metric.value(metricParts(metric, { ...pick(all), weights: all.map(() => 0) }))).toBeNull();
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
