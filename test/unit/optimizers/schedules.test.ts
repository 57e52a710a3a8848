import { describe, expect, test } from "vitest";
import { cosine, linearWarmUp, scheduleOf } from "../../../shared/optimizers/schedules.ts";

const first = (count: number, schedule: (round: number) => number): number[] =>
  Array.from({ length: count }, (_, round) => schedule(round));

describe("a schedule multiplies the learning rate", () => {
  test("constant: never", () => {
    expect(first(3, scheduleOf({ kind: "constant" }, 10))).toEqual([1, 1, 1]);
  });
  test("step: every so many rounds", () => {
    expect(first(5, scheduleOf({ kind: "step", everyRounds: 2, factor: 0.5 }, 10))).toEqual([1, 1, 0.5, 0.5, 0.25]);
  });
  test("exponential: every round", () => {
    expect(first(4, scheduleOf({ kind: "exponential", factor: 0.5 }, 10))).toEqual([1, 0.5, 0.25, 0.125]);
  });
  test("cosine: from 1 to its end, half-way in the middle, and no further", () => {
    const schedule = scheduleOf({ kind: "cosine", final: 0.2 }, 4);
    expect(schedule(0)).toBe(1);
    expect(schedule(2)).toBeCloseTo(0.6, 15);
    expect([schedule(4), schedule(9)]).toEqual([expect.closeTo(0.2, 15), expect.closeTo(0.2, 15)]);
    expect(scheduleOf({ kind: "cosine", final: 0, rounds: 8 }, 4)(4)).toBeCloseTo(0.5, 15);
  });
  test("a warm-up comes first, and the schedule after it from its start", () => {
    expect(first(5, linearWarmUp(2, cosine(2)))).toEqual([0.5, 1, 1, expect.closeTo(0.5, 15), expect.closeTo(0, 15)]);
  });
});
