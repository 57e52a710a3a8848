import { describe, expect, test } from "vitest";
import { balancedWeights, effectiveNumberWeights } from "../../../shared/advice/class-weights.ts";

// The two cases are `balanced-class-weights` and `effective-number-weights` of the project's reference values.
describe("class weights", () => {
  test("that balance give every class the same total", () => {
    expect(balancedWeights([90, 10])).toEqual([0.5555555555555556, 5]);
    expect(balancedWeights([50, 0, 25])).toEqual([0.75, 0, 1.5]);
  });

  test("by effective numbers are those of Cui et al.", () => {
    const weights = effectiveNumberWeights([90, 10], 0.999);
    expect(weights[0]).toBeCloseTo(0.2072578083113858, 12);
    expect(weights[1]).toBeCloseTo(1.7927421916886142, 12);
    expect(effectiveNumberWeights([5, 0, 5], 0.9)).toEqual([1, 0, 1]);
  });

  test("by effective numbers go from all alike to the balanced ones as β grows", () => {
    const [even, steep] = [effectiveNumberWeights([90, 10], 1e-9), effectiveNumberWeights([90, 10], 1 - 1e-9)];
    expect(even[1]! / even[0]!).toBeCloseTo(1, 6);
    expect(steep[1]! / steep[0]!).toBeCloseTo(9, 6);
  });
});
