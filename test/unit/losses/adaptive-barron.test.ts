/** The density of Barron's loss: its integral, and α and c that can be told from the errors. */
import { describe, expect, test } from "vitest";
import { log } from "../../../shared/kernels/math.ts";
import { losses } from "../../../shared/losses/catalogue.ts";
import type { Drawn } from "../../../shared/losses/inputs.ts";
import { Random } from "../../../shared/random.ts";
import { trialProgram } from "../../../shared/objectives/trial.ts";
import { createReferenceEngine } from "../../../shared/kernels/reference.ts";
import { seed } from "../../support/draw.ts";
import { differences, distance } from "../../support/finite-differences.ts";
import { runLoss } from "../../support/loss-batch.ts";
import { real } from "../../support/loss-values.ts";

const loss = losses["adaptive-barron"].bind();
const logit = (alpha: number): number => log((alpha - 0.001) / (1.999 - alpha));
const batchOf = (errors: readonly number[], alpha: number, logC: number): Drawn => ({
  prediction: real([errors.length], errors),
  target: real(
    [errors.length],
    errors.map(() => 0),
  ),
  alphaLogit: real([], [logit(alpha)]),
  logC: real([], [logC]),
});

describe("log Z(α)", () => {
  // mpmath 1.3, 40 digits: quadrature of the density in u and in x, which agree; α = 1 is log(2e·K₁(1)). Slopes by its diff.
  test.each([
    [0.01, 1.483037934750453, -0.795684017],
    [0.05, 1.454891864252298, -0.628977404],
    [0.3, 1.34751357407167, -0.318918386],
    [1, 1.185495232349193, -0.192870015],
    [1.37, 1.113964583704696, -0.19996984],
    [1.9, 0.978466411280962, -0.402937938],
    [1.99, 0.929938792134736, -0.862816312],
  ])("of %d is %d, with the slope %d", (alpha, value, slope) => {
    const seen = runLoss(loss, batchOf([0], alpha, 0)); // without an error, and with c = 1, nothing else is left
    expect(Math.abs(seen.numerator - value)).toBeLessThan(1e-12);
    const perLogit = ((alpha - 0.001) * (1.999 - alpha)) / 1.998; // ∂α/∂alphaLogit
    expect(Math.abs(seen.gradients["alphaLogit"]!.data[0]! / perLogit - slope)).toBeLessThan(1e-8);
  });
});

test("without its parameters the loss is at their first values: barron, log c and log Z", () => {
  const batch = { prediction: real([3], [1, -20, 3]), target: real([3], [0, 30, 3]) };
  const plain = runLoss(losses.barron.bind({ alpha: 1, c: 0.5 }), batch).numerator;
  const seen = runLoss(losses["adaptive-barron"].bind({ alpha: 1, c: 0.5 }), batch);
  expect(seen.numerator).toBeCloseTo(plain + 3 * (log(0.5) + 1.185495232349193), 12);
  expect(Object.keys(seen.gradients)).toEqual(["prediction"]);
});

test("the slopes of α and c are those of central differences", () => {
  const batch = batchOf([0.3, -4, 50, 0, 1.5], 1.2, 0.4);
  const engine = createReferenceEngine(trialProgram(loss, batch));
  for (const [name, { data }] of Object.entries(batch)) engine.input(name).set(data);
  engine.input("weight").set([1, 2, 0.5, 1, 1]);
  for (const name of ["prediction", "alphaLogit", "logC"]) {
    engine.run();
    const slopes = [...engine.output(`slope/${name}`)];
    expect(distance(slopes, differences(engine, "numerator", name)), name).toBeLessThanOrEqual(1e-6);
  }
});

describe(`α and c are learned from the errors alone (SEED=${seed})`, () => {
  /** Gradient descent on the mean, from α = 1, c = 1. */
  function learned(errors: readonly number[]): { readonly alpha: number; readonly c: number } {
    const batch = batchOf(errors, 1, 0);
    const engine = createReferenceEngine(trialProgram(loss, batch));
    for (const [name, { data }] of Object.entries(batch)) engine.input(name).set(data);
    engine.input("weight").fill(1);
    const parameters = ["alphaLogit", "logC"];
    for (let step = 0; step < 400; step++) {
      engine.run();
      for (const name of parameters)
        engine.input(name)[0]! -= (0.5 * engine.output(`slope/${name}`)[0]!) / errors.length;
    }
    const [a, s] = parameters.map((name) => engine.input(name)[0]!);
    return { alpha: 0.001 + 1.998 / (1 + Math.exp(-a!)), c: Math.exp(s!) };
  }
  const random = Random.seeded(seed).fork("adaptive barron");
  const clean = Array.from({ length: 300 }, () => 3 * random.normal());

  test("normal errors of 3 give a high α, and c near 3", () => {
    const { alpha, c } = learned(clean);
    expect(alpha).toBeGreaterThan(1.4);
    expect(c).toBeGreaterThan(2);
    expect(c).toBeLessThan(4);
  });
  test("with every tenth error 20 times as large, α falls", () => {
    const { alpha } = learned(clean.map((e, i) => (i % 10 === 0 ? 20 * e : e)));
    expect(alpha).toBeLessThan(1);
  });
});
