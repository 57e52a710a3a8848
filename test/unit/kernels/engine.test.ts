import { describe, expect, test } from "vitest";
import { operations, type OperationName } from "../../../shared/graph/operations.ts";
import { createEngine } from "../../../shared/kernels/engine.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { createReferenceEngine } from "../../../shared/kernels/reference.ts";
import { drawOf, seed, type Size } from "../../support/draw.ts";
import { furthest } from "../../support/furthest.ts";
import { caseOf, feed, programOf, type OperationCase } from "../../support/operation-cases.ts";

/**
 * Relative to the largest magnitude of the result, at least 1. float64: kernels and reference differ in the order of sums and the last
 * bits of transcendental functions. float32: inputs are rounded to float32 before both engines see them.
 */
const tolerance = { float64: 1e-12, float32: 1e-5 } as const;

const sizes: readonly Size[] = ["empty", "one", "odd", "large"];

describe.each(Object.keys(operations) as OperationName[])("%s", (operation) => {
  test.each(sizes)(`gives the same on both engines, shapes: %s (seed ${seed})`, (size) => {
    const heap = Heap.create();
    for (let round = 0; round < 8; round++) {
      const drawn = caseOf(operation, drawOf(seed + round, size));
      for (const precision of ["float64", "float32"] as const) {
        const one = precision === "float32" ? rounded(drawn) : drawn;
        const program = programOf(one);
        const expected = feed(createReferenceEngine(program), one);
        const engine = feed(createEngine(program, { precision, heap }), one);
        expected.run();
        engine.run();
        expect(
          furthest(engine.output("y"), expected.output("y")),
          `seed ${seed}, round ${round}, ${precision}`,
        ).toBeLessThanOrEqual(tolerance[precision]);
      }
    }
  });
});

const rounded = (one: OperationCase): OperationCase => ({
  ...one,
  inputs: one.inputs.map((input) => ({ ...input, values: input.values.map(Math.fround) })),
});
