import { describe, expect, test } from "vitest";
import { logErfc, quantileAbove, upperTail } from "../../../shared/privacy/normal.ts";

describe("tails of the normal distribution", () => {
  test("ln erfc is smooth where its two forms meet, and right far out", () => {
    expect(logErfc(2 - 1e-12)).toBeCloseTo(logErfc(2), 10);
    expect(logErfc(0)).toBeCloseTo(0, 15);
    expect(logErfc(-6)).toBeCloseTo(0.6931471805599453, 14);
    expect(logErfc(5) / -27.200889545537446 - 1).toBeCloseTo(0, 14); // scipy's log_ndtr
    expect(logErfc(30) / -903.9741171106442 - 1).toBeCloseTo(0, 14);
  });

  test("are those of scipy's norm.sf, to their last digits", () => {
    const known = [[0, 0.5], [1, 0.15865525393145707], [2.9, 0.001865813300384038], [8, 6.220960574271785e-16], [-3, 0.9986501019683699]] as const; // prettier-ignore
    for (const [x, tail] of known) expect(Math.abs(upperTail(x) / tail - 1)).toBeLessThan(2e-14);
    expect(upperTail(quantileAbove(1e-9))).toBeLessThanOrEqual(1e-9);
    expect(upperTail(quantileAbove(1e-9) - 0.002)).toBeGreaterThan(1e-9);
  });
});
