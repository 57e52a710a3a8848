import { describe, expect, test } from "vitest";
import * as g from "../../../shared/graph/build.ts";
import type { Node } from "../../../shared/graph/graph.ts";
import { inOrder } from "../../../shared/graph/graph.ts";
import { evaluate } from "../../support/evaluate.ts";

const count = (...shape: number[]): Node =>
  g.constant(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    shape,
  );
const value = (node: Node): number[] => evaluate([node])[0]!;

describe("broadcasting", () => {
  test.each([
    [[3], [2, 3], [2, 3]],
    [[2, 1], [3], [2, 3]],
    [[], [2, 3], [2, 3]],
    [
      [4, 1, 3],
      [2, 1],
      [4, 2, 3],
    ],
    [[1], [0, 3], [0, 3]],
  ])("%j and %j meet at %j", (a, b, shape) => {
    expect(g.add(count(...a), count(...b)).shape).toEqual(shape);
  });

  test("repeats values as NumPy does", () => {
    expect(value(g.add(g.multiply(count(2, 1), 10), count(3)))).toEqual([0, 1, 2, 10, 11, 12]);
    expect(value(g.broadcastTo(count(2, 1, 2), [2, 2, 2]))).toEqual([0, 1, 0, 1, 2, 3, 2, 3]);
  });

  test("a bias reaches every pixel by one expand", () => {
    const bias = g.broadcastTo(g.input("b", [8]), [2, 5, 5, 8]);
    expect(inOrder([bias]).filter(({ operation }) => operation === "expand")).toHaveLength(1);
  });

  test("refuses shapes that do not meet, naming both", () => {
    expect(() => g.add(count(2), count(3))).toThrow("Expected shapes that broadcast, got [2] and [3]");
    expect(() => g.broadcastTo(count(2, 3), [3])).toThrow("Expected a shape that broadcasts to [3], got [2, 3]");
  });
});

describe("builders", () => {
  const m = count(2, 3); // [[0, 1, 2], [3, 4, 5]]

  test.each<[string, Node, number[], number[]]>([
    ["sum drops its axis", g.sum(m, 0), [3], [3, 5, 7]],
    ["sum keeps its axis when asked", g.sum(m, -1, { keepAxis: true }), [2, 1], [3, 12]],
    ["sum takes several axes", g.sum(m, [0, 1]), [], [15]],
    ["mean divides by the axes' lengths", g.mean(m, [0, 1]), [], [2.5]],
    ["max and min along an axis", g.subtract(g.max(m, 1), g.min(m, 1)), [2], [2, 2]],
    ["argMax and argMin", g.stack([g.argMax(m, 1), g.argMin(m, 1)], 0), [2, 2], [2, 2, 0, 0]],
    ["transpose reverses the axes", g.transpose(m), [3, 2], [0, 3, 1, 4, 2, 5]],
    ["swapAxes exchanges two", g.swapAxes(count(1, 2, 2), 1, 2), [1, 2, 2], [0, 2, 1, 3]],
    ["reshape fills in −1", g.reshape(m, [3, -1]), [3, 2], [0, 1, 2, 3, 4, 5]],
    ["flatten keeps the batch", g.flatten(count(2, 1, 2)), [2, 2], [0, 1, 2, 3]],
    ["squeeze and unsqueeze", g.squeeze(g.unsqueeze(m, -1), -1), [2, 3], [0, 1, 2, 3, 4, 5]],
    ["slice counts from the end", g.slice(m, 1, -2, 2), [2, 2], [1, 2, 4, 5]],
    ["stack makes a new axis", g.stack([count(2), count(2)], -1), [2, 2], [0, 0, 1, 1]],
    ["split and concatenate", g.concatenate(g.split(m, 1, [1, 2]).reverse(), 1), [2, 3], [1, 2, 0, 4, 5, 3]],
    ["cumulativeSum", g.cumulativeSum(m), [2, 3], [0, 1, 3, 3, 7, 12]],
    [
      "cumulativeSum from the end, without itself",
      g.cumulativeSum(m, 1, { reverse: true, exclusive: true }),
      [2, 3],
      [3, 2, 0, 9, 5, 0],
    ],
    ["iota counts along an axis", g.iota([2, 3], 0), [2, 3], [0, 0, 0, 1, 1, 1]],
    ["pick takes the row's class", g.pick(m, g.constant([2, 0], [2], "index")), [2], [2, 3]],
    ["sort along any axis", g.sort(m, { axis: 0, descending: true }), [2, 3], [3, 4, 5, 0, 1, 2]],
    ["segmentSum", g.segmentSum(count(4), g.constant([1, 0, 1, 1], [4], "index"), 2), [2], [1, 5]],
    ["masks", g.or(g.and(g.greater(m, 1), g.lessEqual(m, 3)), g.not(g.notEqual(m, 5))), [2, 3], [0, 0, 1, 1, 0, 1]],
    ["power 2 is the square", g.power(m, 2), [2, 3], [0, 1, 4, 9, 16, 25]],
    ["norm", g.norm(g.constant([3, 4], [2])), [], [5]],
    ["normalize leaves zero as it is", g.normalize(g.constant([3, 4, 0, 0], [2, 2])), [2, 2], [0.6, 0.8, 0, 0]],
    ["xlogy(0, 0) is 0", g.xlogy(0, 0), [], [0]],
    ["divideSafe(1, 0) is 0", g.divideSafe(1, 0), [], [0]],
    ["clamp", g.clamp(m, 1, 3), [2, 3], [1, 1, 2, 3, 3, 3]],
    ["logAddExp of −∞ and −∞ is −∞", g.logAddExp(-Infinity, -Infinity), [], [-Infinity]],
    ["logSigmoid stays finite far out", g.logSigmoid(g.constant([-1e4, 1e4], [2])), [2], [-1e4, -0]],
    ["labels count as reals in arithmetic", g.equal(g.constant([1, 2], [2], "index"), 2), [2], [0, 1]],
    ["softmax along a middle axis", g.softmax(g.fill(1, [2, 4, 3]), 1), [2, 4, 3], new Array<number>(24).fill(0.25)],
    [
      "same padding keeps a plane's size",
      g.averagePool2d(g.fill(4, [1, 2, 2, 1]), 2, { stride: 1, padding: "same" }),
      [1, 2, 2, 1],
      [4, 2, 2, 1],
    ],
    ["maxPool2d", g.maxPool2d(count(1, 2, 4, 1), 2), [1, 1, 2, 1], [5, 7]],
  ])("%s", (_, node, shape, values) => {
    expect(node.shape).toEqual(shape);
    expect(value(node)).toEqual(values);
  });

  test("matmul multiplies all leading axes by one matrix, and broadcasts batches", () => {
    expect(value(g.matmul(count(2, 1, 2), count(2, 2)))).toEqual([2, 3, 6, 11]);
    const batched = g.matmul(count(2, 1, 2), count(1, 2, 2), { transposeB: true });
    expect(batched.shape).toEqual([2, 1, 2]);
    expect(value(batched)).toEqual([1, 3, 3, 13]);
    expect(() => g.matmul(count(2), count(2))).toThrow("matmul: Expected matrices, got [2]");
  });

  test("logSoftmax stays finite at ±1e4", () => {
    expect(value(g.logSoftmax(g.constant([1e4, -1e4], [2])))).toEqual([0, -2e4]);
  });

  test("randomUniform gives an example the same numbers beside whomever it stands", () => {
    const draws = (...keys: number[]): number[] =>
      value(
        g.randomUniform(g.constant(keys, [keys.length], "index"), g.constant([3], [1], "index"), { size: 6, salt: 7 }),
      );
    const together = draws(11, 12);
    expect(draws(12)).toEqual(together.slice(6));
    expect(together.every((u) => u >= 0 && u < 1 && Number.isInteger(u * 0x1000000))).toBe(true);
    expect(new Set(together).size).toBe(12);
  });
});
