/** Huber's loss with the seam where everybody's errors say. */
import { expect, test } from "vitest";
import { losses } from "../../../shared/losses/catalogue.ts";
import { Random } from "../../../shared/random.ts";
import { runLoss } from "../../support/loss-batch.ts";
import { real } from "../../support/loss-values.ts";

const random = Random.seeded(31);
const errors = Array.from({ length: 400 }, (_, i) => (i % 10 === 0 ? 40 : 2) * random.normal());
const batch = {
  prediction: real([400], errors),
  target: real(
    [400],
    errors.map(() => 0),
  ),
};
const median = errors.map(Math.abs).toSorted((a, b) => a - b)[199]!;

test("delta auto is huber at a δ within 5 % of 1.345·1.4826·median |e|, value and slopes", () => {
  const auto = runLoss(losses.huber.bind({ delta: "auto" }), batch);
  const delta = auto.details!["delta"]!.data[0]!;
  expect(Math.abs(delta / (1.345 * 1.4826 * median) - 1)).toBeLessThan(0.05);
  const plain = runLoss(losses.huber.bind({ delta }), batch);
  expect(auto.numerator).toBeCloseTo(plain.numerator / 400, 12);
  for (const [i, slope] of auto.gradients["prediction"]!.data.entries())
    expect(400 * slope).toBeCloseTo(plain.gradients["prediction"]!.data[i]!, 10);
  const smooth = runLoss(losses["smooth-l1"].bind({ beta: "auto" }), batch);
  expect(smooth.numerator).toBeCloseTo(auto.numerator / delta, 12);
});

test("errors of any size move δ with them, and errors of 0 have no slope", () => {
  const deltaOf = (scale: number): number => {
    const scaled = {
      ...batch,
      prediction: real(
        [400],
        errors.map((e) => scale * e),
      ),
    };
    return runLoss(losses.huber.bind({ delta: "auto" }), scaled).details!["delta"]!.data[0]!;
  };
  expect(Math.abs(deltaOf(1000) / deltaOf(1) - 1000)).toBeLessThan(50);
  const none = runLoss(losses.huber.bind({ delta: "auto" }), { ...batch, prediction: batch.target });
  expect([none.value, ...none.gradients["prediction"]!.data].every((x) => x === 0)).toBe(true);
});
