/** `tributary combine` as a process of its own: lines in, lines out, a list and a table. */
import { describe, expect, test } from "vitest";
import { weightings } from "../../shared/objectives/catalogue.ts";
import { events, tributary } from "../support/tributary.ts";

const jacobian = [
  [-4, 1, 1],
  [6, 1, 1],
];

describe("one request per line, one answer per line", () => {
  test("a bad request gets its error, and the next line is still served", async () => {
    const lines = [
      JSON.stringify({ method: "mgda", options: {}, jacobian, losses: [1, 2], state: null }),
      "{not json",
      JSON.stringify({ method: "mgdda", jacobian }),
      "",
      JSON.stringify({ method: "cagrad", options: { c: -1, d: 2 }, jacobian }),
      JSON.stringify({ method: "upgrad", jacobian: [[1, 2], [3]] }),
      JSON.stringify({ method: "mgda" }),
      JSON.stringify({ method: "uncertainty", jacobian }),
      JSON.stringify({ method: "geometric", losses: [1, 0] }),
      JSON.stringify({ method: "dwa", losses: [1, 2], state: 7 }),
      JSON.stringify({ method: "grad-drop", options: { uniform: [0.5, 0.5, 0.5] }, jacobian }),
    ];
    const { code, stdout, stderr } = await tributary(["combine", "--json"], { input: lines.join("\n") });
    expect([code, stderr]).toEqual([0, ""]);
    const answers = events(stdout);
    expect(answers).toHaveLength(10);
    expect(answers[0]).toEqual({
      method: "mgda",
      weights: [0.6, 0.4],
      direction: [expect.closeTo(0, 12), 1, 1],
      state: null,
    });
    expect(answers.slice(1, 9).map(({ error }) => error)).toEqual([
      expect.stringContaining("not JSON"),
      'There is no method mgdda: did you mean "mgda"?',
      "cagrad.c: expected a number of at least 0, got -1; cagrad.d: is not an option: expected one of c",
      "Expected rows of 2 numbers, got 1 in row 1",
      "mgda needs a jacobian, got none",
      "uncertainty needs losses, got none",
      "geometric takes losses above 0, got 1 0",
      "state: expected a map of keys, got 7: give the state of an earlier answer, or none",
    ]);
    expect(answers[9]).toEqual({ method: "grad-drop", weights: null, direction: [6, 2, 2], state: null });
  });

  test("a state goes from an answer into the next request", async () => {
    const ask = async (losses: number[], state: unknown): Promise<Record<string, unknown>> => {
      const request = JSON.stringify({ method: "dwa", losses, state });
      return events((await tributary(["combine", "--json"], { input: request })).stdout)[0]!;
    };
    const second = await ask([0.8, 1.2], (await ask([1, 1], null))["state"]);
    expect(second["weights"]).toEqual([1, 1]);
    expect((await ask([5, 5], second["state"]))["weights"]).toEqual([
      expect.closeTo(0.900332, 7),
      expect.closeTo(1.099668, 7),
    ]);
  });
});

test("every method is listed, with what it looks at and its options", async () => {
  const { stdout } = await tributary(["combine", "--list", "--json"]);
  const listed = events(stdout);
  expect(listed.map(({ name }) => name)).toEqual(Object.keys(weightings));
  expect(listed.find(({ name }) => name === "cagrad")).toMatchObject({
    needs: "gramian",
    options: { properties: { c: { default: 0.4 } } },
  });
  expect((await tributary(["combine", "--list"])).stdout).toContain(
    "The shortest vector in the convex hull of the gradients.",
  );
});

test("gradients typed at the shell give a table of all methods", async () => {
  const { code, stdout } = await tributary(["combine", "mgda", "upgrad", "uncertainty", "--jacobian", "-4,1,1;6,1,1"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/mgda\s+0\.6000 {2}0\.4000\s+\S+ {2}1\.0000 {2}1\.0000/);
  expect(stdout).toMatch(/upgrad\s+1\.1111 {2}0\.7895/);
  expect(stdout).toContain("uncertainty needs losses, got none");
});
