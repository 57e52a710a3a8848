import { describe, expect, test } from "vitest";
import * as g from "../../../shared/graph/build.ts";
import { gradient, gradients, hessianVectorProduct } from "../../../shared/graph/gradient.ts";
import type { Node } from "../../../shared/graph/graph.ts";
import { evaluate } from "../../support/evaluate.ts";

const x = g.input("x", [3]);
const at = (...values: number[]): Record<string, number[]> => ({ x: values });

describe("gradient", () => {
  test("a node the output does not depend on gets zeros", () => {
    expect(evaluate(gradient(g.sumAll(x), [g.input("other", [2])]))).toEqual([[0, 0]]);
  });

  test("a seed weighs the outputs, and several outputs flow in one sweep", () => {
    const [slope] = gradients([g.square(x), g.negate(x)], [g.constant([1, 10, 100], [3]), g.fill(1, [3])], [x]);
    expect(evaluate([slope!], at(1, 2, 3))).toEqual([[1, 39, 599]]);
  });

  test("applied twice it gives second derivatives: (x³)″ = 6x", () => {
    const cube = g.multiply(x, g.square(x));
    const [slope] = gradient(cube, [x]);
    expect(evaluate(gradient(slope!, [x]), at(1, 2, -3))).toEqual([[6, 12, -18]]);
  });

  test("a Hessian-vector product equals H·v: for ½xᵀAx with A = [[2,1],[1,3]], H = A", () => {
    const z = g.input("z", [2, 1]);
    const half = g.multiply(0.5, g.sumAll(g.multiply(z, g.matmul(g.constant([2, 1, 1, 3], [2, 2]), z))));
    const product = hessianVectorProduct(half, [z], [g.constant([1, 2], [2, 1])]);
    expect(evaluate(product, { z: [5, -7] })).toEqual([[4, 7]]);
  });

  test("a graph far deeper than the call stack differentiates", () => {
    let state: Node = x;
    for (let step = 0; step < 50_000; step++) state = g.negate(state);
    expect(evaluate(gradient(state, [x]), at(1, 2, 3))).toEqual([[1, 1, 1]]);
  });

  test("an intermediate node can be differentiated by", () => {
    const middle = g.exp(x);
    expect(evaluate(gradient(g.sumAll(g.square(middle)), [middle]), at(0, 0, 0))).toEqual([[2, 2, 2]]);
  });

  test("an index has no gradient, and a seed has the output's shape", () => {
    const labels = g.input("labels", [3], "index");
    expect(() => gradient(x, [labels])).toThrow("Expected real nodes to differentiate, got an index (input)");
    expect(() => gradient(x, [x], g.fill(1, [2]))).toThrow("Expected a seed of shape [3], got [2]");
  });

  test("what log Γ's chain lacks is refused only when something must flow through it", () => {
    const y = g.input("y", [1]);
    const value = g.multiply(y, g.trigamma(x));
    expect(gradient(value, [y])).toHaveLength(1);
    expect(() => gradient(value, [x])).toThrow("trigamma: has no derivative in the table");
  });
});

describe("at a kink", () => {
  const slopeOf = (f: (a: Node) => Node, point: number): number => {
    const a = g.input("a", [1]);
    return evaluate(gradient(f(a), [a]), { a: [point] })[0]![0]!;
  };
  test.each([
    ["|a| at 0 has derivative 0", (a: Node) => g.abs(a), 0, 0],
    ["relu at 0 has derivative 0", (a: Node) => g.relu(a), 0, 0],
    ["softplus at 0 has derivative ½", (a: Node) => g.softplus(a), 0, 0.5],
    ["maximum gives a tie to its first operand", (a: Node) => g.maximum(a, 1), 1, 1],
    ["maximum gives a tie nothing at its second operand", (a: Node) => g.maximum(1, a), 1, 0],
    ["minimum gives a tie to its first operand", (a: Node) => g.minimum(a, 1), 1, 1],
    ["clamp passes at its bound", (a: Node) => g.clamp(a, 0, 1), 1, 1],
    ["clampInside stops at its upper bound", (a: Node) => g.clampInside(a, 0, 1), 1, 0],
    ["clampInside stops at its lower bound", (a: Node) => g.clampInside(a, 0, 1), 0, 0],
    ["sqrtSafe at 0 has derivative 0", (a: Node) => g.sqrtSafe(a), 0, 0],
    ["the norm of the zero vector has gradient 0", (a: Node) => g.norm(a), 0, 0],
    ["a zero vector normalized has gradient 0", (a: Node) => g.normalize(a), 0, 0],
    ["xlogy at x = 0 has derivative 0", (a: Node) => g.xlogy(a, 0), 0, 0],
    ["a⁰ at 0 has derivative 0", (a: Node) => g.power(a, 0), 0, 0],
    ["0ᵇ has derivative 0 in b > 0", (a: Node) => g.power(0, a), 2, 0],
    ["logAddExp of equals shares its gradient", (a: Node) => g.logAddExp(a, 0), 0, 0.5],
  ] as const)("%s", (_, f, point, slope) => {
    expect(slopeOf(f, point)).toBe(slope);
  });

  test("max gives the first of equals the whole gradient, along any axis", () => {
    const m = g.input("m", [2, 3]);
    const values = { m: [1, 5, 5, 1, 7, 5] };
    expect(evaluate(gradient(g.max(m, 1), [m]), values)).toEqual([[0, 1, 0, 0, 1, 0]]);
    expect(evaluate(gradient(g.max(m, 0), [m]), values)).toEqual([[1, 0, 1, 0, 1, 0]]);
  });
});

describe("what is not chosen has no influence", () => {
  test("select keeps NaN and ∞ of the other branch out of value and gradient", () => {
    const a = g.input("a", [2]);
    const chosen = g.select(g.constant([1, 0], [2]), a, 0);
    expect(evaluate([chosen, ...gradient(chosen, [a])], { a: [3, NaN] })).toEqual([
      [3, 0],
      [1, 0],
    ]);
  });

  test("log1mExp and its gradient stay finite where either of its branches alone would not", () => {
    const a = g.input("a", [3]);
    const [value, slope] = evaluate([g.log1mExp(a), ...gradient(g.log1mExp(a), [a])], { a: [-1e-20, -1, -800] });
    expect(value![0]).toBeCloseTo(-46.051701859880914, 12);
    expect(value![1]).toBeCloseTo(-0.4586751453870819, 14);
    expect(value![2]).toBe(-0);
    expect(slope!.every(Number.isFinite)).toBe(true);
  });

  test("what an adder ignores flows nothing back: an index of −1 has gradient 0", () => {
    const v = g.input("v", [3, 2]);
    const total = g.segmentSum(v, g.constant([0, -1, 0], [3], "index"), 1);
    const values = { v: [1, 2, NaN, NaN, 3, 4] };
    expect(evaluate([total, ...gradient(total, [v])], values)).toEqual([
      [4, 6],
      [1, 1, 0, 0, 1, 1],
    ]);
  });
});
