import fc from "fast-check";
import { expect, test } from "vitest";
import { Limits } from "../../../server/rpc/limits.ts";
import { TokenBucket, TokenBuckets } from "../../../server/rpc/token-bucket.ts";

const seed = Number(process.env["SEED"] ?? 1);

test("a bucket never lets through more than its burst and its rate, and what it says to wait is enough", () => {
  const steps = fc.array(
    fc.record({ amount: fc.integer({ min: 1, max: 5 }), later: fc.integer({ min: 0, max: 2000 }) }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 5, max: 20 }), (calls, perSecond, burst) => {
      const bucket = new TokenBucket({ perSecond, burst }, 0);
      let [now, taken] = [0, 0];
      for (const { amount, later } of calls) {
        now += later;
        const wait = bucket.take(amount, now);
        if (wait === 0) taken += amount;
        expect(taken).toBeLessThanOrEqual(burst + (now / 1000) * perSecond + 1e-9);
        if (wait === 0) continue;
        now += wait;
        expect(bucket.take(amount, now)).toBe(0);
        taken += amount;
      }
    }),
    { seed },
  );
});

test("an amount beyond the burst waits for a full bucket and leaves a debt", () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 10 }, 0);
  expect(bucket.take(30, 0)).toBe(0);
  expect(bucket.take(1, 0)).toBe(2100);
});

test("buckets that are full again are forgotten", () => {
  const buckets = new TokenBuckets({ perSecond: 1000, burst: 1 });
  for (let i = 0; i < 5000; i++) buckets.take(`address-${i}`, 1, i);
  expect(buckets.size).toBeLessThan(1100);
});

test("uploads have room up to the limit, one always has, and room is given back once", () => {
  const limits = new Limits({ uploadBytes: 100 }, () => 0);
  const first = limits.upload(150)!;
  expect(limits.upload(1)).toBeUndefined();
  first();
  first();
  const [second, third] = [limits.upload(60), limits.upload(40)];
  expect(second).toBeDefined();
  expect(third).toBeDefined();
  expect(limits.upload(1)).toBeUndefined();
});

test("an address that is refused too often is barred for a while, and no other is", () => {
  let now = 0;
  const limits = new Limits({ refusalsPerAddress: { perSecond: 1, burst: 2 } }, () => now);
  for (let i = 0; i < 3; i++) limits.refused("10.0.0.1");
  expect(limits.call("10.0.0.1")).toBe(1000);
  expect(limits.call("10.0.0.2")).toBe(0);
  now = 1001;
  expect(limits.call("10.0.0.1")).toBe(0);
});
