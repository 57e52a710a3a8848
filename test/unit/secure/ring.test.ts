import { describe, expect, test } from "vitest";
import { Random } from "../../../shared/random.ts";
import {
  addRing,
  dequantize,
  fits,
  quantize,
  readScalar,
  scalarSize,
  writeScalar,
  type Levels,
} from "../../../shared/secure/ring.ts";
import { drawOf, seed } from "../../support/draw.ts";

const draw = drawOf(seed, "odd");
const random = Random.seeded(seed);
const levels: Levels = { clip: 0.5, levels: 4_194_304, largestWeight: 0.3 };

describe(`levels (seed ${String(seed)})`, () => {
  test("a weighted sum comes out within one level for each client", () => {
    const [clients, size] = [10, 1000];
    const sum = new Int32Array(size);
    const exact = new Float64Array(size);
    for (let k = 0; k < clients; k++) {
      const weight = draw.unit() * levels.largestWeight;
      const vector = Float64Array.from({ length: size }, () => draw.unit() - 0.5);
      const ring = new Int32Array(size);
      expect(quantize(vector, weight, levels, random.fork("client", k), ring)).toBe(0);
      addRing(sum, ring);
      vector.forEach((x, i) => (exact[i]! += weight * x));
    }
    const unit = (levels.clip * levels.largestWeight) / (levels.levels / 2 - 1);
    dequantize(sum, levels).forEach((x, i) => {
      expect(Math.abs(x - exact[i]!)).toBeLessThan(clients * unit);
    });
  });

  test("rounding is right on average", () => {
    const coarse = { clip: 1, levels: 4, largestWeight: 1 }; // −1, 0 and 1
    const ring = new Int32Array(100_000);
    quantize(new Float64Array(ring.length).fill(0.3), 1, coarse, random.fork("mean"), ring);
    const mean = ring.reduce((total, q) => total + q, 0) / ring.length;
    expect(Math.abs(mean - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / ring.length)); // five standard errors
    expect(new Set(ring)).toEqual(new Set([0, 1]));
  });

  test("the same stream of chance gives the same levels", () => {
    const vector = Float32Array.from({ length: 100 }, () => draw.unit() - 0.5);
    const [first, second] = [new Int32Array(100), new Int32Array(100)];
    quantize(vector, 0.1, levels, random.fork("twice"), first);
    quantize(vector, 0.1, levels, random.fork("twice"), second);
    expect(first).toEqual(second);
  });

  test("what is beyond the clip is cut to it, and counted", () => {
    const ring = new Int32Array(3);
    expect(quantize(Float32Array.of(7, -7, 0.5), 0.3, levels, random, ring)).toBe(2);
    expect([...dequantize(ring, levels)]).toEqual([0.15, -0.15, 0.15]);
  });

  test("the largest numbers of as many clients as fit do not wrap around", () => {
    expect(fits(1024, 4_194_304)).toBe(true);
    expect(fits(1025, 4_194_304)).toBe(false);
    const sum = new Int32Array(2);
    const ring = new Int32Array(2);
    quantize(Float64Array.of(1, -1), 0.3, levels, random, ring);
    for (let k = 0; k < 1024; k++) addRing(sum, ring);
    const [up, down] = dequantize(sum, levels);
    expect(up).toBeCloseTo(1024 * 0.15, 9);
    expect(down).toBeCloseTo(-1024 * 0.15, 9);
  });

  test("refuse NaN, infinity, and a weight beyond the largest", () => {
    const ring = new Int32Array(1);
    expect(() => quantize(Float64Array.of(NaN), 0.1, levels, random, ring)).toThrow(/got NaN at 0/);
    expect(() => quantize(Float64Array.of(-Infinity), 0.1, levels, random, ring)).toThrow(/got -Infinity at 0/);
    expect(() => quantize(Float64Array.of(0), 0.4, levels, random, ring)).toThrow(/weight of 0 … 0.3, got 0.4/);
  });

  test("of weight 0 nothing is left, also where all weigh nothing", () => {
    const ring = Int32Array.of(5);
    quantize(Float64Array.of(0.4), 0, { ...levels, largestWeight: 0 }, random, ring);
    expect(ring[0]).toBe(0);
  });
});

describe(`scalars (seed ${String(seed)})`, () => {
  test("add up exactly to 2⁻⁴⁰, of either sign, over as many clients as there may be", () => {
    for (let trial = 0; trial < 20; trial++) {
      const values = Array.from({ length: 64 }, () => (draw.unit() - 0.4) * draw.choice([1e-3, 1, 1e6, 1e12]));
      const sum = new Int32Array(scalarSize);
      for (const value of values) {
        const ring = new Int32Array(scalarSize);
        writeScalar(value, ring, 0);
        addRing(sum, ring);
      }
      const exact = values.reduce((total, value) => total + value, 0);
      const size = values.reduce((total, value) => total + Math.abs(value), 0);
      expect(Math.abs(readScalar(sum, 0) - exact)).toBeLessThanOrEqual(64 / 1_099_511_627_776 + 1e-15 * size);
    }
  });

  test("keep whole numbers and sixteenths as they are", () => {
    for (const value of [
      0, 1, -1, 0.0625, -0.0625, 65_535, 65_536, -65_537, 9_007_199_254_740_991, -2_251_799_813_685_248.5,
    ]) {
      const ring = new Int32Array(scalarSize);
      writeScalar(value, ring, 0);
      expect(readScalar(ring, 0)).toBe(value);
    }
  });

  test("refuse what is too large, and what is no number", () => {
    const ring = new Int32Array(scalarSize);
    for (const value of [1e17, -1e17, NaN, Infinity])
      expect(() => {
        writeScalar(value, ring, 0);
      }).toThrow(/within ± 2⁵⁵/);
  });
});
