import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Heap } from "../../../shared/kernels/heap.ts";
import { kernel, type Precision } from "../../../shared/kernels/module.ts";
import { Random } from "../../../shared/random.ts";
import { expFixed, fixed, logFixed, oneFixed, ratio, unitBits } from "../../support/fixed-functions.ts";
import { ulp } from "../../support/ulp.ts";

/** The bounds that the docstrings of shared/kernels/assembly state, in units in the last place; `absolute` where zeros spoil relative ones. */
const bounds: Record<string, { float64: number; float32: number; absolute?: number }> = {
  exp: { float64: 1, float32: 1 },
  expm1: { float64: 1.3, float32: 1.3 },
  log: { float64: 1, float32: 1 },
  log1p: { float64: 1, float32: 1 },
  tanh: { float64: 1.5, float32: 1.5 },
  sigmoid: { float64: 1.5, float32: 1.5 },
  softplus: { float64: 2, float32: 2 },
  sin: { float64: 1, float32: 0.51 },
  cos: { float64: 1, float32: 0.51 },
  erf: { float64: 1.7, float32: 0.51 },
  lgamma: { float64: 8, float32: 0.51, absolute: 4e-15 },
  digamma: { float64: 8, float32: 0.51, absolute: 4e-15 },
  trigamma: { float64: 16, float32: 0.51 },
};
const names = Object.keys(bounds);

const golden = JSON.parse(
  readFileSync(new URL("../../golden/kernels/transcendental.json", import.meta.url), "utf8"),
) as Record<string, [number, number, number][]> & { power: [number, number, number, number][] };

const heap = Heap.create();
const room = 1 << 15;
const [x, y, z] = [heap.allocate(8 * room), heap.allocate(8 * room), heap.allocate(8 * room)];
const view = (precision: Precision, address: number, n: number) =>
  precision === "float32" ? heap.float32(address, n) : heap.float64(address, n);

function apply(name: string, precision: Precision, inputs: ArrayLike<number>): number[] {
  const n = inputs.length;
  view(precision, x, n).set(inputs);
  kernel(heap.kernels, name, precision)(n, x, y);
  return [...view(precision, y, n)];
}

/** The largest of `errors`, with the argument it came from. */
const worst = (errors: readonly (readonly [error: number, at: number])[]) =>
  errors.reduce((a, b) => (b[0] > a[0] || Number.isNaN(b[0]) ? b : a));

describe("against mpmath, in float64", () => {
  test.each(names)("%s keeps its bound", (name) => {
    const { float64, absolute = 0 } = bounds[name]!;
    const rows = golden[name]!;
    const found = apply(
      name,
      "float64",
      rows.map(([at]) => at),
    );
    const errors = rows.map(([at, high, low], i) => {
      const error = found[i] === high ? Math.abs(low) : Math.abs(found[i]! - high - low);
      return [error <= absolute ? 0 : error / ulp(high, "float64"), at] as const;
    });
    const [error, at] = worst(errors);
    expect(error, `at ${at}`).toBeLessThanOrEqual(float64);
  });

  test("power keeps 1.1 ulp, and 0.6 in float32", () => {
    const rows = golden.power;
    heap.float64(x, rows.length).set(rows.map(([a]) => a));
    heap.float64(y, rows.length).set(rows.map(([, b]) => b));
    kernel(heap.kernels, "power", "float64")(rows.length, x, y, z);
    const found = heap.float64(z, rows.length);
    const errors = rows.map(
      ([a, , high, low], i) => [Math.abs(found[i]! - high - low) / ulp(high, "float64"), a] as const,
    );
    expect(worst(errors)[0], `at ${worst(errors)[1]}`).toBeLessThanOrEqual(1.1);
    const random = Random.seeded("power");
    const n = 20_000;
    const [a, b] = [heap.float32(x, n), heap.float32(y, n)];
    for (let i = 0; i < n; i++) [a[i], b[i]] = [4 * random.uniform(), 20 * random.uniform() - 10];
    kernel(heap.kernels, "power", "float32")(n, x, y, z);
    const single = heap.float32(z, n);
    for (let i = 0; i < n; i++) {
      const exact = a[i]! ** b[i]!; // float64: its own error is nothing here
      if (Math.fround(exact) !== Infinity)
        expect(Math.abs(single[i]! - exact) / ulp(exact, "float32")).toBeLessThan(0.6);
    }
  });
});

describe("against exact integer series, densely", () => {
  const random = Random.seeded("dense");
  const draw = (n: number, low: number, high: number) =>
    Array.from({ length: n }, () => low + (high - low) * random.uniform());
  const exact: Record<string, { inputs: number[]; value: (x: bigint, e: () => bigint) => bigint }> = {
    exp: { inputs: draw(600, -30, 30), value: (_, e) => e() },
    expm1: { inputs: draw(600, -2, 2), value: (_, e) => e() - oneFixed },
    log: { inputs: draw(150, 0.4, 2.5), value: (v) => logFixed(v) },
    log1p: { inputs: draw(150, -0.7, 1.5), value: (v) => logFixed(oneFixed + v) },
    tanh: { inputs: draw(600, -2, 2), value: (_, e) => ratio(square(e()) - oneFixed, square(e()) + oneFixed) },
    sigmoid: { inputs: draw(600, -30, 10), value: (_, e) => ratio(e(), e() + oneFixed) },
    softplus: { inputs: draw(150, -15, 15), value: (_, e) => logFixed(oneFixed + e()) },
  };
  const square = (v: bigint) => (v * v) >> BigInt(unitBits);
  test.each(Object.keys(exact))("%s keeps its bound", (name) => {
    const { inputs, value } = exact[name]!;
    for (const precision of ["float64", "float32"] as const) {
      const found = apply(name, precision, inputs);
      const errors = [...view(precision, x, inputs.length)].map((at, i) => {
        const v = fixed(at);
        const truth = value(v, () => expFixed(v));
        const error = Number(fixed(found[i]!) - truth) / 2 ** unitBits;
        return [Math.abs(error) / ulp(Number(truth) / 2 ** unitBits, precision), at] as const;
      });
      expect(worst(errors)[0], `${precision} at ${worst(errors)[1]}`).toBeLessThanOrEqual(bounds[name]![precision]);
    }
  });
});

describe("float32 against float64, over the whole range", () => {
  const ranges: Record<string, [number, number]> = {
    exp: [-103, 88.7], expm1: [-20, 88], log: [0, 3e38], log1p: [-0.999, 50], tanh: [-10, 10], sigmoid: [-100, 20], softplus: [-100, 100],
    sin: [-1e5, 1e5], cos: [-1e5, 1e5], erf: [-4, 4], lgamma: [0, 100], digamma: [0, 100], trigamma: [0, 100],
  }; // prettier-ignore
  test.each(names)("%s keeps its bound at 30000 points", (name) => {
    const [low, high] = ranges[name]!;
    const random = Random.seeded(name);
    const inputs = Float32Array.from({ length: 30_000 }, (_, i) => {
      const u = random.uniform();
      return i % 2 === 0
        ? low + (high - low) * u
        : Math.max((random.uniform() - (low < 0 ? 0.5 : 0)) * 2 ** (u * 16 - 12), low * 0.99);
    });
    const truths = apply(name, "float64", inputs);
    const found = apply(name, "float32", inputs);
    const errors = truths.map((truth, i) => [Math.abs(found[i]! - truth) / ulp(truth, "float32"), inputs[i]!] as const);
    expect(worst(errors)[0], `at ${worst(errors)[1]}`).toBeLessThanOrEqual(bounds[name]!.float32);
  });
});

describe("special values", () => {
  const [inf, nan] = [Infinity, NaN];
  const facts: Record<string, [number, number][]> = {
    exp: [[0, 1], [-0, 1], [inf, inf], [-inf, 0], [nan, nan], [1000, inf], [-1000, 0], [1e-320, 1]],
    expm1: [[0, 0], [-0, -0], [inf, inf], [-inf, -1], [nan, nan], [1000, inf], [-1000, -1]],
    log: [[1, 0], [0, -inf], [-0, -inf], [-1, nan], [inf, inf], [-inf, nan], [nan, nan]],
    log1p: [[0, 0], [-0, -0], [-1, -inf], [-2, nan], [inf, inf], [-inf, nan], [nan, nan]],
    tanh: [[0, 0], [-0, -0], [inf, 1], [-inf, -1], [nan, nan], [1e4, 1], [-1e4, -1]],
    sigmoid: [[0, 0.5], [-0, 0.5], [inf, 1], [-inf, 0], [nan, nan], [1e4, 1], [-1e4, 0]],
    softplus: [[inf, inf], [-inf, 0], [nan, nan], [1e4, 1e4], [-1e4, 0]],
    sin: [[0, 0], [-0, -0], [inf, nan], [-inf, nan], [nan, nan]],
    cos: [[0, 1], [-0, 1], [inf, nan], [-inf, nan], [nan, nan]],
    erf: [[0, 0], [-0, -0], [inf, 1], [-inf, -1], [nan, nan], [10, 1]],
    lgamma: [[1, 0], [2, 0], [0, inf], [-0, inf], [-3, inf], [inf, inf], [-inf, inf], [nan, nan]],
    digamma: [[0, -inf], [-0, inf], [-3, nan], [inf, inf], [-inf, nan], [nan, nan]],
    trigamma: [[0, inf], [-3, inf], [inf, 0], [nan, nan]],
    sqrt: [[0, 0], [-0, -0], [4, 2], [-1, nan], [inf, inf], [nan, nan]],
    reciprocal: [[0, inf], [-0, -inf], [inf, 0], [2, 0.5], [nan, nan]],
    sign: [[0, 0], [-0, -0], [3, 1], [-3, -1], [inf, 1], [-inf, -1], [nan, nan]],
    relu: [[3, 3], [-3, 0], [inf, inf], [-inf, 0], [nan, nan]],
    isFinite: [[0, 1], [1e30, 1], [inf, 0], [-inf, 0], [nan, 0]],
  }; // prettier-ignore
  test.each(Object.keys(facts))("of %s are right in both precisions", (name) => {
    for (const precision of ["float64", "float32"] as const) {
      const found = apply(
        name,
        precision,
        facts[name]!.map(([at]) => at),
      );
      facts[name]!.forEach(([at, value], i) => {
        expect(found[i], `${name}(${at}) in ${precision}`).toBe(value);
      });
    }
  });

  test("of power are those of IEEE 754", () => {
    const facts: [number, number, number][] = [
      [nan, 0, 1], [1, nan, 1], [nan, 1, nan], [2, nan, nan], [0, 3, 0], [-0, 3, -0], [-0, 2, 0], [0, -1, inf], [-0, -1, -inf], [-0, -2, inf],
      [-2, 3, -8], [-2, 2, 4], [-2, 0.5, nan], [2, inf, inf], [0.5, inf, 0], [-1, inf, 1], [2, -inf, 0], [inf, 2, inf], [inf, -2, 0],
      [-inf, 3, -inf], [-inf, 2, inf], [2, 1024, inf], [2, -1075, 0], [2, -1074, 5e-324], [3, 2, 9], [7, 19, 7 ** 19], [10, 15, 1e15], [-3, 33, -(3 ** 33)],
    ]; // prettier-ignore
    heap.float64(x, facts.length).set(facts.map(([a]) => a));
    heap.float64(y, facts.length).set(facts.map(([, b]) => b));
    kernel(heap.kernels, "power", "float64")(facts.length, x, y, z);
    facts.forEach(([a, b, value], i) => {
      expect(heap.float64(z, facts.length)[i], `${a}^${b}`).toBe(value);
    });
  });

  test("at the edges of overflow and in the subnormal range exp and log stay right", () => {
    const [largest, beyond, smallest, below] = apply(
      "exp",
      "float64",
      [709.782712893384, 709.7827128933841, -745.1332191019411, -745.1332191019412],
    );
    expect(Math.abs(largest! / 1.797693134862273e308 - 1)).toBeLessThan(1e-15);
    expect([beyond, smallest, below]).toEqual([Infinity, 5e-324, 0]);
    expect(apply("exp", "float32", [88.72284, -103.97208])[1]).toBe(2 ** -149);
    expect(apply("log", "float64", [5e-324, Number.MAX_VALUE])).toEqual([-744.4400719213812, 709.782712893384]);
    expect(apply("log", "float32", [2 ** -149])[0]).toBeCloseTo(-103.27893, 5);
  });
});

test("an element's bits do not depend on its position, on its neighbours, or on working in place", () => {
  const random = Random.seeded("positions");
  for (const name of names) {
    for (const precision of ["float32", "float64"] as const) {
      const run = kernel(heap.kernels, name, precision);
      const inputs = Array.from({ length: 37 }, (_, i) =>
        i % 9 === 4 ? [0, Infinity, NaN, -1][i % 4]! : 30 * random.uniform() - 8,
      );
      const whole = apply(name, precision, inputs);
      for (let from = 0; from < inputs.length; from++) {
        for (const count of [1, 2, 3, 5]) {
          const part = inputs.slice(from, from + count);
          expect(apply(name, precision, part)).toEqual(whole.slice(from, from + count));
          view(precision, x, part.length).set(part);
          run(part.length, x, x);
          expect([...view(precision, x, part.length)]).toEqual(whole.slice(from, from + count));
        }
      }
    }
  }
});
