/** What a loss becomes at the edge of its options is another loss, in value and in gradient. */
import { describe, expect, test } from "vitest";
import { losses, type LossName } from "../../../shared/losses/catalogue.ts";
import { drawBatch } from "../../../shared/losses/draw.ts";
import type { Drawn, InputValues } from "../../../shared/losses/inputs.ts";
import { Random } from "../../../shared/random.ts";
import { seed } from "../../support/draw.ts";
import { distance } from "../../support/finite-differences.ts";
import { runLoss } from "../../support/loss-batch.ts";
import { labels, real, slopesOf } from "../../support/loss-values.ts";

const rows = 11;

interface Side {
  readonly loss: LossName;
  readonly options?: object;
  /** What this side is given, made of the batch that was drawn. */
  readonly given?: (batch: Drawn) => Drawn;
  /** The value and the slopes of this side, times this. */
  readonly times?: number;
}
/** Batches are drawn for the right side. */
interface Identity {
  readonly title: string;
  readonly left: Side;
  readonly right: Side;
}

const oneHot = ({ data }: InputValues, classes: number): InputValues =>
  real(
    [data.length, classes],
    data.flatMap((y) => Array.from({ length: classes }, (_, c) => (c === y ? 1 : 0))),
  );
const withRows = (batch: Drawn): Drawn => ({ ...batch, target: oneHot(batch["target"]!, 4) });
const mapped = (values: InputValues, change: (x: number) => number): InputValues => ({
  ...values,
  dtype: "real",
  data: values.data.map(change),
});
const asSigns = (batch: Drawn): Drawn => ({ ...batch, target: mapped(batch["target"]!, (y) => 2 * y - 1) });
const ce = "softmax-cross-entropy";
const even = [7, 7, 7, 7];

const identities: readonly Identity[] = [
  {
    title: "a wide huber is half the squared error",
    left: { loss: "huber", options: { delta: 1e6 } },
    right: { loss: "mse", options: { half: true } },
  },
  {
    title: "smooth-l1 is huber over β",
    left: { loss: "smooth-l1", options: { beta: 0.5 }, times: 0.5 },
    right: { loss: "huber", options: { delta: 0.5 } },
  },
  {
    title: "smooth-l1 without a parabola is mae",
    left: { loss: "smooth-l1", options: { beta: 0 } },
    right: { loss: "mae" },
  },
  { title: "the median's pinball is half of mae", left: { loss: "quantile", times: 2 }, right: { loss: "mae" } },
  { title: "the middle expectile is half of mse", left: { loss: "expectile", times: 2 }, right: { loss: "mse" } },
  {
    title: "barron's α = 2 is half the squared error",
    left: { loss: "barron", options: { alpha: 2 } },
    right: { loss: "mse", options: { half: true } },
  },
  {
    title: "barron is continuous in α at 2",
    left: { loss: "barron", options: { alpha: 2 - 1e-13 } },
    right: { loss: "barron", options: { alpha: 2 } },
  },
  {
    title: "barron is continuous in α at 0",
    left: { loss: "barron", options: { alpha: 1e-13 } },
    right: { loss: "barron", options: { alpha: 0 } },
  },
  {
    title: "a gaussian of variance 1 is half the squared error",
    left: { loss: "gaussian-nll", given: (batch) => ({ ...batch, logVar: mapped(batch["target"]!, () => 0) }) },
    right: { loss: "mse", options: { half: true } },
  },
  {
    title: "one of several quantiles is that quantile",
    left: {
      loss: "multi-quantile",
      options: { quantiles: [0.3] },
      given: (batch) => ({ ...batch, prediction: { ...batch["prediction"]!, shape: [rows, 1] } }),
    },
    right: { loss: "quantile", options: { q: 0.3 } },
  },
  {
    title: "focal-binary without focus or α is bce-with-logits",
    left: { loss: "focal-binary", options: { gamma: 0, alpha: null } },
    right: { loss: "bce-with-logits" },
  },
  {
    title: "focal-binary without focus and with α = ½ is half of bce-with-logits",
    left: { loss: "focal-binary", options: { gamma: 0, alpha: 0.5 }, times: 2 },
    right: { loss: "bce-with-logits" },
  },
  {
    title: "asymmetric-focal with equal sides is focal-binary",
    left: { loss: "asymmetric-focal", options: { gammaPositive: 1.5, gammaNegative: 1.5, shift: 0 } },
    right: { loss: "focal-binary", options: { gamma: 1.5, alpha: null } },
  },
  {
    title: "soft-margin is bce-with-logits of signs",
    left: { loss: "soft-margin", given: asSigns },
    right: { loss: "bce-with-logits" },
  },
  {
    title: "focal-softmax without focus is cross-entropy",
    left: { loss: "focal-softmax", options: { gamma: 0 } },
    right: { loss: ce },
  },
  {
    title: "poly1 without ε is cross-entropy",
    left: { loss: "poly1-cross-entropy", options: { epsilon: 0 } },
    right: { loss: ce },
  },
  {
    title: "generalized cross-entropy tends to cross-entropy",
    left: { loss: "generalized-cross-entropy", options: { q: 1e-14 } },
    right: { loss: ce },
  },
  {
    title: "symmetric cross-entropy without its reverse is cross-entropy",
    left: { loss: "symmetric-cross-entropy", options: { alpha: 1, beta: 0 } },
    right: { loss: ce },
  },
  {
    title: "bootstrapping that trusts the label is cross-entropy",
    left: { loss: "bootstrapped-cross-entropy", options: { beta: 1 } },
    right: { loss: ce },
  },
  {
    title: "cross-entropy of labels is that of one-hot rows",
    left: { loss: ce },
    right: { loss: ce, given: withRows },
  },
  {
    title: "kl-divergence from one-hot rows is cross-entropy",
    left: { loss: "kl-divergence", given: withRows },
    right: { loss: ce },
  },
  {
    title: "distillation without the teacher is cross-entropy",
    left: {
      loss: "distillation",
      options: { alpha: 0 },
      given: (batch) => ({ ...batch, teacher: batch["prediction"]! }),
    },
    right: { loss: ce },
  },
  {
    title: "logit adjustment of equal classes is cross-entropy",
    left: { loss: "logit-adjusted-cross-entropy", options: { counts: even } },
    right: { loss: ce },
  },
  {
    title: "ldam without margin is cross-entropy",
    left: { loss: "ldam", options: { counts: even, margin: 0, scale: 1 } },
    right: { loss: ce },
  },
];

describe(`losses that are one another (SEED=${seed})`, () => {
  test.each(identities)("$title", ({ title, left, right }) => {
    const batch = drawBatch(losses[right.loss].bind(right.options), rows, Random.seeded(seed).fork(title));
    const run = ({ loss, options, given = (drawn) => drawn, times = 1 }: Side): number[] => {
      const seen = runLoss(losses[loss].bind(options), given(batch));
      return [seen.numerator, ...slopesOf(seen)].map((x) => times * x);
    };
    expect(distance(run(left), run(right))).toBeLessThanOrEqual(1e-11);
  });
});

describe(`sparsemax (SEED=${seed})`, () => {
  const loss = losses.sparsemax.bind();
  const batch = drawBatch(loss, rows, Random.seeded(seed).fork("sparsemax"));

  test("has the slope of a distribution with zeros, less the label", () => {
    const target = oneHot(batch["target"]!, 4).data;
    const p = slopesOf(runLoss(loss, batch)).map((slope, i) => slope + target[i]!);
    expect(p.every((x) => x >= -1e-15)).toBe(true);
    for (let row = 0; row < rows; row++) {
      expect(p.slice(4 * row, 4 * row + 4).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 13);
    }
    expect(p.filter((x) => Math.abs(x) < 1e-15).length).toBeGreaterThan(0);
  });

  test("does not change when all logits of a row do, even by 10⁴", () => {
    const moved = { ...batch, prediction: mapped(batch["prediction"]!, (x) => x + 8192) };
    expect(runLoss(loss, moved).numerator).toBe(runLoss(loss, batch).numerator);
  });

  test("is 0 where the label leads by 1", () => {
    const seen = runLoss(loss, { prediction: real([1, 3], [2, 1, -4]), target: labels(0) });
    expect([seen.numerator, ...slopesOf(seen)].map((x) => Math.abs(x))).toEqual([0, 0, 0, 0]);
  });
});
