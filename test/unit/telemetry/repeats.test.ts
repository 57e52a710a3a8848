import { expect, test } from "vitest";
import { Repeats } from "../../../server/telemetry/repeats.ts";

test("what happens again is noted once in a while, with how often it happened in between", () => {
  let now = 0;
  const repeats = new Repeats({ everyMs: 100, now: () => now });
  expect(repeats.note("a")).toEqual({ before: 0 });
  for (now = 1; now < 100; now++) expect(repeats.note("a")).toBeUndefined();
  expect(repeats.note("b")).toEqual({ before: 0 });
  expect(repeats.note("a")).toEqual({ before: 99 });
  expect(repeats.note("a")).toBeUndefined();
});

test("so many different things are told apart and no more, until the oldest is long ago", () => {
  let now = 0;
  const repeats = new Repeats({ everyMs: 100, different: 2, now: () => now });
  expect([repeats.note("a"), repeats.note("b"), repeats.note("c")]).toEqual([{ before: 0 }, { before: 0 }, undefined]);
  now = 100;
  expect(repeats.note("c")).toEqual({ before: 0 });
  expect(repeats.note("a")).toEqual({ before: 0 }); // it had to make room
});
