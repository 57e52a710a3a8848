/** The reference values of robust rules, steps before them and attacks, run through what `tributary aggregate --json` answers with. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { answerAggregation } from "../../../server/aggregation/trial.ts";

interface Case {
  readonly id: string;
  readonly rule: string;
  readonly params: object;
  readonly input: { readonly matrix?: string; readonly rows?: number[][] };
  readonly expect: number[] | number[][] | Readonly<Record<string, unknown>>;
  readonly tolerance: { readonly abs: number };
}
const golden = JSON.parse(readFileSync("test/golden/aggregation/byzantine.json", "utf8")) as {
  readonly matrices: Readonly<Record<string, number[][]>>;
  readonly cases: readonly Case[];
};

/** 2e-6 where the reference has stopped before its own answer; 1e-8 everywhere else. */
const tolerance = (own: Case): number =>
  own.id === "A-geomed_exact" ? own.tolerance.abs : Math.min(1e-8, own.tolerance.abs * 10);

function expectNear(actual: unknown, expected: unknown, within: number, place: string): void {
  if (Array.isArray(expected)) {
    expect(actual, place).toHaveLength(expected.length);
    expected.forEach((value, i) => {
      expectNear((actual as unknown[])[i], value, within, `${place}[${i}]`);
    });
  } else
    expect(
      Math.abs(Number(actual) - Number(expected)),
      `${place}: ${String(actual)} against ${String(expected)}`,
    ).toBeLessThanOrEqual(within);
}

describe("the reference values", () => {
  test("are all there", () => {
    expect(golden.cases.length).toBe(42);
  });

  test.each(golden.cases.map((own) => [own.id, own] as const))("%s", (_, own) => {
    const rows = own.input.rows ?? golden.matrices[own.input.matrix!]!;
    const answer = answerAggregation({ rule: own.rule, params: own.params, rows });
    const wanted = Array.isArray(own.expect) ? { value: own.expect } : own.expect;
    for (const [key, expected] of Object.entries(wanted)) {
      if (key === "selected") expect(new Set(answer.selected)).toEqual(new Set(expected as number[]));
      else if (key === "index") expect(answer.selected).toEqual([expected]);
      else expectNear(answer[key as "value" | "scores"], expected, key === "scores" ? 1e-6 : tolerance(own), key);
    }
  });
});
