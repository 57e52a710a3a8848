/**
 * The two-objective problem of CAGrad and Nash-MTL (test/support/valley.ts), by those methods whose steps are cheap; all of them, with where
 * they end, are in test/replications.
 *
 * End points: computed once in float64 with NumPy and PyTorch. They mean something to a digit where the way there does: for CAGrad and
 * the mean, which end at the one minimum of the mean, and for MGDA, until it stands still. Behind the walls the way of the others turns on
 * the ninth digit of the start (a test below), and on the valley's floor Adam divides rounding by rounding: of them it is asked that they
 * come through the walls, where the mean does not, and end where no direction helps both.
 */
import { expect, test } from "vitest";
import { descend, starts } from "../../support/valley.ts";

const [left, below, right] = starts;
const exact = [
  { method: "mean", options: {}, start: below, steps: 10_000, end: -15.0916, within: 1e-3 },
  { method: "cagrad", options: { c: 0.5 }, start: below, steps: 10_000, end: -15.0916, within: 1e-3 },
  { method: "mgda", options: {}, start: left, steps: 20_000, end: -14.141, within: 6e-3 },
  { method: "mgda", options: {}, start: below, steps: 20_000, end: -10.206, within: 6e-3 },
  { method: "mgda", options: {}, start: right, steps: 20_000, end: -14.107, within: 6e-3 },
] as const;

for (const { method, options, start, steps, end, within } of exact) {
  test(`${method} from (${start.join(", ")}) ends at a mean loss of ${String(end)}`, () => {
    expect(Math.abs(descend(method, options, start, steps).loss - end)).toBeLessThan(within);
  });
}

test("pcgrad comes through the walls from every start, and ends where no direction helps both", () => {
  for (const start of starts) {
    const { loss, slope } = descend("pcgrad", { order: "ascending" }, start, 40_000);
    expect(loss).toBeLessThan(-10);
    expect(loss).toBeGreaterThan(-15.0917);
    expect(slope).toBeLessThan(0.02);
  }
});

test("the mean stays behind the walls from the two upper starts", () => {
  for (const start of [left, right]) expect(descend("mean", {}, start, 30_000).loss).toBeGreaterThan(1);
});

test("behind the walls a billionth of the start decides where PCGrad ends: its end is no golden", () => {
  const [x, y] = left;
  const ends = [x, x + 1e-9].map((near) => descend("pcgrad", {}, [near, y], 20_000).loss);
  expect(Math.abs(ends[0]! - ends[1]!)).toBeGreaterThan(0.01);
});
