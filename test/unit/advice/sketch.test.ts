import { describe, expect, test } from "vitest";
import { Sketch } from "../../../shared/advice/sketch.ts";
import { drawOf, seed } from "../../support/draw.ts";

describe("a sketch", () => {
  test(`has every quantile to 1 part in 256, at any size and sign (seed ${seed})`, () => {
    const { unit, integer } = drawOf(seed, "large");
    const values = Array.from({ length: 500 }, () => (unit() - 0.5) * Number(`1e${integer(-12, 12)}`));
    const sketch = Sketch.of(values);
    const sorted = [...values].sort((a, b) => a - b);
    for (const q of [0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 1]) {
      const exact = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
      expect(Math.abs(sketch.quantile(q) - exact)).toBeLessThanOrEqual(Math.abs(exact) / 256);
      expect(Math.abs(sketch.quantile(q))).toBeLessThanOrEqual(Math.abs(exact));
    }
  });

  test("is exact for small whole numbers and 0", () => {
    const sketch = Sketch.of(Array.from({ length: 1001 }, (_, i) => i - 500));
    for (const [q, value] of [
      [0.5, 0],
      [1, 500],
      [0, -500],
    ] as const)
      expect(sketch.quantile(q)).toBe(value);
  });

  test("merges to the same state in any order and grouping, and survives JSON", () => {
    const values = Array.from({ length: 300 }, (_, i) => ((i * 7919) % 101) / 3 - 12);
    const whole = Sketch.of(values).toJSON();
    const parts = [0, 1, 2].map((k) => Sketch.of(values.filter((_, i) => i % 3 === k)));
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
    ]) {
      const merged = new Sketch();
      for (const k of order)
        merged.merge(Sketch.fromJSON(JSON.parse(JSON.stringify(parts[k])) as ReturnType<Sketch["toJSON"]>));
      expect(merged.toJSON()).toEqual(whole);
    }
  });

  test("of nothing has no quantile", () => {
    expect(new Sketch().quantile(0.5)).toBeNaN();
  });
});
