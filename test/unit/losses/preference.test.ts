/** What the pages of the preference losses promise under Facts; their values are in the goldens. */
import { describe, expect, test } from "vitest";
import { losses } from "../../../shared/losses/catalogue.ts";
import type { BoundLoss } from "../../../shared/losses/loss.ts";
import { runLoss, type Batch } from "../../support/loss-batch.ts";

const column = (...data: number[]) => ({ dtype: "real", shape: [data.length], data }) as const;
const table = (columns: number, data: readonly number[]) =>
  ({ dtype: "real", shape: [data.length / columns, columns], data }) as const;

const units = (loss: BoundLoss, batch: Batch): readonly number[] => runLoss(loss, batch).units!.data;
const slopes = (loss: BoundLoss, batch: Batch, of: string): readonly number[] =>
  runLoss(loss, batch).gradients[of]!.data;

describe("pairs", () => {
  const chosen = column(-1, -2.5, -0.25);
  const rejected = column(-1, -0.5, -3);

  test("equal rewards cost ln 2", () => {
    expect(units(losses["bradley-terry"].bind(), { chosen, rejected })[0]).toBeCloseTo(Math.LN2, 15);
  });
  test("simpo with β = 1 is bradley-terry with the margin γ", () => {
    expect(units(losses.simpo.bind({ beta: 1, gamma: 0.5 }), { chosen, rejected })).toEqual(
      units(losses["bradley-terry"].bind({ margin: 0.5 }), { chosen, rejected }),
    );
  });
  test("orpo with λ = 0 is the negative log-likelihood", () => {
    expect(units(losses.orpo.bind({ lambda: 0 }), { chosen, rejected })).toEqual([1, 2.5, 0.25]);
  });

  const reference = { refChosen: column(-2, -1, -4), refRejected: column(-1, -3, -2) };
  const policy = { policyChosen: chosen, policyRejected: rejected };

  test("dpo and robust dpo without flipped labels are bradley-terry on βΔ", () => {
    const scaled = (a: Batch[string], b: Batch[string]) => column(...a.data.map((x, i) => 0.5 * (x - b.data[i]!)));
    const rewards = {
      chosen: scaled(chosen, reference.refChosen),
      rejected: scaled(rejected, reference.refRejected),
    };
    const expected = units(losses["bradley-terry"].bind(), rewards);
    for (const variant of ["sigmoid", "robust"]) {
      const seen = units(losses.dpo.bind({ beta: 0.5, variant }), { ...policy, ...reference });
      expect(seen).toEqual(expected.map((x) => expect.closeTo(x, 14) as number));
    }
  });
  test("robust dpo is the unbiased estimate: the mean over flips of the label is plain dpo", () => {
    const robust = losses.dpo.bind({ variant: "robust", labelSmoothing: 0.2 });
    const asIs = units(robust, { ...policy, ...reference });
    const flipped = units(robust, {
      policyChosen: rejected,
      policyRejected: chosen,
      refChosen: reference.refRejected,
      refRejected: reference.refChosen,
    });
    const plain = units(losses.dpo.bind(), { ...policy, ...reference });
    expect(asIs.map((x, i) => 0.8 * x + 0.2 * flipped[i]!)).toEqual(plain.map((x) => expect.closeTo(x, 14) as number));
  });
  test("ipo rests where the lean is 1/(2β)", () => {
    const batch = { policyChosen: column(-1), policyRejected: column(-3), ...zeros(1) };
    expect(units(losses.ipo.bind({ beta: 0.25 }), batch)).toEqual([0]);
    expect(slopes(losses.ipo.bind({ beta: 0.25 }), batch, "policyChosen").map(Math.abs)).toEqual([0]);
  });
  test("half of all flips and more is refused", () => {
    expect(() => losses.dpo.bind({ labelSmoothing: 0.5 })).toThrow("dpo.labelSmoothing");
  });
});

const zeros = (rows: number): Batch => ({
  refChosen: column(...new Array<number>(rows).fill(-1)),
  refRejected: column(...new Array<number>(rows).fill(-1)),
});

describe("policy gradients", () => {
  const at = (ratio: number, advantage: number): number =>
    slopes(
      losses["ppo-clip"].bind(),
      { logp: column(Math.log(ratio)), oldLogp: column(0), advantage: column(advantage) },
      "logp",
    )[0]!;

  test("the clip stops gains only", () => {
    expect([at(1.3, 1), at(0.7, -1)].map(Math.abs)).toEqual([0, 0]);
    expect(at(1.3, -1)).toBeCloseTo(1.3, 14);
    expect(at(0.7, 1)).toBeCloseTo(-0.7, 14);
  });
  test("at the old policy the slope is the advantage", () => {
    expect(at(1, 2)).toBe(-2);
  });
  test("k3 near 0 keeps its digits", () => {
    const [value] = units(losses["kl-k3"].bind(), { logp: column(-1), refLogp: column(-1 + 2 ** -20) });
    expect(value).toBeCloseTo(2 ** -41 + 2 ** -60 / 6, 21); // d²/2 + d³/6
  });

  const batch: Batch = {
    logp: table(2, [-1, -2, -0.5, -3, -1, -1]),
    oldLogp: table(2, [-1.125, -2, -0.75, -2.5, -1, -1]),
    refLogp: table(2, [-1, -1.5, -0.5, -2, -1, -1]),
    advantage: column(1, -0.5, 2),
    mask: table(2, [1, 1, 1, 1, 0, 0]),
  };

  test("answers of one length weigh the same by token and by sequence, and an empty answer is nothing", () => {
    const byToken = runLoss(losses.grpo.bind(), batch);
    const bySequence = runLoss(losses.grpo.bind({ normalizer: "sequence" }), batch);
    expect(bySequence.value).toBeCloseTo(byToken.value!, 15);
    expect([byToken.denominator, bySequence.denominator]).toEqual([4, 2]);
    const constant = runLoss(losses.grpo.bind({ normalizer: "constant", maxLength: 7 }), batch);
    expect([constant.denominator, constant.ignored]).toEqual([14, 2]);
    expect(constant.numerator).toBe(byToken.numerator);
  });
  test("without a pull towards the reference grpo is ppo-clip and needs none", () => {
    const { refLogp: _, ...rest } = batch;
    const plain = losses.grpo.bind({ klBeta: 0 });
    const clipped = units(losses["ppo-clip"].bind(), {
      logp: batch["logp"]!,
      oldLogp: batch["oldLogp"]!,
      advantage: table(2, [1, 1, -0.5, -0.5, 2, 2]),
    });
    expect(units(plain, rest).slice(0, 4)).toEqual(clipped.slice(0, 4));
    expect(() => runLoss(losses.grpo.bind(), rest)).toThrow('grpo: expected the input "refLogp"');
  });
  test("what masked tokens hold reaches nothing", () => {
    const broken = { ...batch, logp: table(2, [-1, -2, -0.5, -3, NaN, Infinity]) };
    const seen = runLoss(losses.grpo.bind(), broken);
    expect(seen.numerator).toBe(runLoss(losses.grpo.bind(), batch).numerator);
    expect(seen.gradients["logp"]!.data.slice(4)).toEqual([0, 0]);
  });
  test("a longest answer is asked for exactly where it counts", () => {
    expect(() => losses.grpo.bind({ normalizer: "constant" })).toThrow("grpo.maxLength");
    expect(() => losses.grpo.bind({ maxLength: 4 })).toThrow("grpo.maxLength");
  });
});

describe("the two players", () => {
  test("a generator that is not told from the real pays ln 2, and at lsgan's 1 nothing", () => {
    expect(units(losses["gan-generator"].bind(), { prediction: column(0) })[0]).toBeCloseTo(Math.LN2, 15);
    expect(units(losses["gan-generator"].bind({ variant: "lsgan" }), { prediction: column(1) })).toEqual([0]);
  });
  test("a slope of length 1 costs nothing, whatever the shape of the example", () => {
    const prediction = { dtype: "real", shape: [1, 2, 2], data: [0.5, -0.5, 0.5, 0.5] } as const;
    expect(units(losses["gradient-penalty"].bind(), { prediction })).toEqual([0]);
  });
});
