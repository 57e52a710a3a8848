import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { Heap } from "../../shared/kernels/heap.ts";
import { Random } from "../../shared/random.ts";
import { ExactSum, VectorSum } from "../../shared/sum.ts";

const random = Random.seeded("sums");
const hexOf = (sum: VectorSum) => Buffer.from(sum.toBytes()).toString("hex");

/** Numbers of every size, from far below the quantum to 2^120. */
const wild = (i: number) => (i % 7 === 3 ? random.normal() * 2 ** (random.integer(240) - 120) : random.normal());

describe("a vector sum", () => {
  const length = 37;
  const clients = Array.from({ length: 12 }, (_, k) => ({
    weight: [1, 0.3, 17.5][k % 3]!,
    vector: new (k % 2 === 0 ? Float32Array : Float64Array)(Array.from({ length }, (_, i) => wild(i))),
  }));
  const plain = new VectorSum(length);
  for (const { weight, vector } of clients) plain.add(weight, vector);
  const expected = hexOf(plain);

  test("has the same bits for a thousand orders, groupings and places", () => {
    const heap = Heap.create();
    const inHeap = clients.map(({ weight, vector }) => {
      const address = heap.allocate(vector.byteLength);
      const view = vector instanceof Float32Array ? heap.float32(address, length) : heap.float64(address, length);
      view.set(vector);
      return { weight, vector: view };
    });
    const places = Array.from({ length: 5 }, () => heap.allocate(VectorSum.bytes(length)));
    for (let trial = 0; trial < 1000; trial++) {
      const parts = Array.from({ length: 1 + random.integer(5) }, (_, part) => {
        const sum = random.integer(2) === 0 ? new VectorSum(length) : VectorSum.at(heap, places[part]!, length);
        sum.clear();
        return sum;
      });
      for (const k of random.permutation(clients.length)) {
        const { weight, vector } = (random.integer(2) === 0 ? clients : inHeap)[k]!;
        expect(parts[random.integer(parts.length)]!.add(weight, vector)).toBe(0);
      }
      const [total, ...others] = random.shuffle(parts);
      for (const other of others) total!.merge(other);
      expect(hexOf(total!)).toBe(expected);
    }
  });

  test("is right to 2⁻⁶⁵ a contribution, then rounded once, however large or small the numbers", () => {
    plain.value().forEach((value, i) => {
      const exact = ExactSum.of(clients.map(({ weight, vector }) => vector[i]! * weight)).value();
      expect(Math.abs(value - exact)).toBeLessThanOrEqual(Math.abs(exact) * 2 ** -52 + clients.length * 2 ** -65);
    });
  });

  test("keeps what cancellation leaves: 1e300 + 1 − 1e300 is 1, 2³¹ + 2⁻⁶⁴ − 2³¹ is 2⁻⁶⁴", () => {
    const sum = new VectorSum(2);
    for (const vector of [
      [1e300, 2 ** 31],
      [1, 2 ** -64],
      [-1e300, -(2 ** 31)],
    ])
      sum.add(1, Float64Array.from(vector));
    expect([...sum.value()]).toEqual([1, 2 ** -64]);
    const plainOnes = new VectorSum(2);
    plainOnes.add(1, Float64Array.of(1, 2 ** -64));
    expect(hexOf(sum)).toBe(hexOf(plainOnes)); // no trace of the large ones
  });

  test("rounds correctly, also beyond 2³³ where one limb has more bits than a float64", () => {
    for (let trial = 0; trial < 300; trial++) {
      const values = Array.from({ length: 6 }, () => random.normal() * 2 ** random.integer(30)).map(
        (v) => Math.round(v * 2 ** 40) / 2 ** 40,
      );
      const sum = new VectorSum(1);
      for (const value of values) for (let k = 0; k < 40; k++) sum.add(1, Float64Array.of(value));
      expect(sum.value()[0]).toBe(ExactSum.of(values.flatMap((value) => new Array<number>(40).fill(value))).value());
    }
  });

  test("never overflows: 20000 contributions of just below 2³¹, and merges of such sums", () => {
    const sum = new VectorSum(3);
    const vector = Float64Array.of(2 ** 31 - 1, -(2 ** 31 - 1), 0.5);
    for (let k = 0; k < 20_000; k++) sum.add(1, vector);
    expect([...sum.value()]).toEqual([...vector].map((v) => v * 20_000));
    const total = new VectorSum(3);
    for (let k = 0; k < 50; k++) total.merge(sum);
    for (let k = 0; k < 50; k++) sum.merge(total);
    expect([...sum.value()]).toEqual([...vector].map((v) => v * 20_000 * 2501));
  });

  test("reports NaN and infinities, and adds nothing of that contribution", () => {
    const heap = Heap.create();
    for (const sum of [new VectorSum(4), VectorSum.at(heap, heap.allocate(VectorSum.bytes(4)), 4)]) {
      sum.add(2, Float64Array.of(1, 2, 3, 4));
      const broken = heap.float64(heap.allocate(32), 4);
      broken.set([1, NaN, Infinity, 1e10]);
      expect(sum.add(1, broken)).toBe(2);
      expect(sum.add(1, Float32Array.of(1, -Infinity, 0, 0))).toBe(1);
      expect(sum.add(1e10, Float64Array.of(1, 1e300, 0, 0))).toBe(1); // overflows
      expect(sum.add(NaN, Float64Array.of(1, 1, 1, 1))).toBe(4);
      expect([...sum.value()]).toEqual([2, 4, 6, 8]);
    }
  });

  test("survives as bytes, outliers included, and refuses bytes of another length", () => {
    const again = VectorSum.fromBytes(plain.toBytes(), length);
    expect(hexOf(again)).toBe(expected);
    again.merge(plain);
    expect([...again.value()]).toEqual([...plain.value()].map((v) => 2 * v));
    expect(() => VectorSum.fromBytes(new Uint8Array(10), length)).toThrow(/sum of 37 elements/);
    expect(() => plain.add(1, new Float64Array(3))).toThrow(/Expected 37 elements, as many as the sum has, got 3/);
  });

  test("folded by worker threads, read here: the same bits", async () => {
    const heap = Heap.create();
    const addresses = [0, 1, 2].map(() => heap.allocate(VectorSum.bytes(length)));
    const source = `
      const { parentPort, workerData: { memory, address, mine, length, modules } } = require("node:worker_threads");
      Promise.all(modules.map((m) => import(m))).then(([{ Heap }, { VectorSum }]) => {
        const sum = VectorSum.at(new Heap(memory), address, length);
        for (const { weight, vector } of mine) sum.add(weight, vector);
        parentPort.postMessage("done");
      });`;
    const modules = ["kernels/heap.js", "sum.js"].map(
      (path) => new URL(`../../dist/shared/${path}`, import.meta.url).href,
    );
    await Promise.all(
      addresses.map((address, t) => {
        const mine = clients.filter((_, k) => k % 3 === t);
        const workerData = { memory: heap.memory, address, mine, length, modules };
        return new Promise((resolve, reject) => {
          new Worker(source, { eval: true, workerData }).once("message", resolve).once("error", reject);
        });
      }),
    );
    const total = new VectorSum(length);
    for (const address of addresses) total.merge(VectorSum.at(heap, address, length));
    expect(hexOf(total)).toBe(expected);
  });
});

describe("an exact sum", () => {
  test("is the correctly rounded sum in every order and grouping", () => {
    for (let trial = 0; trial < 300; trial++) {
      const values = Array.from({ length: 20 }, (_, i) => wild(i) * 2 ** (random.integer(1600) - 1000));
      const whole = ExactSum.of(values);
      const parts = [new ExactSum(), new ExactSum(), new ExactSum()];
      for (const value of random.shuffle(values.slice())) parts[random.integer(3)]!.add(value);
      parts[0]!.merge(parts[2]!);
      parts[1]!.merge(parts[0]!);
      expect(parts[1]!.toJSON()).toEqual(whole.toJSON());
      expect(Object.is(parts[1]!.value(), whole.value())).toBe(true);
    }
  });

  test("rounds to nearest, ties to even, from the subnormal numbers to the overflow", () => {
    const facts: [number[], number][] = [
      [[], 0], [[0.1, 0.2, 0.3], 0.6], [[1e308, 1, -1e308], 1], [[5e-324, 5e-324], 1e-323], [[5e-324, -5e-324], 0], [[1, 2 ** -53], 1],
      [[1, 2 ** -53, 5e-324], 1 + 2 ** -52], [[1 + 2 ** -52, 2 ** -53], 1 + 2 ** -51], [[1, 2 ** -54, -(2 ** -1074)], 1], [[Number.MAX_VALUE, Number.MAX_VALUE], Infinity],
      [[Number.MAX_VALUE, 2 ** 970], Infinity], [[Number.MAX_VALUE, 2 ** 969], Number.MAX_VALUE], [[2 ** -1022, -5e-324], 2 ** -1022 - 5e-324], [[-1, -(2 ** -53), -5e-324], -1 - 2 ** -52],
    ]; // prettier-ignore
    for (const [values, value] of facts) expect(ExactSum.of(values).value(), String(values)).toBe(value);
    for (let trial = 0; trial < 500; trial++) {
      const value = wild(trial) * 2 ** (random.integer(2000) - 1060);
      expect(ExactSum.of([value]).value()).toBe(value + 0);
    }
  });

  test("carries infinities and NaN beside it, and its state as JSON", () => {
    expect(ExactSum.of([1, Infinity]).value()).toBe(Infinity);
    expect(ExactSum.of([-Infinity, 1]).value()).toBe(-Infinity);
    expect(ExactSum.of([-Infinity, Infinity]).value()).toBeNaN();
    const sum = ExactSum.of([-0.1, NaN, 1e300]);
    expect([sum.value(), sum.nonFinite]).toEqual([NaN, 1]);
    const again = ExactSum.fromJSON(
      JSON.parse(JSON.stringify(ExactSum.of([-0.1, 7]))) as ReturnType<ExactSum["toJSON"]>,
    );
    again.add(-7);
    expect(again.value()).toBe(-0.1);
  });
});
