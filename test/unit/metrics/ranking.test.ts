/** The metrics that join rows, beside scikit-learn and plain loops, and where scores tie. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { metrics, type MetricName } from "../../../shared/experiment/catalogue.ts";
import type { Metric } from "../../../shared/metrics/metric.ts";
import { metricValue, type MetricRows } from "../../support/metric-rows.ts";

interface Golden {
  readonly rows: readonly (readonly number[])[];
  readonly values: Readonly<Partial<Record<MetricName, number>>>;
}
const golden = JSON.parse(
  readFileSync(new URL("../../golden/metrics/ranking.json", import.meta.url), "utf8"),
) as Record<"graded" | "picked" | "labelled" | "survival", Golden>;

const column = ({ rows }: Golden, at: number): number[] => rows.map((row) => row[at]!);
const graded = (of: Golden): MetricRows => ({ group: column(of, 0), prediction: column(of, 1), target: column(of, 2) });
const { survival } = golden;
const sets: readonly (readonly [Golden["values"], MetricRows])[] = [
  [golden.graded.values, graded(golden.graded)],
  [golden.picked.values, graded(golden.picked)],
  [
    golden.labelled.values,
    { prediction: column(golden.graded, 1), target: column(golden.graded, 2).map((y) => Math.min(1, y)) },
  ],
  [
    survival.values,
    {
      group: column(survival, 0),
      prediction: column(survival, 1),
      survival: { time: column(survival, 2), event: column(survival, 3) },
    },
  ],
];
const cases = sets.flatMap(([values, rows]) => Object.entries(values).map(([name, value]) => ({ name, value, rows })));

test.each(cases)("$name is $value (scikit-learn, plain loops)", ({ name, value, rows }) => {
  expect(metricValue(metrics[name as MetricName], rows)).toBeCloseTo(value, 12);
});

describe("NDCG", () => {
  test("of two lists is the mean of theirs; one without relevance has none", () => {
    const lists = { group: [1, 2, 1, 2, 3], prediction: [2, 0, 1, 1, 5], target: [0, 1, 1, 0, 0] };
    expect(metricValue(metrics.ndcg, lists)).toBeCloseTo(1 / Math.log2(3), 14); // both have it at place 2
    expect(metricValue(metrics["ndcg@1"], lists)).toBe(0);
    expect(metricValue(metrics.ndcg, { group: [1, 1], prediction: [1, 2], target: [0, 0] })).toBeNull();
  });

  test("of scores that are all equal is that of chance", () => {
    const level = { group: [7, 7, 7, 7], prediction: [1, 1, 1, 1], target: [1, 0, 0, 0] };
    expect(metricValue(metrics["ndcg@1"], level)).toBe(1 / 4);
    const mean = [1, 2, 3, 4].reduce((sum, rank) => sum + 1 / Math.log2(1 + rank), 0) / 4;
    expect(metricValue(metrics.ndcg, level)).toBeCloseTo(mean, 14);
  });

  test("is worth 2^y − 1 or y", () => {
    const swapped = { group: [1, 1], prediction: [1, 0], target: [1, 3] };
    const at = (rank: number): number => 1 / Math.log2(1 + rank);
    expect(metricValue(metrics.ndcg, swapped)).toBeCloseTo((1 + 7 * at(2)) / (7 + at(2)), 14);
    expect(metricValue(metrics["ndcg-linear"], swapped)).toBeCloseTo((1 + 3 * at(2)) / (3 + at(2)), 14);
  });
});

describe("of pairs that share their better one", () => {
  // One user, who took something that two of five others outscore and one ties with: place 3 or 4.
  const margins = {
    group: [1, 1, 1, 1, 1],
    prediction: [-1, -0.5, 0, 2, 3],
    target: [1, 1, 1, 1, 1],
    pairs: true,
  } as const;
  const asRows = { group: [1, 1, 1, 1, 1, 1], prediction: [0, 1, 0.5, 0, -2, -3], target: [1, 0, 0, 0, 0, 0] };

  test.each<[MetricName, number]>([
    ["hit-rate@1", 0],
    ["hit-rate@3", 1 / 2],
    ["hit-rate@5", 1],
    ["reciprocal-rank", (1 / 3 + 1 / 4) / 2],
  ])("%s is %d, as of the same candidates row by row", (name, value) => {
    expect(metricValue(metrics[name], margins)).toBeCloseTo(value, 14);
    expect(metricValue(metrics[name], asRows)).toBeCloseTo(value, 14);
  });

  test("accuracy is the share of pairs in the right order", () => {
    expect(metricValue(metrics.accuracy, margins)).toBe(2 / 5);
  });

  test("a margin that is no number is no win", () => {
    const broken = { group: [1, 1], prediction: [NaN, NaN], target: [1, 1], pairs: true } as const;
    expect(metricValue(metrics["hit-rate@1"], broken)).toBe(0);
  });
});

test("a model without any finite score has no first hit", () => {
  const broken = { group: [1, 1], prediction: [NaN, NaN], target: [1, 0] };
  expect(metricValue(metrics["reciprocal-rank"], broken)).toBeNull();
});

test("average precision of a perfect order is 1, and of a constant the share of positives", () => {
  const rows = { target: [1, 0, 1, 0], facts: { kind: "binary", classes: 2 } } as const;
  const { "average-precision": precision } = metrics as Readonly<Record<string, Metric>>;
  expect(metricValue(precision!, { ...rows, prediction: [3, 1, 2, -1] })).toBe(1);
  expect(metricValue(precision!, { ...rows, prediction: [1, 1, 1, 1] })).toBe(0.5);
});
