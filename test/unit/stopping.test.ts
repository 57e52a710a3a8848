import { describe, expect, test } from "vitest";
import { excessOf, observe, rememberFirst, startWatching, verdict, type Watch } from "../../server/stopping.ts";
import type { StopConfig } from "../../shared/experiment/monitoring.ts";

const rule = (rest: Partial<StopConfig>): StopConfig => ({
  watch: "y/test/loss",
  minImprovement: 0,
  divergence: 1e6,
  ...rest,
});
const watched = (stop: StopConfig, values: readonly (number | null)[], smallerIsBetter = true): Watch =>
  values.reduce<Watch>(
    (watch, value, i) => observe(watch, { round: i + 1, value, smallerIsBetter }, stop),
    startWatching,
  );

describe("patience", () => {
  const stop = rule({ patience: 2 });

  test("runs out after as many evaluations without improvement", () => {
    expect(verdict(watched(stop, [3, 2, 2.5]), stop)).toBeUndefined();
    expect(verdict(watched(stop, [3, 2, 2.5, 2]), stop)).toEqual({
      reason: "patience",
      explanation: "y/test/loss has not improved since round 2",
    });
  });

  test("asks for more than the least improvement", () => {
    const strict = rule({ patience: 2, minImprovement: 0.1 });
    expect(verdict(watched(strict, [1, 0.95, 0.92]), strict)?.reason).toBe("patience");
    expect(verdict(watched(stop, [1, 0.95, 0.92]), stop)).toBeUndefined();
  });

  test("counts a value that does not exist as no improvement", () => {
    expect(verdict(watched(stop, [null, null]), stop)?.explanation).toBe(
      "y/test/loss has not improved and never had a value",
    );
  });
});

test("a target stops the run as soon as it is reached, whichever way is better", () => {
  const loss = rule({ target: 0.5 });
  expect(verdict(watched(loss, [0.6]), loss)).toBeUndefined();
  expect(verdict(watched(loss, [0.6, 0.5]), loss)?.reason).toBe("target");
  const accuracy = rule({ watch: "y/test/accuracy", target: 0.9 });
  expect(verdict(watched(accuracy, [0.95], false), accuracy)?.reason).toBe("target");
  expect(verdict(watched(accuracy, [0.85], false), accuracy)).toBeUndefined();
});

describe("divergence", () => {
  const began = rememberFirst(rememberFirst(startWatching, { y: 20, z: 0.01, empty: null }), { y: 5 });

  test("is a loss above its factor times what it began with, or times 1 where it began below", () => {
    expect(excessOf({ y: 2e7, z: 1e6 }, began)).toBeUndefined();
    expect(excessOf({ y: 2.1e7 }, began)).toBe("y is 2.10e+7, more than 1000000 times what it began with (20.0)");
    expect(excessOf({ z: 1.1e6 }, began)).toBe("z is 1.10e+6, more than 1000000 times what it began with (0.0100)");
    expect(excessOf({ y: 201 }, began, 10)).toBe("y is 201, more than 10 times what it began with (20.0)");
  });

  test("is not seen where a loss is absent or has no beginning", () => {
    expect(excessOf({ y: null, empty: 1e30 }, began)).toBeUndefined();
  });
});
