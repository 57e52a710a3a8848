import { expect, test } from "vitest";
import { Shares } from "../../../server/rpc/shares.ts";

const options = { total: 1024, most: 256, least: 16 };

test("the parts of all together are never more than the room, down to the least part", () => {
  const shares = new Shares(options);
  for (let holders = 1; holders <= 64; holders++) {
    shares.join();
    expect(shares.each * holders).toBeLessThanOrEqual(1024);
    expect(shares.each * holders * 2).toBeGreaterThan(holders < 4 ? 0 : 1024); // and no smaller than they must be
  }
  shares.join();
  expect(shares.each).toBe(16);
});

test("whoever leaves makes room again, and leaves once", () => {
  let changes = 0;
  const shares = new Shares(options, () => changes++);
  const joined = Array.from({ length: 8 }, () => shares.join());
  expect([shares.each, changes]).toEqual([128, 1]);
  for (let i = 0; i < 2; i++) joined[0]?.[Symbol.dispose]();
  expect(shares.each).toBe(128);
  for (const one of joined) one[Symbol.dispose]();
  expect([shares.each, changes]).toEqual([256, 2]);
});
