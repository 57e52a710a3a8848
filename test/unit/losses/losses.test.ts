import { describe, expect, test } from "vitest";
import { z } from "zod";
import { multiply, square, subtract } from "../../../shared/graph/build.ts";
import { bceWithLogits, ordinalCoral } from "../../../shared/losses/classification/classification.ts";
import { fromData, fromModel } from "../../../shared/losses/inputs.ts";
import { defineLoss } from "../../../shared/losses/loss.ts";
import { mse } from "../../../shared/losses/regression/regression.ts";
import { softmaxCrossEntropy } from "../../../shared/losses/classification/softmax-cross-entropy.ts";
import { rowsOf, runLoss, type Batch } from "../../support/loss-batch.ts";
import { labels, real, slopesOf } from "../../support/loss-values.ts";

const logits = [
  [2, 0, 0],
  [0, 1, 0],
  [0, 0, 3],
  [1, 1, 1],
];
const weighted: Batch = { prediction: real([4, 3], logits.flat()), target: labels(0, 1, 2, 0) };
const classWeights = [1, 2, 4];

describe("class weights over two clients, one row here and three there", () => {
  const loss = softmaxCrossEntropy.bind({ classWeights });
  const clients = [rowsOf(weighted, [0]), rowsOf(weighted, [1, 2, 3])].map((batch) => runLoss(loss, batch));
  const sum = (pick: (client: (typeof clients)[number]) => number): number => clients.reduce((s, c) => s + pick(c), 0);

  test("Σnum/Σden is .3525922886", () => {
    expect(sum((c) => c.numerator) / sum((c) => c.denominator)).toBeCloseTo(0.35259228855474256, 14);
  });
  test("the mean of the clients' means would be .3041433504", () => {
    expect(sum((c) => c.numerator / c.denominator) / 2).toBeCloseTo(0.3041433504120892, 14);
  });
  test("weighing by example counts would be .3364426425", () => {
    expect(sum((c) => (c.count * c.numerator) / c.denominator) / 4).toBeCloseTo(0.33644264250719147, 14);
  });
});

describe("softmax cross-entropy", () => {
  const random = real([4, 3], [0.5, -1.25, 2, 3, 0.25, -0.5, 1, 1.5, -2, 0, 0.75, -0.25]);
  const oneHot = real([4, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]);

  test("of two classes is bce on the difference of the logits", () => {
    const two = runLoss(softmaxCrossEntropy.bind(), {
      prediction: real([3, 2], [1, -2, 0.5, 0.25, -3, 4]),
      target: labels(0, 1, 1),
    });
    const one = runLoss(bceWithLogits.bind(), { prediction: real([3], [-3, -0.25, 7]), target: real([3], [0, 1, 1]) });
    expect(two.numerator).toBeCloseTo(one.numerator, 13);
    expect(slopesOf(two).filter((_, i) => i % 2 === 1)).toEqual(
      slopesOf(one).map((slope) => expect.closeTo(slope, 13) as number),
    );
  });

  test.each([{}, { classWeights }, { classWeights, labelSmoothing: 0.1, zLoss: 0.01 }])(
    "of labels is that of one-hot rows: %o",
    (options) => {
      const loss = softmaxCrossEntropy.bind(options);
      const byIndex = runLoss(loss, { prediction: random, target: labels(0, 1, 2, 0) });
      const byRow = runLoss(loss, { prediction: random, target: oneHot });
      expect(byRow.numerator).toBeCloseTo(byIndex.numerator, 13);
      expect(byRow.denominator).toBe(byIndex.denominator);
      slopesOf(byIndex).forEach((slope, i) => {
        expect(slopesOf(byRow)[i]).toBeCloseTo(slope, 13);
      });
    },
  );

  test("a label that is a masked class is ignored, not learned", () => {
    const seen = runLoss(softmaxCrossEntropy.bind({ classMask: [true, false, true] }), weighted);
    expect([seen.count, seen.ignored]).toEqual([3, 1]);
    expect(slopesOf(seen).slice(3, 6)).toEqual([0, 0, 0]);
  });

  test("a class without target may have the logit −∞", () => {
    const { numerator } = runLoss(softmaxCrossEntropy.bind(), {
      prediction: real([1, 3], [1, -Infinity, 1]),
      target: real([1, 3], [1, 0, 0]),
    });
    expect(numerator).toBeCloseTo(Math.LN2, 14);
  });

  test("equal logits cost ln(classes)", () => {
    const { units } = runLoss(softmaxCrossEntropy.bind(), { prediction: real([1, 3], [5, 5, 5]), target: labels(2) });
    expect(units!.data[0]).toBeCloseTo(Math.log(3), 14);
  });

  test("class weights that are not one per class are a misfit", () => {
    const misfit = softmaxCrossEntropy.bind({ classWeights }).misfit({ kind: "class", classes: 4 });
    expect(misfit).toBe("classWeights has 3 entries, expected one for each of 4 classes");
  });
});

test("two ordered levels are a yes and a no", () => {
  const coral = runLoss(ordinalCoral.bind(), { prediction: real([3, 1], [1, -2, 0.5]), target: labels(1, 0, 0) });
  const binary = runLoss(bceWithLogits.bind(), { prediction: real([3], [1, -2, 0.5]), target: real([3], [1, 0, 0]) });
  expect(coral.numerator).toBeCloseTo(binary.numerator, 14);
});

test("options are checked by name, all of them at once", () => {
  expect(() => bceWithLogits.bind({ posWeight: -1, labelSmoothing: 2 })).toThrow(
    /bce-with-logits\.posWeight.*; bce-with-logits\.labelSmoothing/,
  );
});

test("a loss of one's own needs a name, its options and one expression", () => {
  const asymmetric = defineLoss({
    name: "asymmetric-squares",
    version: 1,
    unit: "element",
    measure: "target²",
    options: z.strictObject({ factor: z.number().default(2) }),
    inputs: { prediction: fromModel("real", ["batch"]), target: fromData("real", ["batch"]) },
    perExample: ({ prediction, target }, { factor }) => multiply(factor, square(subtract(prediction, target))),
  });
  const batch: Batch = { prediction: real([2], [1, 2]), target: real([2], [0, 0]) };
  const seen = runLoss(asymmetric.bind(), batch);
  expect([seen.numerator, seen.denominator, ...slopesOf(seen)]).toEqual([10, 2, 4, 8]);
  expect(() => asymmetric.bind().units({}, undefined as never)).toThrow(
    'asymmetric-squares: expected the input "prediction"',
  );
});

test("predictions and targets of different shapes are refused", () => {
  const batch: Batch = { prediction: real([2, 1], [1, 2]), target: real([2], [0, 0]) };
  expect(() => runLoss(mse.bind(), batch)).toThrow(
    'mse: expected "target" and "prediction" to agree along every axis, got [] and [1]',
  );
});
