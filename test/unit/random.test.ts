import { describe, expect, test } from "vitest";
import { digamma, trigamma } from "../../shared/kernels/math.ts";
import { Random } from "../../shared/random.ts";

const draws = (n: number, draw: () => number) => Float64Array.from({ length: n }, draw);
const mean = (values: Float64Array) => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: Float64Array) => {
  const centre = mean(values);
  return mean(values.map((v) => (v - centre) ** 2));
};

/** A mean of n draws is expected within five standard errors: false alarms once in two million seeds, and the seed is fixed. */
function expectMean(values: Float64Array, expected: number, deviation: number): void {
  expect(Math.abs(mean(values) - expected)).toBeLessThan((5 * deviation) / Math.sqrt(values.length));
}

describe("a stream", () => {
  test("gives these first draws, for ever", () => {
    const random = Random.seeded(7);
    const first = [
      random.bits(),
      random.uniform(),
      random.normal(),
      random.gamma(0.5),
      random.gamma(3),
      random.integer(10),
    ];
    expect(first).toMatchInlineSnapshot(`
      [
        3953176312,
        0.5926748767048549,
        -1.1467142821008818,
        0.07090750812233693,
        1.3255459655036697,
        2,
      ]
    `);
    expect([...random.permutation(8)]).toMatchInlineSnapshot(`
      [
        2,
        0,
        7,
        3,
        5,
        4,
        1,
        6,
      ]
    `);
    expect([...Random.seeded(7).fork("round", 3, "client", "lille").dirichlet(0.5, 3)]).toMatchInlineSnapshot(`
      [
        0.294056021536639,
        0.6835505910280175,
        0.022393387435343484,
      ]
    `);
  });

  test("has streams below it by number, none of which is another, itself or a fork", () => {
    const random = Random.seeded("many");
    const firsts = (one: Random): string => [one.bits(), one.bits(), one.bits()].join(" ");
    const streams = Array.from({ length: 2000 }, (_, n) => firsts(random.nth(n)));
    expect(firsts(random.nth(7))).toBe(streams[7]);
    const { state } = random.nth(7);
    expect(firsts(Random.restored(state))).toBe(streams[7]);
    const others = [random, random.fork(7), random.nth(7).nth(8), random.nth(8).nth(7), random.nth(7).fork("a")];
    expect(new Set([...streams, ...others.map(firsts)]).size).toBe(2005);
    const bits = draws(20_000, () => 0).map((_, n) => random.nth(n).uniform());
    expectMean(bits, 0.5, Math.sqrt(1 / 12));
    expectMean(bits.map((u, n) => u * (bits[n + 1] ?? u)).slice(0, -1), 0.25, 0.25); // neighbours know nothing of each other
  });

  test("goes on from its state, through JSON, as if nothing had happened", () => {
    const random = Random.seeded("state");
    random.normal();
    const again = Random.restored(JSON.parse(JSON.stringify(random.state)) as Random["state"]);
    expect(draws(100, () => again.normal())).toEqual(draws(100, () => random.normal()));
    expect(again.fork("child").bits()).toBe(random.fork("child").bits());
  });

  test("forks by name: neither earlier draws nor earlier forks matter, every name does", () => {
    const first = Random.seeded(1).fork("round", 3).uniform();
    const busy = Random.seeded(1);
    draws(99, () => busy.normal());
    busy.fork("something", "else").uniform();
    expect(busy.fork("round", 3).uniform()).toBe(first);
    const others = [["round", 4], ["round", "3"], ["round3"], ["round", 3, ""], [3, "round"], []].map((path) =>
      Random.seeded(1)
        .fork(...path)
        .uniform(),
    );
    expect(
      new Set([
        first,
        ...others,
        Random.seeded(2).fork("round", 3).uniform(),
        Random.seeded("1").fork("round", 3).uniform(),
      ]).size,
    ).toBe(9);
  });

  test("and its forks are uncorrelated", () => {
    const root = Random.seeded("correlation");
    const [a, b] = [root.fork(1), root.fork(2)];
    expectMean(
      draws(50_000, () => (a.uniform() - 0.5) * (b.uniform() - 0.5)),
      0,
      1 / 12,
    );
    expectMean(
      draws(20_000, () => root.fork(root.integer(2 ** 32)).uniform()),
      0.5,
      Math.sqrt(1 / 12),
    );
  });
});

describe("draws follow their distribution:", () => {
  const random = Random.seeded("statistics");
  const n = 50_000;

  test("uniform", () => {
    const values = draws(n, () => random.uniform());
    expectMean(values, 0.5, Math.sqrt(1 / 12));
    expect(variance(values)).toBeCloseTo(1 / 12, 2);
    expect(values.every((v) => v >= 0 && v < 1)).toBe(true);
    const cells = new Array<number>(100).fill(0);
    for (const v of values) cells[Math.floor(v * 100)]! += 1;
    const chiSquare = cells.reduce((sum, count) => sum + (count - n / 100) ** 2 / (n / 100), 0);
    expect(chiSquare).toBeGreaterThan(40);
    expect(chiSquare).toBeLessThan(180); // 99 degrees of freedom
  });

  test("normal", () => {
    const values = draws(n, () => random.normal());
    expectMean(values, 0, 1);
    expectMean(
      values.map((v) => v ** 2),
      1,
      Math.sqrt(2),
    );
    expectMean(
      values.map((v) => v ** 4),
      3,
      Math.sqrt(96),
    );
  });

  test.each([0.05, 0.5, 1, 2.5, 40])("gamma(%f), and its logarithm", (shape) => {
    expectMean(
      draws(n, () => random.gamma(shape)),
      shape,
      Math.sqrt(shape),
    );
    const logs = draws(n, () => random.logGamma(shape));
    expectMean(logs, digamma(shape), Math.sqrt(trigamma(shape)));
    expect(variance(logs) / trigamma(shape)).toBeCloseTo(1, 0);
  });

  test("integer: each equally likely, bounds up to 2³²", () => {
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < n; i++) counts[random.integer(6)]! += 1;
    for (const count of counts) expect(Math.abs(count - n / 6)).toBeLessThan(5 * Math.sqrt(n / 6));
    expect(random.integer(1)).toBe(0);
    expectMean(
      draws(n, () => random.integer(3_000_000_000) / 3e9),
      0.5,
      Math.sqrt(1 / 12),
    );
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1, NaN])
      expect(() => random.integer(bound)).toThrow(/bound of a random integer/);
  });

  test("dirichlet: sums to 1 with the right means, even for alphas of 1e-6", () => {
    for (const alpha of [1e-6, 0.01, 1, 100]) {
      const parts = random.dirichlet(alpha, 5);
      expect(parts.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      expect(parts.every((part) => part >= 0 && part <= 1)).toBe(true);
    }
    const firsts = draws(20_000, () => random.dirichlet([1, 2, 5])[1]!);
    expectMean(firsts, 0.25, Math.sqrt((0.25 * 0.75) / 9));
    expect(() => random.dirichlet([])).toThrow(/at least one part/);
    expect(() => random.dirichlet([1, 0])).toThrow(/positive shape/);
  });

  test("shuffle: every order of three is equally likely, and nothing is lost", () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const order = random.permutation(3).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(5 * Math.sqrt(2000));
    expect([...random.permutation(1000)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect([...random.permutation(0)]).toEqual([]);
  });
});
