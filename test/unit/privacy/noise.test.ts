import { describe, expect, test } from "vitest";
import { addNoise, gridOf, normals } from "../../../shared/privacy/noise.ts";

const secret = Uint8Array.from({ length: 32 }, (_, i) => i);

describe("normals", () => {
  test("have the moments of N(0, 1), and nothing to do with the one before", () => {
    const draw = normals(secret, 1);
    const count = 1_000_000;
    const moments = [0, 0, 0, 0];
    let [lagged, last] = [0, 0];
    for (let i = 0; i < count; i++) {
      const x = draw();
      moments.forEach((_, k) => (moments[k]! += [x, x * x, x * x * x, x * x * x * x][k]!));
      lagged += x * last;
      last = x;
    }
    const [mean, variance, skew, kurtosis] = moments.map((sum) => sum / count);
    // Five standard errors: 1, √2, √15 and √96 over √count.
    expect(Math.abs(mean!)).toBeLessThan(0.005);
    expect(Math.abs(variance! - 1)).toBeLessThan(0.0071);
    expect(Math.abs(skew!)).toBeLessThan(0.0194);
    expect(Math.abs(kurtosis! - 3)).toBeLessThan(0.049);
    expect(Math.abs(lagged / count)).toBeLessThan(0.005);
  });

  test("are the same for the same secret and round, and others for another", () => {
    const first = (key: Uint8Array, round: number): number[] => Array.from({ length: 4 }, normals(key, round));
    expect(first(secret, 3)).toEqual(first(secret, 3));
    expect(first(secret, 3)).not.toEqual(first(secret, 4));
    expect(first(secret, 3)).not.toEqual(first(secret.with(31, 0), 3));
  });
});

describe("what is added", () => {
  test("has the deviation that is asked for, not its square", () => {
    for (const deviation of [0.01, 3]) {
      const vector = new Float64Array(100_000);
      addNoise(vector, deviation, secret, 1);
      const variance = vector.reduce((sum, x) => sum + x * x, 0) / vector.length;
      expect(Math.sqrt(variance) / deviation).toBeCloseTo(1, 2);
    }
  });

  test("leaves whole multiples of a power of two far below it, whatever was there", () => {
    const deviation = 0.7;
    const grid = gridOf(deviation);
    expect(grid).toBe(1 / 34_359_738_368); // 2⁻³⁵, the largest power of two below 0.7·2⁻³⁴
    const vector = Float64Array.from({ length: 1000 }, (_, i) => Math.PI * (i - 500));
    addNoise(vector, deviation, secret, 1);
    expect(vector.every((x) => Number.isInteger(x / grid))).toBe(true);
  });

  test("is nothing at all without a deviation", () => {
    const vector = Float64Array.of(Math.PI);
    addNoise(vector, 0, secret, 1);
    expect(vector).toEqual(Float64Array.of(Math.PI));
  });
});
