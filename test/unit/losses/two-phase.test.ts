/** Functions of sums: the number of one machine from any shards, and what other ways of combining shards would say. */
import { describe, expect, test } from "vitest";
import { Heap } from "../../../shared/kernels/heap.ts";
import { concordance, pearson } from "../../../shared/losses/statistics/correlation.ts";
import { demographicParity } from "../../../shared/losses/fairness/gaps.ts";
import { dice, focalTversky, jaccard, tversky } from "../../../shared/losses/segmentation/overlap.ts";
import type { SumsLoss } from "../../../shared/losses/loss.ts";
import { rowsOf, runLoss, type Batch } from "../../support/loss-batch.ts";
import { betweenPhases, secondPhase } from "../../support/two-phase.ts";

const heap = Heap.create();
const real = (...data: number[]) => ({ dtype: "real", shape: [data.length], data }) as const;
const index = (...data: number[]) => ({ dtype: "index", shape: [data.length], data }) as const;

const masks: Batch = { prediction: real(0.9, 0.8, 0.3, 0.2, 0.6, 0.1), target: real(1, 1, 1, 0, 0, 0) };

/** Every way to hand six rows to three clients. */
const assignments = Array.from({ length: 3 ** 6 }, (_, code) =>
  Array.from({ length: 6 }, (_, row) => Math.floor(code / 3 ** row) % 3),
);

describe("Dice over clients", () => {
  const loss = dice.bind();
  const clientsOf = (parts: readonly (readonly number[])[]) => parts.map((rows) => runLoss(loss, rowsOf(masks, rows)));

  test("is .3220338983 for all 729 ways to hand the rows to three clients", () => {
    for (const assignment of assignments) {
      const parts = [0, 1, 2].map((client) => [...assignment.keys()].filter((row) => assignment[row] === client));
      expect(betweenPhases(loss, clientsOf(parts), heap).value).toBeCloseTo(0.3220338983050848, 14);
    }
  });

  test("has the slopes −.2240735421 and .1149095088 wherever the rows are", () => {
    const parts = [[0, 3], [], [1, 2, 4, 5]];
    const { multipliers } = betweenPhases(loss, clientsOf(parts), heap);
    const slopes = parts.map((rows) =>
      secondPhase(
        loss,
        rowsOf(masks, rows),
        rows.map(() => 1),
        multipliers,
      ),
    );
    const positive = -0.2240735420856076;
    const negative = 0.11490950876185003;
    const expected = [[positive, negative], [], [positive, positive, negative, negative]];
    for (const [k, { prediction }] of slopes.entries()) {
      expect(prediction!.data.length).toBe(expected[k]!.length);
      prediction!.data.forEach((slope, i) => {
        expect(slope).toBeCloseTo(expected[k]![i]!, 14);
      });
    }
  });

  test("is not the mean of the clients' own values (.4041769), nor their mean by rows (.5118755)", () => {
    const local = clientsOf([
      [0, 1],
      [2, 3, 4, 5],
    ]).map(({ value }) => value!);
    expect((local[0]! + local[1]!) / 2).toBeCloseTo(0.4041769, 7);
    expect((2 * local[0]! + 4 * local[1]!) / 6).toBeCloseTo(0.5118755, 7);
  });
});

describe("overlaps agree with each other", () => {
  const valueOf = (loss: SumsLoss): number => runLoss(loss, masks).value!;
  const d = valueOf(dice.bind());

  test("tversky at ½ and ½ is dice, at 1 and 1 jaccard", () => {
    expect(valueOf(tversky.bind())).toBeCloseTo(d, 14);
    expect(valueOf(tversky.bind({ alpha: 1, beta: 1 }))).toBeCloseTo(valueOf(jaccard.bind()), 14);
  });
  test("jaccard is 2D/(1 + D)", () => {
    expect(valueOf(jaccard.bind())).toBeCloseTo((2 * d) / (1 + d), 14);
  });
  test("focal tversky with γ = 1 is tversky, and without any error its slope is 0", () => {
    const alike = { alpha: 0.3, beta: 0.7 };
    expect(valueOf(focalTversky.bind({ ...alike, gamma: 1 }))).toBeCloseTo(valueOf(tversky.bind(alike)), 14);
    const perfect = runLoss(focalTversky.bind(), { prediction: real(1, 0), target: real(1, 0) });
    expect([perfect.numerator, ...perfect.gradients["prediction"]!.data].map(Math.abs)).toEqual([0, 0, 0]);
  });
  test("class numbers are one-hot rows, and softmax of one class its sigmoid", () => {
    const prediction = { dtype: "real", shape: [3, 2], data: [0.75, 0.25, 0.5, 0.5, 0.25, 0.75] } as const;
    const byNumber = runLoss(dice.bind(), { prediction, target: index(0, 0, 1) });
    const byRow = runLoss(dice.bind(), { prediction, target: { ...prediction, data: [1, 0, 1, 0, 0, 1] } });
    expect(byNumber.value).toBe(byRow.value);
    const [one, other] = (["softmax", "sigmoid"] as const).map((activation) =>
      runLoss(dice.bind({ activation }), masks),
    );
    expect(one!.value).toBe(other!.value);
  });
  test("a class that is neither predicted nor there is left out of the mean", () => {
    const of = (data: number[], classes: number) => ({ dtype: "real", shape: [2, classes], data }) as const;
    const three = runLoss(dice.bind(), {
      prediction: of([0.9, 0.1, 0, 0.3, 0.7, 0], 3),
      target: of([1, 0, 0, 0, 1, 0], 3),
    });
    const two = runLoss(dice.bind(), { prediction: of([0.9, 0.1, 0.3, 0.7], 2), target: of([1, 0, 0, 1], 2) });
    expect(three.value).toBe(two.value);
  });
});

describe("groups that are small", () => {
  const people: Batch = { prediction: real(3, 1, -1, -2, 4), group: index(0, 0, 1, 1, 2) };

  test("a group below the minimum size has no part in the gap, and is named", () => {
    const all = runLoss(demographicParity.bind({ groups: 4 }), people);
    const large = runLoss(demographicParity.bind({ groups: 4, minimumSize: 2 }), people);
    const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
    const rates = [(sigmoid(3) + sigmoid(1)) / 2, (sigmoid(-1) + sigmoid(-2)) / 2, sigmoid(4)] as const;
    expect(all.value).toBeCloseTo(rates[2] - rates[1], 14);
    expect(large.value).toBeCloseTo(rates[0] - rates[1], 14);
    expect([...all.details!["notEstimable"]!.data]).toEqual([0, 0, 0, 1]);
    expect([...large.details!["notEstimable"]!.data]).toEqual([0, 0, 1, 1]);
  });
  test("one group alone has no gap", () => {
    const alone = runLoss(demographicParity.bind({ groups: 2 }), rowsOf(people, [0, 1]));
    expect([alone.value, alone.denominator, ...alone.gradients["prediction"]!.data]).toEqual([null, 0, 0, 0]);
  });
  test("rates ¾ and ¼ are ½ apart, and ¼ from the mean", () => {
    const rate = Math.log(3); // σ(ln 3) = ¾
    const halves: Batch = { prediction: real(rate, -rate), group: index(0, 1) };
    expect(runLoss(demographicParity.bind({ groups: 2 }), halves).value).toBeCloseTo(0.5, 14);
    expect(runLoss(demographicParity.bind({ groups: 2, form: "moment" }), halves).value).toBeCloseTo(0.25, 14);
  });
});

describe("correlations without variance", () => {
  const of = (prediction: number[], target: number[]): Batch => ({
    prediction: real(...prediction),
    target: real(...target),
  });

  test.each([0, 0.1, 1e4])("predictions that are all %d have no correlation: empty, and no slope", (p) => {
    const seen = runLoss(pearson.bind(), of([p, p, p, p], [1, 2, 3, 5]));
    expect([seen.value, ...seen.gradients["prediction"]!.data]).toEqual([null, 0, 0, 0, 0]);
  });
  test("constant predictions have concordance 0; constant targets none", () => {
    expect(runLoss(concordance.bind(), of([1, 1, 1], [1, 2, 3])).value).toBe(1);
    expect(runLoss(concordance.bind(), of([1, 2, 3], [4, 4, 4])).value).toBeNull();
  });
  test("an origin near the mean shows a variance that would be lost", () => {
    const far = of([1e7 + 1, 1e7 + 3, 1e7 + 2], [1e7, 1e7 + 5, 1e7 + 4]);
    const near = of([1, 3, 2], [0, 5, 4]);
    expect(runLoss(pearson.bind(), far).value).toBeNull();
    expect(runLoss(pearson.bind({ origin: 1e7 }), far).value).toBeCloseTo(runLoss(pearson.bind(), near).value!, 14);
  });
});
