/**
 * The Lovász extension of the Jaccard loss: convex in the errors of an image's elements, and equal to 1 − intersection over
 * union where every error is 0 or 1. It sorts all errors of an image, so an image is one unit and its rows stay together.
 */
import { z } from "zod";
import {
  abs,
  add,
  argSort,
  broadcastTo,
  cumulativeSum,
  divide,
  divideSafe,
  multiply,
  notEqual,
  oneHot,
  relu,
  reshape,
  scatterLast,
  select,
  subtract,
  sum,
  takeLast,
  toIndex,
  toReal,
  transpose,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss, mustAgree } from "../loss.ts";
import { perRow } from "../terms.ts";
import { segmentsOf } from "./segments.ts";

const declared = { kind: "set", version: 1, unit: "group", measure: "share", options: z.strictObject({}) } as const;
const group = fromData("group", ["batch"]);

/**
 * For each class and segment: Σ relu(e)·(what Jaccard's loss grows by at e) over the errors in falling order, and how many
 * elements are of the class. With p of P positives and n negatives passed, the loss is (p + n)/(P + n).
 */
function jaccardExtension(errors: Node, isClass: Node, segment: Node, segments: number) {
  const along = broadcastTo(segment, errors.shape);
  const falling = argSort(errors, { descending: true });
  const bySegment = argSort(takeLast(along, falling)); // stable: within a segment errors keep falling
  const order = toIndex(takeLast(toReal(falling), bySegment));
  const place = toIndex(takeLast(along, order));
  const positive = takeLast(isClass, order);
  const positives = scatterLast(positive, place, segments);
  const negative = subtract(1, positive);
  const ofSegment = (perSegment: Node): Node => takeLast(perSegment, place);
  /** How many of the element's own segment have been passed, itself too. */
  const passed = (x: Node): Node => {
    const before = cumulativeSum(scatterLast(x, place, segments), -1, { exclusive: true });
    return subtract(cumulativeSum(x), ofSegment(before));
  };
  const [p, n, all] = [passed(positive), passed(negative), ofSegment(positives)];
  const loss = divide(add(p, n), add(all, n));
  const before = subtract(n, negative);
  const lossBefore = divideSafe(add(subtract(p, positive), before), add(all, before));
  const steps = multiply(relu(takeLast(errors, order)), subtract(loss, lossBefore));
  return { value: scatterLast(steps, place, segments), positives };
}

/** A number per row, for every element [batch, elements] of it: [1, batch·elements]. */
const forElements = (perRowValue: Node, elements: number): Node => {
  const rows = perRowValue.shape[0]!;
  return reshape(perRow(toReal(perRowValue), [rows, elements]), [1, rows * elements]);
};

/**
 * Lovász hinge: intersection over union of one foreground, made convex in the logits.
 *
 *     e = 1 − x·(2y − 1),  e₍₁₎ ≥ e₍₂₎ ≥ …        ℓ = Σᵢ relu(e₍ᵢ₎)·(Jᵢ − Jᵢ₋₁),  Jᵢ: Jaccard loss of being wrong on the first i
 *
 * Shapes  logits x and targets y in {0, 1} [batch] or [batch, height, width]; group [batch]: the image (or volume) of the row
 * Unit    a share; the mean is over images
 * Facts   x·(2y − 1) ≥ 1 everywhere → 0 · flat at the margin · equal errors keep their order · the weight of an image is that of
 *         its first row
 * When    fine-tuning for intersection over union; slower than dice, and no image may be split over clients.
 * Source  Berman, Rannen Triki & Blaschko (2018)
 */
export const lovaszHinge = defineLoss({
  ...declared,
  name: "lovasz-hinge",
  inputs: {
    prediction: [fromModel("real", ["batch"]), fromModel("real", ["batch", "height", "width"])],
    target: [fromData("binary", ["batch"]), fromData("binary", ["batch", "height", "width"])],
    group,
  },
  perExample: ({ prediction, target, group }, _options, weights) => {
    mustAgree(prediction, target);
    const segments = segmentsOf(group, weights);
    const line = (x: Node): Node => reshape(x, [1, sizeOf(x.shape)]);
    const signs = subtract(multiply(2, target), 1);
    const errors = line(subtract(1, multiply(prediction, signs)));
    const rows = group.shape[0]!;
    const segment = forElements(segments.of, sizeOf(prediction.shape.slice(1)));
    const { value } = jaccardExtension(errors, line(target), segment, rows);
    return { value: reshape(value, [rows]), weight: segments.weight };
  },
});

/**
 * Lovász-softmax: intersection over union of every class that is there, made continuous in the probabilities.
 *
 *     e_c = |1[y = c] − p_c|        ℓ = mean over the image's classes of Σᵢ e_c₍ᵢ₎·(J_cᵢ − J_cᵢ₋₁)
 *
 * Shapes  probabilities p [batch, classes] with labels y [batch], or [batch, height, width, classes] with [batch, height, width];
 *         group [batch]: the image (or volume) of the row
 * Unit    a share; the mean is over images
 * Facts   p = onehot(y) → 0 · classes that no element of the image is of are left out · equal errors keep their order
 * When    fine-tuning for the mean intersection over union; no image may be split over clients.
 * Source  Berman, Rannen Triki & Blaschko (2018)
 */
export const lovaszSoftmax = defineLoss({
  ...declared,
  name: "lovasz-softmax",
  inputs: {
    prediction: [
      fromModel("probability", ["batch", "classes"]),
      fromModel("probability", ["batch", "height", "width", "classes"]),
    ],
    target: [
      fromData("class", ["batch"], { below: "classes" }),
      fromData("class", ["batch", "height", "width"], { below: "classes" }),
    ],
    group,
  },
  outputs: ({ classes }) => classes,
  perExample: ({ prediction, target, group }, _options, weights) => {
    const classes = prediction.shape.at(-1)!;
    const isClass = oneHot(target, classes);
    mustAgree(prediction, isClass);
    const segments = segmentsOf(group, weights);
    const elements = sizeOf(target.shape);
    const byClass = (x: Node): Node => transpose(reshape(x, [elements, classes])); // [classes, elements]
    const errors = byClass(abs(subtract(isClass, prediction)));
    const rows = group.shape[0]!;
    const segment = forElements(segments.of, sizeOf(target.shape.slice(1)));
    const { value, positives } = jaccardExtension(errors, byClass(isClass), segment, rows);
    const there = notEqual(positives, 0);
    return {
      value: divideSafe(sum(select(there, value, 0), 0), sum(there, 0)),
      weight: segments.weight,
    };
  },
});
