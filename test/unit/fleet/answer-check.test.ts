import { describe, expect, test } from "vitest";
import { checkAnswer, checkVectors } from "../../../server/fleet/answer-check.ts";
import { emptyAnswer, type Answer } from "../../../shared/protocol/answer.ts";
import type { SheetLayout } from "../../../shared/protocol/sheet.ts";
import type { Task } from "../../../shared/protocol/task.ts";

const layout: SheetLayout = { objectives: ["a", "b"], sums: [{ name: "metric/a/auc/ranks", at: 0, size: 2 }], size: 2 };
const task: Task = { kind: "train", round: 1, parameters: new Float32Array(2), learningRate: 1, totals: [1, 1] };
const sound = emptyAnswer("c", [{ name: "a" }, { name: "b" }], 1);
const withFirst = (change: Partial<Answer["contributions"][number]>): Answer => ({
  ...sound,
  contributions: [{ ...sound.contributions[0]!, ...change }, sound.contributions[1]!],
});
const refusal = (answer: Answer, of: Task = task) => {
  try {
    checkAnswer(answer, of, { run: "r", layout });
  } catch (error) {
    return error as { code: string; message: string };
  }
  return undefined;
};

describe("an answer", () => {
  test("without any row is a legal one", () => {
    expect(refusal(sound)).toBeUndefined();
  });

  test.each<[string, Answer, RegExp]>([
    ["a negative count", withFirst({ examples: -1 }), /a\.examples: expected a count, got -1/],
    ["a count of 2⁵³", withFirst({ examples: 2 ** 53 }), /a\.examples: expected a count/],
    ["half an example", withFirst({ ignored: 0.5 }), /a\.ignored: expected a count, got 0\.5/],
    [
      "a denominator that is NaN",
      withFirst({ denominator: NaN }),
      /a\.denominator: expected a finite number of at least 0, got NaN/,
    ],
    [
      "a negative denominator",
      withFirst({ denominator: -1 }),
      /a\.denominator: expected a finite number of at least 0/,
    ],
    [
      "an infinite numerator",
      withFirst({ numerator: Infinity }),
      /a\.numerator: expected a finite number, got Infinity/,
    ],
    [
      "objectives in another order",
      { ...sound, contributions: [...sound.contributions].reverse() },
      /expected a, b in this order, got b, a/,
    ],
    [
      "a sum of another size",
      { ...sound, sums: { "metric/a/auc/ranks": new Float64Array(3) } },
      /expected 2 numbers, got 3/,
    ],
    [
      "a sum of another name",
      { ...sound, sums: { "../x": new Float64Array(2) } },
      /expected some of metric\/a\/auc\/ranks, got "\.\.\/x"/,
    ],
    ["a weight that is not finite", { ...sound, weight: Infinity }, /weight: expected a finite number/],
    [
      "statistics that nobody asked for",
      { ...sound, statistics: { rows: 0, table: [], targets: {} } },
      /statistics: expected none, got some/,
    ],
  ])("with %s is refused, and says so", (_what, answer, message) => {
    expect(refusal(answer)).toMatchObject({ code: "invalid-data", message: expect.stringMatching(message) as string });
  });

  test("says every problem at once", () => {
    expect(refusal({ ...withFirst({ examples: -1 }), weight: -1 })?.message.split("\n")).toHaveLength(2);
  });

  test("that says itself that its numbers are not finite is taken note of", () => {
    expect(refusal({ ...withFirst({ numerator: NaN }), nonFinite: 1 })).toBeUndefined();
  });
});

describe("vectors", () => {
  const check = (answer: Answer, vectors: readonly Float32Array[], perClient?: number) => (): void => {
    checkVectors(answer, vectors, { task, clip: { ...(perClient !== undefined && { perClient }) } });
  };

  test("with NaN or ∞ under a sound answer are refused, with vector and index", () => {
    const vectors = [new Float32Array([1, 2]), new Float32Array([0, -Infinity])];
    expect(check(sound, vectors)).toThrow(/vector 1: expected finite numbers, got -Infinity at 1/);
    expect(check({ ...sound, nonFinite: 1 }, vectors)).not.toThrow(); // added to nothing
  });

  test("that are finite, and no more so times what they count, are refused", () => {
    const heavy = { ...sound, weight: 1e300 };
    expect(check(heavy, [new Float32Array([1, 1e30])])).toThrow(/got 1\.0.*e\+30 times a weight of 1e\+300 at 1/);
    expect(check(sound, [new Float32Array([1, 1e30])])).not.toThrow();
  });

  test("longer than everybody clips them to are refused; what rounding to 16 bits adds is not", () => {
    expect(check(sound, [Float32Array.of(3, 0), Float32Array.of(0, 4)], 4.9)).toThrow(
      /expected a norm of at most 4\.9, to which updates are clipped, got 5/,
    );
    expect(check(sound, [Float32Array.of(3, 0), Float32Array.of(0, 4)], 4.98)).not.toThrow();
  });
});

describe("what a client says it counts for", () => {
  const claims = { denominators: [40, 10], weights: [1, 0.5], apart: false };
  const [train, gradient]: Task[] = [
    { ...task, totals: [100, 50] },
    { kind: "gradient", round: 1, parameters: new Float32Array(2) },
  ];
  const check = (answer: Answer, of: Task, how = claims): string => {
    try {
      checkAnswer(answer, of, { run: "r", layout, registered: how });
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };

  test("is what its registered denominators give among the cohort's totals, or nothing", () => {
    for (const weight of [40 / 100 + (0.5 * 10) / 50, 0]) expect(check({ ...sound, weight }, train!)).toBe("");
    for (const weight of [0.5001, 0.4, 1e6])
      expect(check({ ...sound, weight }, train!)).toContain(`weight: expected 0.5, by the denominators`);
  });

  test("is what the task says, where it says so, and 1 where sums are added up", () => {
    const shares = { ...train!, shares: new Map([["c", 0.25]]) } as Task;
    expect(check({ ...sound, weight: 0.25 }, shares)).toBe("");
    expect(check({ ...sound, weight: 0.5 }, shares)).toContain("expected 0.25");
    expect(check(sound, gradient!)).toBe("");
    expect(check({ ...sound, weight: 2 }, gradient!)).toContain("expected 1");
  });

  test("is in gradient mode no more than its rows have, and in local work whatever its steps have added up", () => {
    const own = withFirst({ examples: 4, denominator: 40 });
    const more = withFirst({ examples: 4, denominator: 41 });
    expect(check(own, gradient!)).toBe("");
    expect(check(more, gradient!)).toContain("a.denominator: expected at most 40, as it has registered, got 41");
    expect(check({ ...more, weight: 0.5 }, train!)).toBe("");
    expect(check(more, train!, { ...claims, apart: true })).toContain("a.denominator: expected at most 40");
  });
});
