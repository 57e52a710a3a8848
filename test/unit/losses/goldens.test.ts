/** Every golden case, on every engine, from its request to its answer. Tolerances are in `support/golden-losses.ts`. */
import { describe, expect, test } from "vitest";
import type { Program } from "../../../shared/graph/program.ts";
import type { Engine, Precision } from "../../../shared/kernels/engine-interface.ts";
import { createEngine } from "../../../shared/kernels/engine.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { createReferenceEngine } from "../../../shared/kernels/reference.ts";
import { losses } from "../../../shared/losses/catalogue.ts";
import { answerOf } from "../../../shared/objectives/trial-answer.ts";
import { decodeTrial } from "../../../shared/objectives/trial-request.ts";
import { expectGolden, goldenCases, knownCases } from "../../support/golden-losses.ts";
import { runLoss } from "../../support/loss-batch.ts";

const heap = Heap.create();
const wasm =
  (precision: Precision) =>
  (program: Program): Engine =>
    createEngine(program, { precision, heap });

const engines = [
  { title: "the reference engine", precision: "float64", engineOf: createReferenceEngine },
  { title: "the kernels in float64", precision: "float64", engineOf: wasm("float64") },
  { title: "the kernels in float32", precision: "float32", engineOf: wasm("float32") },
] as const;

describe.each(engines)("the golden cases of every loss on $title", ({ precision, engineOf }) => {
  test.each(knownCases)("$id", (golden) => {
    const { loss, batch, weights } = decodeTrial({ ...golden, precision });
    const seen = runLoss(loss, batch, weights, engineOf);
    expectGolden(answerOf(loss, seen), golden, precision);
    expect(seen.nonFinite).toBe(0);
  });
});

test("every loss of the goldens is in the catalogue", () => {
  expect([...new Set(goldenCases.map(({ loss }) => loss))].filter((loss) => !(loss in losses))).toEqual([]);
});
