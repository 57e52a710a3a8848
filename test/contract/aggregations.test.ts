/** What every robust rule owes its callers: the suite a user runs on a rule of their own, over the whole catalogue. */
import { describe, expect, test } from "vitest";
import { average } from "../../server/aggregation/bounded.ts";
import { robustRule, robustRules, stepsBefore } from "../../server/aggregation/catalogue.ts";
import { checkAggregation } from "../../server/aggregation/check.ts";
import { defineAggregation, type RobustRule } from "../../server/aggregation/rule.ts";
import { aggregationSchema, type RobustConfig } from "../../shared/experiment/aggregation.ts";

/** Options of each rule beside its name; a rule that is not here has none that it needs. */
const options: Readonly<Record<string, object>> = {
  "trimmed-mean": { f: 2 },
  "mean-around-median": { f: 2 },
  krum: { f: 2 },
  "multi-krum": { f: 2 },
  bulyan: { f: 2 },
  "centred-clipping": { tau: 1, start: "median" },
  fltrust: { root: "c0" },
  monna: { f: 2, root: "c0" },
  mda: { f: 2 },
  fedmgda: { epsilon: 0.5 },
};
const steps: Readonly<Record<string, object>> = {
  nnm: { f: 2 },
  bucketing: { size: 2 },
  clipping: { c: 5 },
  arc: { f: 2 },
};

const configOf = (rule: string, more: object = {}): RobustConfig =>
  aggregationSchema.parse({ rule, ...options[rule], ...more }) as RobustConfig;

describe("the laws of a robust rule", () => {
  test.each(Object.keys(robustRules))("%s obeys them", (name) => {
    for (const seed of [1, 2, 3]) checkAggregation(robustRule(configOf(name)), seed);
  });

  test("the plain mean obeys them, and claims to withstand nobody", () => {
    checkAggregation(average);
    expect(average.withstands(100)).toBe(0);
  });

  const pairs = Object.keys(stepsBefore).flatMap((step) =>
    ["median", "krum", "geometric-median"].map((rule) => [step, rule]),
  );
  test.each(pairs)("%s before %s obeys them", (kind, rule) => {
    const fewer = kind === "bucketing" && rule === "krum" ? { f: 1 } : {}; // of six buckets
    checkAggregation(robustRule(configOf(rule, { ...fewer, before: [{ kind, ...steps[kind] }] })));
  });
});

describe("the suite finds a rule that", () => {
  const broken = (change: Partial<RobustRule>): (() => void) => {
    const rule = defineAggregation({ ...average, name: "mine", ...change });
    return () => {
      checkAggregation(rule);
    };
  };

  test.each([
    ["claims to withstand liars and does not", { withstands: () => 1 }, /mine is carried away by 1 of 11 rows/],
    [
      "follows the first row",
      { choose: (rows) => ({ value: rows[1]!.slice(), selected: [1] }) },
      /mine depends on the order of rows/,
    ],
    ["changes its rows", { choose: (rows) => ({ value: rows[0]!.fill(1), selected: null }) }, /mine changes the rows/],
    [
      "answers NaN",
      { choose: (rows) => ({ value: rows[0]!.map(() => NaN), selected: null }) },
      /mine expected a finite value, got NaN/,
    ],
    [
      "selects whom there is not",
      { choose: (rows, context) => ({ ...average.choose(rows, context), selected: [3, 99] }) },
      /mine expected selected rows of 0 … 10, ascending, got 3, 99/,
    ],
    [
      "does not move with its rows",
      { choose: (rows, context) => ({ ...average.choose(rows, context), value: rows[0]!.map(() => 1) }) },
      /mine does not move with its rows/,
    ],
  ] as [string, Partial<RobustRule>, RegExp][])("%s", (_, change, message) => {
    expect(broken(change)).toThrow(message);
  });
});
