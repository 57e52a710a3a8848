/**
 * Losses on classes, from logits. sp(x) = log(1 + eˣ) is the operation `softplus`: finite at ±10⁴, with slope σ(x) everywhere.
 */
import { z } from "zod";
import { add, constant, less, multiply, negate, relu, softplus, subtract, sum, unsqueeze } from "../../graph/build.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.ts";

const logits = fromModel("real", ["batch", "…"]);

/**
 * Binary cross-entropy on logits.
 *
 *     ℓ(x, y) = c·y′·sp(−x) + (1 − y′)·sp(x),   y′ = y(1 − ε) + ε/2
 *
 * Shapes  logits x [batch] or [batch, …], targets y in [0, 1] alike; each element is a unit
 * Unit    nats
 * Facts   x = 0 → ln 2 (c = 1) · finite at ±10⁴ · ∂ℓ/∂x = (1 − y′)σ(x) − c·y′(1 − σ(x))
 * Options posWeight c > 0: how much a positive counts, in the numerator only. @default 1
 *         labelSmoothing ε in [0, 1). @default 0
 */
export const bceWithLogits = defineLoss({
  name: "bce-with-logits",
  version: 1,
  unit: "element",
  measure: "nats",
  inputs: { prediction: logits, target: fromData("binary", ["batch", "…"]) },
  options: z.strictObject({
    posWeight: z.number().positive().default(1),
    labelSmoothing: z.number().min(0).lt(1).default(0),
  }),
  perExample: ({ prediction: x, target }, { posWeight, labelSmoothing: smoothing }) => {
    const y = smoothing === 0 ? target : add(multiply(1 - smoothing, target), smoothing / 2);
    const positive = multiply(y, softplus(negate(x)));
    const negative = multiply(subtract(1, y), softplus(x));
    return add(posWeight === 1 ? positive : multiply(posWeight, positive), negative);
  },
});

/**
 * Hinge loss of a linear separator.
 *
 *     ℓ(f, y) = max(0, m − y·f),   y = ±1
 *
 * Shapes  scores f and targets y [batch] or [batch, …]; each element is a unit
 * Unit    margin
 * Facts   0 where y·f ≥ m · ∂ℓ/∂f = −y where y·f < m, and 0 at the margin itself
 * Option  margin m. @default 1
 * Source  Cortes & Vapnik (1995)
 */
export const hinge = defineLoss({
  name: "hinge",
  version: 1,
  unit: "element",
  measure: "margin",
  inputs: { prediction: logits, target: fromData("sign", ["batch", "…"]) },
  options: z.strictObject({ margin: z.number().positive().default(1) }),
  perExample: ({ prediction, target }, { margin }) => relu(subtract(margin, multiply(target, prediction))),
});

/**
 * Cumulative logits for ordered levels 0 … C − 1: logit k answers "is the level above k?".
 *
 *     ℓ(x, y) = Σₖ BCE(xₖ, 1[y > k]),   k = 0 … C − 2
 *
 * Shapes  logits [batch, C − 1], levels [batch] → [batch]
 * Unit    nats
 * Facts   C = 2 is bce-with-logits · all logits 0 → (C − 1)·ln 2 · ∂ℓ/∂xₖ = σ(xₖ) − 1[y > k]
 * Source  Cao, Mirjalili & Raschka (2020). Their shared slope for all k is a matter of the head, not of the loss.
 */
export const ordinalCoral = defineLoss({
  name: "ordinal-coral",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: {
    prediction: fromModel("real", ["batch", "thresholds"]),
    target: fromData("level", ["batch"], { below: "levels" }),
  },
  outputs: ({ classes }) => classes - 1,
  options: z.strictObject({}),
  perExample: ({ prediction: x, target }) => {
    const thresholds = constant([...Array(x.shape[1]).keys()], [1, x.shape[1]!]);
    const above = less(thresholds, unsqueeze(target, -1)); // 1[y > k]
    return sum(subtract(softplus(x), multiply(above, x)), -1); // BCE(x, t) = sp(x) − t·x
  },
});

/** The losses on classes, by name. */
export const classificationLosses = {
  "bce-with-logits": bceWithLogits,
  "softmax-cross-entropy": softmaxCrossEntropy,
  hinge,
  "ordinal-coral": ordinalCoral,
} as const;
