/**
 * Regions: what losses of overlap are made of. A prediction is the probability that an element belongs to a class, a target says
 * whether it does; both are laid out as [batch, elements, classes] whatever shape they came in, and summed over elements.
 *
 *     I = Σ w·p·y    P = Σ w·p    T = Σ w·y        per class, over all elements of all rows of all clients
 */
import { z } from "zod";
import {
  divideSafe,
  equal,
  maximum,
  multiply,
  notEqual,
  oneHot,
  or,
  reshape,
  select,
  sigmoid,
  softmax,
  sum,
  toReal,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { fromData, fromModel } from "../inputs.ts";
import { mustAgree, type Outcome, type TargetFacts } from "../loss.ts";

/** Rows, rows with classes, images of one class, images with classes, volumes with classes. */
const layouts = [
  ["batch"],
  ["batch", "classes"],
  ["batch", "height", "width"],
  ["batch", "height", "width", "classes"],
  ["batch", "depth", "height", "width", "classes"],
] as const;

/** Targets are 0 and 1 in the prediction's shape, or class numbers without its last axis. */
export const regionInputs = {
  prediction: layouts.map((axes) => fromModel("probability", axes)),
  target: [
    ...layouts.map((axes) => fromData("binary", axes)),
    ...[["batch"], ["batch", "height", "width"]].map((axes) => fromData("class", axes, { below: "classes" })),
  ],
};

/** With an activation, the model gives logits. */
export const regionInputsFor = ({ activation }: { readonly activation: string }) =>
  activation === "none" ? {} : { prediction: layouts.map((axes) => fromModel("real", axes)) };

export const regionOptions = {
  activation: z.enum(["none", "sigmoid", "softmax"]).default("none"),
  smooth: z.number().min(0).default(0),
};

/** One output per class; a binary target is one class, the foreground. */
export const regionOutputs = ({ kind, classes }: TargetFacts): number => (kind === "class" ? classes : 1);

export interface Regions {
  readonly intersection: Node;
  readonly predictedSum: Node;
  readonly targetSum: Node;
}

/** I, P and T of each row, [batch, classes] each. */
export function regionTerms(
  inputs: { readonly prediction: Node; readonly target: Node },
  { activation }: { readonly activation: "none" | "sigmoid" | "softmax" },
): Record<keyof Regions, Node> {
  const { prediction, target } = inputs;
  const y = byClass(asRows(target, prediction));
  const p = activate(byClass(prediction), activation);
  return { intersection: sum(multiply(p, y), 1), predictedSum: sum(p, 1), targetSum: sum(y, 1) };
}

/** The target in the prediction's shape: class numbers become one-hot rows, or the foreground where there is one class. */
function asRows(target: Node, prediction: Node): Node {
  if (target.dtype === "real" || target.shape.length === prediction.shape.length) {
    mustAgree(prediction, target);
    return toReal(target);
  }
  const classes = prediction.shape.at(-1)!;
  const rows = classes === 1 ? reshape(toReal(target), [...target.shape, 1]) : oneHot(target, classes);
  mustAgree(prediction, rows);
  return rows;
}

/** Probabilities [batch, elements, classes]; one class beside an unnamed rest of logit 0 is a sigmoid either way. */
function activate(x: Node, activation: "none" | "sigmoid" | "softmax"): Node {
  if (activation === "none") return x;
  return activation === "softmax" && x.shape[2]! > 1 ? softmax(x) : sigmoid(x);
}

/** [batch], [batch, classes], [batch, height, width] or [batch, …, classes] as [batch, elements, classes]. */
function byClass(x: Node): Node {
  const [batch = 0, ...rest] = x.shape;
  const classes = rest.length === 0 || rest.length === 2 ? 1 : rest.at(-1)!;
  return reshape(x, [batch, sizeOf(rest) / classes, classes]);
}

/**
 * The mean of a loss over the classes that have a denominator; not estimable where none has, or where nothing at all was
 * predicted or there.
 */
export function overClasses(loss: Node, denominator: Node, { predictedSum, targetSum }: Regions): Outcome {
  const exists = notEqual(denominator, 0);
  const nothing = equal(sum(maximum(predictedSum, targetSum), 0), 0);
  const classes = sum(exists, 0);
  return {
    value: divideSafe(sum(select(exists, loss, 0), 0), classes),
    empty: or(nothing, equal(classes, 0)),
  };
}
