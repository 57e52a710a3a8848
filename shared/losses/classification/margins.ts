/** Losses of a score's margin y·f, for targets y = ±1. All are 0 where the margin is wide, soft-margin nearly so. */
import { z } from "zod";
import { multiply, negate, relu, softplus, square, subtract } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

const inputs = { prediction: fromModel("real", ["batch", "…"]), target: fromData("sign", ["batch", "…"]) };
const margins = { unit: "element", inputs, sparse: true } as const;
const withMargin = z.strictObject({ margin: z.number().positive().default(1) });

/** y·f. */
const marginOf = ({ prediction, target }: { readonly prediction: Node; readonly target: Node }): Node =>
  multiply(target, prediction);

/**
 * Hinge loss of a linear separator.
 *
 *     ℓ(f, y) = max(0, m − y·f),   y = ±1
 *
 * Shapes  scores f and targets y [batch] or [batch, …]; each element is a unit
 * Unit    margin
 * Facts   0 where y·f ≥ m · ∂ℓ/∂f = −y where y·f < m, and 0 at the margin itself
 * Option  margin m. @default 1
 * When    a separator is wanted, not probabilities: only rows within the margin have a say
 * Source  Cortes & Vapnik (1995)
 */
export const hinge = defineLoss({
  ...margins,
  name: "hinge",
  version: 1,
  measure: "margin",
  kinks: [1, -1],
  options: withMargin,
  perExample: (batch, { margin }) => relu(subtract(margin, marginOf(batch))),
});

/**
 * Squared hinge loss.
 *
 *     ℓ(f, y) = max(0, m − y·f)²,   y = ±1
 *
 * Shapes  scores f and targets y [batch] or [batch, …]; each element is a unit
 * Unit    margin, squared
 * Facts   = hinge² · 0 where y·f ≥ m · ∂ℓ/∂f = −2y·max(0, m − y·f), continuous
 * Option  margin m. @default 1
 * When    like hinge, with a slope that does not jump; wrong labels weigh more
 */
export const squaredHinge = defineLoss({
  ...margins,
  name: "squared-hinge",
  version: 1,
  measure: "margin²",
  options: withMargin,
  perExample: (batch, { margin }) => square(relu(subtract(margin, marginOf(batch)))),
});

/**
 * The perceptron's loss: only mistakes count, by how far they are off.
 *
 *     ℓ(f, y) = max(0, −y·f),   y = ±1
 *
 * Shapes  scores f and targets y [batch] or [batch, …]; each element is a unit
 * Unit    margin
 * Facts   hinge with m → 0 · ∂ℓ/∂f = −y where y·f < 0, and 0 at f = 0: weights that are all 0 never move
 * When    data are known to be separable, and any separator will do. Begin with weights that are not 0
 * Source  Rosenblatt (1958)
 */
export const perceptron = defineLoss({
  ...margins,
  name: "perceptron",
  version: 1,
  measure: "margin",
  kinks: [0],
  options: z.strictObject({}),
  perExample: (batch) => relu(negate(marginOf(batch))),
});

/**
 * The logistic loss of a margin.
 *
 *     ℓ(f, y) = log(1 + e^(−y·f)),   y = ±1
 *
 * Shapes  scores f and targets y [batch] or [batch, …]; each element is a unit
 * Unit    nats
 * Facts   = bce-with-logits with targets (1 + y)/2 · f = 0 → ln 2 · ∂ℓ/∂f = −y·σ(−y·f) · finite at ±10⁴
 * When    like bce-with-logits, where targets are given as signs
 */
export const softMargin = defineLoss({
  unit: "element",
  inputs,
  name: "soft-margin",
  version: 1,
  measure: "nats",
  options: z.strictObject({}),
  perExample: (batch) => softplus(negate(marginOf(batch))),
});
