import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochOrder, stepOrder, stepsPerEpoch, type BatchPlan } from "../../../shared/data/batches.ts";
import { Random } from "../../../shared/random.ts";

const random = Random.seeded(3).fork("round", 1, "client", "a");
const present = (order: Int32Array): number[] => [...order].filter((row) => row >= 0);
const sorted = (rows: number[]): number[] => rows.toSorted((a, b) => a - b);

const plans = fc.record({
  rows: fc.integer({ min: 1, max: 40 }),
  batchSize: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constant("full" as const)),
  microBatchSize: fc.integer({ min: 1, max: 12 }),
  shuffle: fc.boolean(),
});

describe("the order of an epoch", () => {
  test("visits every row once in each epoch, in whole micro-batches, a batch to each step", () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 3 }), (plan, epochs) => {
        const { order, steps, microBatchesPerStep } = epochOrder(plan, epochs, random);
        const batch = plan.batchSize === "full" ? plan.rows : plan.batchSize;
        expect(steps).toBe(epochs * Math.ceil(plan.rows / batch));
        expect(microBatchesPerStep).toBe(Math.ceil(batch / plan.microBatchSize));
        const width = microBatchesPerStep * plan.microBatchSize;
        expect(order.length).toBe(steps * width);
        const perEpoch = order.length / epochs;
        for (let epoch = 0; epoch < epochs; epoch++) {
          const walk = order.subarray(epoch * perEpoch, (epoch + 1) * perEpoch);
          expect(sorted(present(walk))).toEqual(Array.from({ length: plan.rows }, (_, i) => i));
        }
        for (let step = 0; step < steps; step++) {
          const rows = order.subarray(step * width, (step + 1) * width);
          const count = present(rows).length;
          expect(count).toBeLessThanOrEqual(batch);
          expect(rows.subarray(count).every((row) => row === -1)).toBe(true); // padding comes last
        }
      }),
    );
  });

  test("is the example of the file's head: 10 rows, batches of 4, micro-batches of 3", () => {
    const { order } = epochOrder({ rows: 10, batchSize: 4, microBatchSize: 3, shuffle: false }, 1, random);
    expect([...order]).toEqual([0, 1, 2, 3, -1, -1, 4, 5, 6, 7, -1, -1, 8, 9, -1, -1, -1, -1]);
  });

  test("leaves out the incomplete last batch when told to, and all of a client smaller than a batch", () => {
    expect(epochOrder({ rows: 10, batchSize: 4, dropLast: true }, 1, random).steps).toBe(2);
    expect(epochOrder({ rows: 3, batchSize: 4, dropLast: true }, 5, random)).toMatchObject({
      steps: 0,
      order: new Int32Array(0),
    });
  });

  test("of an empty shard has no steps", () => {
    expect(epochOrder({ rows: 0, batchSize: "full" }, 3, random).steps).toBe(0);
    expect(epochOrder({ rows: [], batchSize: 4 }, 3, random).steps).toBe(0);
  });

  test("walks over the rows it is given, which stay as they were", () => {
    const rows = Int32Array.of(5, 9, 2);
    const { order } = epochOrder({ rows, batchSize: 2 }, 1, random);
    expect(sorted(present(order))).toEqual([2, 5, 9]);
    expect([...rows]).toEqual([5, 9, 2]);
  });

  test("depends on seed, client, round and epoch by name, not on what was drawn before", () => {
    const plan: BatchPlan = { rows: 30, batchSize: 7 };
    const first = epochOrder(plan, 2, random);
    random.fork("other").integer(5);
    expect(epochOrder(plan, 2, random)).toEqual(first);
    expect([...first.order.subarray(0, 30)]).not.toEqual([...first.order.subarray(35, 65)]);
    expect(epochOrder(plan, 2, Random.seeded(3).fork("round", 2, "client", "a"))).not.toEqual(first);
  });

  test("refuses a batch size of 0", () => {
    expect(() => epochOrder({ rows: 3, batchSize: 0 }, 1, random)).toThrow(
      "Expected a batch size of at least 1, got 0",
    );
  });
});

test("a walk continued across rounds is the same endless walk, however it is cut into rounds", () => {
  fc.assert(
    fc.property(plans, fc.array(fc.nat(9), { maxLength: 6 }), (plan, rounds) => {
      const total = rounds.reduce((a, b) => a + b, 0);
      let first = 0;
      const pieces = rounds.flatMap((steps) => {
        const { order } = stepOrder(plan, first, steps, random);
        first += steps;
        return [...order];
      });
      expect(pieces).toEqual([...stepOrder(plan, 0, total, random).order]);
    }),
  );
  // FLamby: 199 rows in batches of 4 are 50 steps, so 100 updates are two passes over a client's rows
  expect(stepsPerEpoch({ rows: 199, batchSize: 4 })).toBe(50);
});
