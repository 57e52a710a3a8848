import { describe, expect, test } from "vitest";
import { input } from "../../../shared/graph/build.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import { matches, type Penalty } from "../../../shared/regularizers/regularizer.ts";
import { penaltyNode, penaltyOf } from "../../../shared/regularizers/smooth.ts";
import { layoutOf } from "../../../shared/tensor/parameters.ts";
import { runProgram } from "../../support/run-program.ts";

const penalties: readonly Penalty[] = [
  { kind: "l2", lambda: 0.5, parameters: "trunk/*/weight" },
  { kind: "l2", lambda: 0.25, parameters: "*" },
];
const specs = [
  { name: "trunk/0/weight", shape: [2] },
  { name: "trunk/0/bias", shape: [1] },
  { name: "trunk/0/mean", shape: [1], scope: "buffer" },
] as const;
const values = Float64Array.of(1, -2, 3, 4);

test.each([
  ["trunk/*/weight", "trunk/0/weight", true],
  ["trunk/*/weight", "trunk/2/first/weight", true],
  ["trunk/*/weight", "heads/a/weight", false],
  ["trunk/*", "old/trunk/0", false],
  ["a.c", "abc", false],
  ["*", "anything/at/all", true],
] as const)("the pattern %s on %s: %s", (pattern, name, fits) => {
  expect(matches(pattern, name)).toBe(fits);
});

describe("l2", () => {
  test("is λ·Σθ², with the slope 2λθ, over what its pattern names, and never over running statistics", () => {
    const { value, gradient } = penaltyOf(penalties, layoutOf(specs), values);
    expect(value).toBe(0.75 * 5 + 0.25 * 9);
    expect([...gradient]).toEqual([1.5, -3, 1.5, 0]);
  });

  test("is the same in a program", () => {
    const nodes = specs.slice(0, 2).map(({ name, shape }) => ({ name, node: input(name, shape) }));
    const penalty = penaltyNode(penalties, nodes);
    const slopes = gradient(
      penalty,
      nodes.map(({ node }) => node),
    );
    const program = defineProgram({
      inputs: specs.slice(0, 2).map(({ name, shape }) => ({ name, role: "parameter", shape, dtype: "real" }) as const),
      outputs: { penalty, weight: slopes[0]!, bias: slopes[1]! },
    });
    expect(runProgram(program, { "trunk/0/weight": [1, -2], "trunk/0/bias": [3] })).toEqual({
      penalty: [6],
      weight: [1.5, -3],
      bias: [1.5],
    });
  });
});
