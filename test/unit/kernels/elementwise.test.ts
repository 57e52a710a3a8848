import { describe, expect, test } from "vitest";
import { Random } from "../../../shared/random.ts";
import { Arena, precisions, round } from "../../support/arena.ts";

const sizes = [0, 1, 2, 3, 4, 5, 7, 8, 31, 1000, 4097];

const unary: Record<string, (x: number) => number> = {
  negate: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  sqrt: Math.sqrt,
  reciprocal: (x) => 1 / x,
  square: (x) => x * x,
  floor: Math.floor,
  relu: (x) => (x < 0 ? 0 : x),
  isFinite: (x) => Number(Number.isFinite(x)),
};
const binary: Record<string, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  equal: (a, b) => Number(a === b),
};
const odd = [0, -0, Infinity, -Infinity, NaN, 1e-310, -1e300, 0.5, -0.5];
const random = Random.seeded("elementwise");
const draw = (n: number) =>
  Array.from({ length: n }, () => (random.integer(5) === 0 ? odd[random.integer(odd.length)]! : 10 * random.normal()));

describe.each(precisions)("in %s", (precision) => {
  const arena = new Arena();
  const rounded = (values: readonly number[]) => values.map((value) => round(precision, value));

  test.each(Object.keys(unary))("%s is its definition at every size, also in place", (name) => {
    for (const n of sizes) {
      const inputs = rounded(draw(n));
      const expected = rounded(inputs.map(unary[name]!));
      const x = arena.put(precision, inputs);
      const y = arena.put(precision, new Array<number>(n + 4).fill(7)); // four guards behind
      arena.run(name, precision, n, x, y);
      expect([...arena.view(precision, y, n)]).toEqual(expected);
      expect([...arena.view(precision, y, n + 4)].slice(n)).toEqual([7, 7, 7, 7]);
      arena.run(name, precision, n, x, x);
      expect([...arena.view(precision, x, n)]).toEqual(expected);
    }
  });

  test.each(Object.keys(binary))("%s is its definition at every size, also in place of either input", (name) => {
    for (const n of sizes) {
      const [left, right] = [rounded(draw(n)), rounded(draw(n))];
      const expected = rounded(left.map((value, i) => binary[name]!(value, right[i]!)));
      for (const target of ["first", "second", "neither"]) {
        const [a, b] = [arena.put(precision, left), arena.put(precision, right)];
        const y = target === "first" ? a : target === "second" ? b : arena.put(precision, left);
        arena.run(name, precision, n, a, b, y);
        expect([...arena.view(precision, y, n)]).toEqual(expected);
      }
    }
  });

  test("select takes a where the mask is not 0, untouched by what it leaves", () => {
    for (const n of sizes) {
      const mask = rounded(draw(n));
      const [left, right] = [rounded(draw(n)), rounded(draw(n))];
      const expected = mask.map((chosen, i) => (chosen !== 0 ? left[i]! : right[i]!));
      const [m, a, b] = [arena.put(precision, mask), arena.put(precision, left), arena.put(precision, right)];
      arena.run("select", precision, n, m, a, b, b);
      expect([...arena.view(precision, b, n)]).toEqual(expected);
    }
  });

  test("fill, expand and any range of it are the same numbers", () => {
    const y = arena.put(precision, new Array<number>(2000).fill(0));
    for (const n of sizes.filter((size) => size < 2000)) {
      arena.run("fill", precision, n, -1.5, y);
      expect([...arena.view(precision, y, n)]).toEqual(new Array(n).fill(-1.5));
    }
    for (const [outer, times, inner] of [
      [1, 1, 1],
      [3, 5, 1],
      [2, 3, 4],
      [4, 1, 7],
      [2, 7, 65],
      [0, 3, 2],
      [1, 900, 2],
    ] as const) {
      const values = rounded(draw(outer * inner));
      const expected = Array.from(
        { length: outer * times * inner },
        (_, e) => values[Math.floor(e / (times * inner)) * inner + (e % inner)]!,
      );
      const x = arena.put(precision, values);
      arena.run("expand", precision, outer, times, inner, x, y);
      expect([...arena.view(precision, y, expected.length)]).toEqual(expected);
      for (let trial = 0; trial < 20; trial++) {
        const start = random.integer(expected.length + 1);
        const count = random.integer(expected.length - start + 1);
        arena.run("expandRange", precision, start, count, times, inner, x, y);
        expect([...arena.view(precision, y, count)]).toEqual(expected.slice(start, start + count));
      }
    }
  });
});
