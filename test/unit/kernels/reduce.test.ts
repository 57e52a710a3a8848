import { describe, expect, test } from "vitest";
import { Random } from "../../../shared/random.ts";
import { ExactSum } from "../../../shared/sum.ts";
import { Arena, precisions, round } from "../../support/arena.ts";

const shapes = [[1, 0, 1], [1, 1, 1], [3, 7, 1], [2, 8, 1], [1, 1003, 1], [5, 13, 1], [1, 4, 3], [2, 9, 8], [3, 5, 17], [0, 4, 2], [2, 100, 11], [2, 0, 5]] as const; // prettier-ignore
const random = Random.seeded("reduce");

describe.each(precisions)("in %s", (precision) => {
  const arena = new Arena();
  const rounding = precision === "float32" ? 2 ** -24 : 2 ** -53;
  const draw = (n: number) => Array.from({ length: n }, () => round(precision, random.normal()));

  /** The elements that go into each output, in order. */
  const groups = ([outer, length, inner]: readonly [number, number, number], values: readonly number[]) =>
    Array.from({ length: outer * inner }, (_, i) =>
      Array.from({ length }, (_, j) => values[(Math.floor(i / inner) * length + j) * inner + (i % inner)]!),
    );

  test.each(shapes)("sum, max and argMax over [%i, %i, %i] are their definitions", (...shape) => {
    const [outer, length, inner] = shape;
    const values = draw(outer * length * inner);
    const x = arena.put(precision, values);
    const y = arena.put(precision, new Array<number>(outer * inner + 1).fill(7));
    const expected = groups(shape, values);
    arena.run("sum", precision, ...shape, x, y);
    expected.forEach((group, i) => {
      const magnitude = group.reduce((a, b) => a + Math.abs(b), 0);
      const error = Math.abs(arena.view(precision, y, i + 1)[i]! - ExactSum.of(group).value());
      expect(error).toBeLessThanOrEqual(magnitude * (rounding + (length / 4) * 2 ** -53));
    });
    arena.run("max", precision, ...shape, x, y);
    expect([...arena.view(precision, y, outer * inner)]).toEqual(expected.map((group) => Math.max(...group)));
    arena.run("argMax", precision, ...shape, x, y);
    expect([...arena.heap.int32(y, outer * inner)]).toEqual(
      expected.map((group) => Math.max(group.indexOf(Math.max(...group)), 0)),
    );
  });

  test("a sum's bits do not depend on where the tensor lies, nor a row's on the other rows", () => {
    const values = draw(501);
    const room = arena.heap.allocate(8 * 4000);
    const results = new Set<number>();
    for (let shift = 0; shift < 8; shift++) {
      const at = room + shift * (precision === "float32" ? 4 : 8);
      arena.view(precision, at, 501).set(values);
      arena.run("sum", precision, 1, 501, 1, at, room + 30_000);
      results.add(arena.view(precision, room + 30_000, 1)[0]!);
    }
    expect(results.size).toBe(1);
  });

  test("ties go to the first; a NaN is the largest", () => {
    const x = arena.put(precision, [1, 3, 3, 2, NaN, 5, NaN, 1]);
    const y = arena.heap.allocate(16);
    arena.run("argMax", precision, 2, 4, 1, x, y);
    expect([...arena.heap.int32(y, 2)]).toEqual([1, 0]);
    arena.run("max", precision, 2, 4, 1, x, y);
    expect([...arena.view(precision, y, 2)]).toEqual([3, NaN]);
  });

  test.each([1, 2, 3, 4, 10, 33, 1000])(
    "softmax and its kin over rows of %i are their definitions, also far from 0",
    (n) => {
      const rows = 5;
      for (const offset of [0, 1e4, -1e4]) {
        const values = draw(rows * n).map((value) => round(precision, value * 3 + offset));
        const labels = Array.from({ length: rows }, () => random.integer(n));
        const [x, y, l] = [arena.put(precision, values), arena.put(precision, values), arena.putIndex(labels)];
        const tolerance = precision === "float32" ? 1e-6 : 4e-15;
        const row = (i: number) => values.slice(i * n, (i + 1) * n);
        const logSums = labels.map((_, i) => {
          const top = Math.max(...row(i));
          return [top, Math.log(row(i).reduce((sum, value) => sum + Math.exp(value - top), 0))] as const;
        });
        arena.run("logSumExp", precision, rows, n, x, y);
        logSums.forEach(([top, rest], i) => {
          expect(Math.abs(arena.view(precision, y, rows)[i]! - (top + rest))).toBeLessThanOrEqual(
            tolerance * Math.max(1, Math.abs(top)),
          );
        });
        arena.run("softmaxCrossEntropy", precision, rows, n, x, l, y);
        logSums.forEach(([top, rest], i) => {
          const expected = rest - (row(i)[labels[i]!]! - top);
          expect(Math.abs(arena.view(precision, y, rows)[i]! - expected)).toBeLessThanOrEqual(
            tolerance * Math.max(1, expected),
          );
        });
        arena.run("softmax", precision, rows, n, x, x);
        logSums.forEach(([top, rest], i) => {
          row(i).forEach((value, j) => {
            const expected = Math.exp(value - top - rest);
            expect(Math.abs(arena.view(precision, x, rows * n)[i * n + j]! - expected)).toBeLessThanOrEqual(tolerance);
          });
        });
      }
    },
  );

  test("a row of −∞ has logSumExp −∞, a row with ∞ has ∞; a label outside the classes costs NaN", () => {
    const x = arena.put(precision, [-Infinity, -Infinity, Infinity, 1, NaN, 0]);
    const y = arena.heap.allocate(64);
    arena.run("logSumExp", precision, 3, 2, x, y);
    expect([...arena.view(precision, y, 3)]).toEqual([-Infinity, Infinity, NaN]);
    const logits = arena.put(precision, [0, 0, 0, 0, 0, -Infinity]);
    arena.run("softmaxCrossEntropy", precision, 3, 2, logits, arena.putIndex([2, -1, 0]), y);
    expect([...arena.view(precision, y, 3)]).toEqual([NaN, NaN, 0]);
    arena.run("softmax", precision, 1, 2, arena.put(precision, [-Infinity, 3]), y);
    expect([...arena.view(precision, y, 2)]).toEqual([0, 1]);
  });
});
