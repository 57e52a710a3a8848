import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { firstScale, nextScale, type LossScale, type LossScaleSpec } from "../../../shared/updates/loss-scale.ts";
import { travel } from "../../../shared/updates/transport.ts";

const file = new URL("../../golden/updates/loss-scale.json", import.meta.url);
const { lossScale } = JSON.parse(readFileSync(file, "utf8")) as {
  lossScale: { options: LossScaleSpec; overflow: boolean[]; scaleAfterStep: number[] }[];
};

describe("the loss scale", () => {
  test.each(lossScale)("moves as PyTorch's GradScaler: $options", ({ options, overflow, scaleAfterStep }) => {
    let state: LossScale = firstScale(options)!;
    const scales = overflow.map((one) => (state = nextScale(state, options, one)!).scale);
    expect(scales).toEqual(scaleAfterStep);
  });

  test("has an end in both directions", () => {
    const options = { initial: 2 ** 30, growthFactor: 2, backoffFactor: 0.5, growthInterval: 1 };
    expect(nextScale(firstScale(options)!, options, false)).toEqual({ scale: 2 ** 30, streak: 0 });
    expect(nextScale({ scale: 2 ** -30, streak: 0 }, options, true)).toBeUndefined();
  });
});

describe("a journey in 16 bits", () => {
  test("rounds to the format and comes back in its own precision", () => {
    const vector = Float32Array.of(0.1, 1e-9, 3);
    expect(travel(vector, "float16")).toBe(0);
    expect([...vector]).toEqual([0.0999755859375, 0, 3]);
  });

  test("under a scale keeps small numbers, and says which are too large", () => {
    const vector = Float64Array.of(1e-9, 0.1, 2);
    expect(travel(vector, "float16", 65536)).toBe(1);
    expect(vector[0]! / 1e-9).toBeCloseTo(1, 3);
    expect(vector[1]).toBe(0.0999755859375);
    expect(vector[2]).toBe(Infinity);
  });
});
