/** Focal losses: examples that are already right count for little, so that rare and hard ones are heard. */
import { z } from "zod";
import {
  add,
  constant,
  exp,
  gather,
  less,
  log,
  log1p,
  multiply,
  negate,
  select,
  shortfall,
  sigmoid,
  softplus,
  subtract,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { labelled, oneEntryPerClass, oneOutputPerClass, splitIgnored } from "./labels.ts";

const gammaSchema = z.number().min(0).default(2);

/** (1 − p)^γ·(−log p) of p = σ(−d): exp(−γ·sp(−d))·sp(d), finite for every γ and d. */
const focused = (d: Node, gamma: number): Node =>
  gamma === 0 ? softplus(d) : multiply(exp(multiply(-gamma, softplus(negate(d)))), softplus(d));

/**
 * Focal loss on binary logits.
 *
 *     ℓ(x, y) = a·(1 − p)^γ·(−log p),   p = σ(s·x), s = 2y − 1,   a = α for y = 1, 1 − α for y = 0
 *
 * Shapes  logits x and targets y, 0 or 1, [batch] or [batch, …]; each element is a unit
 * Unit    nats
 * Facts   γ = 0 without α is bce-with-logits · γ = 0, α = ½ is half of it · γ < 1 is finite at any x ·
 *         ∂ℓ/∂x = −a·s·(1 − p)^γ·((1 − p) + γ·p·(−log p))
 * Options gamma γ ≥ 0: how fast the easy ones fade. @default 2
 *         alpha α in [0, 1], the weight of positives, in the numerator only; null: 1 for both. @default 0.25
 *         normalizer: the sum is divided by Σw, or by Σw·y as in detection. @default "weight-sum"
 * When    few positives among many easy negatives. Its scores are not calibrated probabilities
 * Source  Lin et al. (2017)
 */
export const focalBinary = defineLoss({
  name: "focal-binary",
  version: 1,
  unit: "element",
  measure: "nats",
  inputs: { prediction: fromModel("real", ["batch", "…"]), target: fromData("binary", ["batch", "…"]) },
  options: z.strictObject({
    gamma: gammaSchema,
    alpha: z.number().min(0).max(1).nullable().default(0.25),
    normalizer: z.enum(["weight-sum", "positives"]).default("weight-sum"),
  }),
  perExample: ({ prediction: x, target: y }, { gamma, alpha, normalizer }) => {
    const plain = focused(multiply(subtract(1, multiply(2, y)), x), gamma);
    const value = alpha === null ? plain : multiply(add(1 - alpha, multiply(2 * alpha - 1, y)), plain);
    return normalizer === "positives" ? { value, normalizer: y } : { value };
  },
});

/**
 * Focal loss of one class in many.
 *
 *     ℓ(z, y) = α_y·(1 − p)^γ·(−log p),   p = softmax(z)_y
 *
 * Shapes  logits [batch, classes], labels [batch] → [batch]
 * Unit    nats
 * Facts   γ = 0 is softmax-cross-entropy · γ < 1 is finite at ±10⁴ ·
 *         ∂ℓ/∂z = α_y·(softmax(z) − 1_y)·((1 − p)^γ − γ·p·log p·(1 − p)^(γ−1))
 * Options gamma γ ≥ 0. @default 2
 *         alpha: a weight per class, in the numerator only; null: 1 each. @default null
 *         ignoreIndex: rows with this label leave numerator and denominator. @default -100
 * When    rare classes. For class-balanced focal loss (Cui et al. 2019) let alpha be (1 − β)/(1 − β^n) of the classes' counts n
 * Source  Lin et al. (2017)
 */
export const focalSoftmax = defineLoss({
  name: "focal-softmax",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: labelled,
  outputs: oneOutputPerClass,
  misfit: ({ alpha }, { classes }) => oneEntryPerClass({ alpha }, classes),
  options: z.strictObject({
    gamma: gammaSchema,
    alpha: z.array(z.number().min(0)).min(2).nullable().default(null),
    ignoreIndex: z.int().default(-100),
  }),
  perExample: ({ prediction, target }, { gamma, alpha, ignoreIndex }) => {
    const { ignored, known } = splitIgnored(target, ignoreIndex);
    const plain = focused(shortfall(prediction, known), gamma);
    const value = alpha === null ? plain : multiply(gather(constant(alpha, [alpha.length]), known), plain);
    return { value, ignored };
  },
});

/**
 * Asymmetric focal loss: negatives fade faster than positives, and easy ones are dropped altogether.
 *
 *     ℓ(x, y) = −y·(1 − p)^γ₊·log p − (1 − y)·p_m^γ₋·log(1 − p_m),   p = σ(x), p_m = max(p − m, 0)
 *
 * Shapes  logits x and targets y, 0 or 1, [batch] or [batch, …]; each element is a unit
 * Unit    nats
 * Facts   m = 0, γ₊ = γ₋ = γ is focal-binary without α · a negative with p ≤ m has value and slope 0 · finite at ±10⁴
 * Options gammaPositive γ₊ ≥ 0. @default 0
 *         gammaNegative γ₋ ≥ 0. @default 4
 *         shift m in [0, 1). @default 0.05
 * When    many labels of which few apply to a row, and some that apply are missing
 * Source  Ridnik et al. (2021); there the factors are held constant, here they are differentiated
 */
export const asymmetricFocal = defineLoss({
  name: "asymmetric-focal",
  version: 1,
  unit: "element",
  measure: "nats",
  inputs: { prediction: fromModel("real", ["batch", "…"]), target: fromData("binary", ["batch", "…"]) },
  options: z.strictObject({
    gammaPositive: z.number().min(0).default(0),
    gammaNegative: z.number().min(0).default(4),
    shift: z.number().min(0).lt(1).default(0.05),
  }),
  perExample: ({ prediction: x, target: y }, { gammaPositive, gammaNegative, shift }) => {
    const positive = focused(negate(x), gammaPositive);
    const negative = shift === 0 ? focused(x, gammaNegative) : shifted(subtract(sigmoid(x), shift), gammaNegative);
    return select(y, positive, negative);
  },
});

/** −p^γ·log(1 − p) where p > 0, else 0 (there also in gradient). */
function shifted(p: Node, gamma: number): Node {
  const above = less(0, p);
  const inside = select(above, p, 0.5);
  return select(above, negate(multiply(exp(multiply(gamma, log(inside))), log1p(negate(inside)))), 0);
}
