import { describe, expect, test } from "vitest";
import { mean } from "../../../server/aggregation/mean.ts";
import type { Update } from "../../../shared/updates/update.ts";

const contribution = (objective: string, numerator: number, denominator: number, gradient: number[]) => ({
  objective,
  examples: 1,
  ignored: 0,
  numerator,
  denominator,
  gradient: Float64Array.from(gradient),
});
const gradients = (client: string, ...contributions: ReturnType<typeof contribution>[]): Update => ({
  kind: "gradients",
  client,
  contributions,
});
const change = (client: string, weight: number, vector: number[], numerator = 0, denominator = 1): Update => ({
  kind: "change",
  client,
  weight,
  change: Float64Array.from(vector),
  contributions: [{ objective: "a", examples: 1, ignored: 0, numerator, denominator }],
});

describe("the mean of gradients", () => {
  const rule = mean({ mode: "gradient", objectives: { a: 1 }, divisor: "sum" });

  test("divides sums, where a mean of means or of counts is wrong", () => {
    // Weighted cross-entropy: row 0 at one worker, rows 1 to 3 at the other; class weights 1, 2, 4.
    const [first, rest] = [0.2395447662, 2.5811935422];
    const state = [
      gradients("a", contribution("a", first, 1, [first])),
      gradients("b", contribution("a", rest, 7, [rest])),
    ].reduce((sum, update) => rule.add(sum, update), rule.empty());
    const [row] = rule.finish(state);
    expect(row).toMatchObject({ status: "ready" });
    if (row?.status !== "ready") return;
    expect(row.value).toBeCloseTo(0.3525922886, 9);
    expect(row.gradient[0]).toBeCloseTo(0.3525922886, 9);
  });

  test("never refuses an honest size: 1e300 and 1 and −1e300 are 1", () => {
    const state = [1e300, 1, -1e300].reduce(
      (sum, x, i) => rule.add(sum, gradients(`c${i}`, contribution("a", x, 1, [x]))),
      rule.empty(),
    );
    const [row] = rule.finish(state);
    expect(row).toMatchObject({ status: "ready", value: 1 / 3 });
    if (row?.status === "ready") expect([...row.gradient]).toEqual([1 / 3]);
  });
});

describe("the mean of changes", () => {
  test("is weighted, and points uphill", () => {
    const rule = mean({ mode: "update", objectives: { a: 2 }, divisor: "sum" });
    const state = [change("x", 3, [1, 0], 6, 3), change("y", 1, [5, 4], 2, 1)].reduce(
      (sum, one) => rule.add(sum, one),
      rule.empty(),
    );
    const [row] = rule.finish(state);
    expect(row).toEqual({ objective: "combined", status: "ready", value: 4, gradient: Float64Array.from([-2, -1]) });
  });

  test("is divided by a declared constant where totals are declared", () => {
    const rule = mean({ mode: "update", objectives: { a: 1 }, divisor: 1 });
    const [row] = rule.finish(rule.add(rule.empty(), change("x", 0.25, [4])));
    expect(row).toMatchObject({ gradient: Float64Array.from([-1]) });
  });
});
