/** `tributary aggregate` as a process of its own. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { tributary } from "../support/tributary.ts";

interface Golden {
  readonly matrices: Readonly<Record<string, number[][]>>;
  readonly cases: readonly {
    readonly rule: string;
    readonly params: object;
    readonly input: { readonly matrix?: string; readonly rows?: number[][] };
    readonly expect: number[];
  }[];
}
const { matrices, cases } = JSON.parse(readFileSync("test/golden/aggregation/byzantine.json", "utf8")) as Golden;
const krum = { rule: "krum", params: { f: 1 }, rows: [[1, 2, 3], [4, 5, 6], [7, 8, 9]] }; // prettier-ignore

describe("requests, one a line", () => {
  test("every reference case is answered, in its order", async () => {
    const input = cases.map(({ rule, params, input: { matrix, rows } }) =>
      JSON.stringify({ rule, params, rows: rows ?? matrices[matrix!] }),
    );
    const { code, stdout, stderr } = await tributary(["aggregate", "--json"], { input: input.join("\n") });
    expect([code, stderr]).toEqual([0, ""]);
    const answers = stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as { rule: string; value: unknown[] }); // prettier-ignore
    expect(answers.map(({ rule }) => rule)).toEqual(cases.map(({ rule }) => rule));
    for (const { value } of answers) expect(value.length).toBeGreaterThan(0);
  });

  test("a bad one is told what is wrong with it, and the next is served", async () => {
    const bad = [
      "{",
      JSON.stringify({ ...krum, rule: "krumm" }),
      JSON.stringify({ ...krum, params: {} }),
      JSON.stringify({ ...krum, params: { f: 2 } }),
      JSON.stringify({ ...krum, rows: [[1, 2], [3]] }),
      JSON.stringify({ ...krum, rows: [[1, "2"]] }),
    ];
    const input = [...bad, JSON.stringify(krum)].join("\n");
    const { code, stdout } = await tributary(["aggregate", "--json"], { input });
    const answers = stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as { error?: string; value?: number[] }); // prettier-ignore
    expect(code).toBe(0);
    expect(answers.map(({ error }) => error?.slice(0, 24))).toEqual([
      expect.stringContaining("not JSON"),
      expect.stringContaining("There is no rule krumm"),
      expect.stringContaining("params.f"),
      expect.stringContaining("params.f: expected fewer"),
      expect.stringContaining("request.rows"),
      expect.stringContaining("request.rows.0.1"),
      undefined,
    ]);
    expect(answers.at(-1)?.value).toEqual([1, 2, 3]);
  });
});

test("without --json one request is answered as a table", async () => {
  const { code, stdout } = await tributary(["aggregate"], { input: JSON.stringify(krum) });
  expect(code).toBe(0);
  expect(stdout).toMatch(/krum +value\n +0 +1\n +1 +2\n +2 +3\nmade of rows 0\nscores 27 {2}27 {2}27/);
});

test("--list --json has every name of the reference cases that is not a pair of others", async () => {
  const { stdout } = await tributary(["aggregate", "--list", "--json"]);
  const names = new Set(stdout.trimEnd().split("\n").map((line) => (JSON.parse(line) as { rule: string }).rule)); // prettier-ignore
  const missing = cases.map(({ rule }) => rule).filter((rule) => !names.has(rule) && !rule.includes("_then_"));
  expect([...new Set(missing)]).toEqual(["krum_paper"]); // Krum by its other name
});
