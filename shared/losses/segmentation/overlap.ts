/** Losses of overlap between predicted and true regions, from I, P and T of each class. */
import { z } from "zod";
import {
  add,
  divide,
  divideSafe,
  equal,
  lessEqual,
  multiply,
  notEqual,
  power,
  select,
  square,
  subtract,
  sum,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { defineLoss } from "../loss.ts";
import {
  overClasses,
  regionInputs,
  regionInputsFor,
  regionOptions,
  regionOutputs,
  regionTerms,
  type Regions,
} from "./regions.ts";

const declared = {
  kind: "two-phase",
  version: 1,
  unit: "batch",
  measure: "share",
  inputs: regionInputs,
  inputsFor: regionInputsFor,
  outputs: regionOutputs,
  terms: regionTerms,
} as const;

/**
 * Dice loss: what the overlap of prediction and target lacks of their mean size. For one class, 1 − soft F1.
 *
 *     F = mean over classes of 1 − (2I + s)/(P + T + s),   I = Σ w·p·y,  P = Σ w·p,  T = Σ w·y
 *
 * Shapes  probabilities p and targets y in {0, 1}: [batch], [batch, classes], [batch, height, width], or with classes last
 *         [batch, height, width, classes], [batch, depth, height, width, classes]; or class numbers without the classes' axis
 * Unit    a share in [0, 1]
 * Facts   p = y → 0 · any sharding gives the number of one machine · a mean of the clients' own Dice losses does not ·
 *         ∂F/∂p = w·(∂F/∂I·y + ∂F/∂P) · classes with P + T + s = 0 are left out of the mean
 * Options smooth s ≥ 0: added to both parts of the ratio. @default 0
 *         activation: sigmoid or softmax, where the model gives logits. @default none
 * When    regions are small beside the background. For a steadier start, add a second objective with cross-entropy.
 * Source  Milletari, Navab & Ahmadi (2016)
 */
export const dice = defineLoss({
  ...declared,
  name: "dice",
  options: z.strictObject(regionOptions),
  of: (regions, { smooth }) => {
    const denominator = add(add(regions.predictedSum, regions.targetSum), smooth);
    const overlap = divideSafe(add(multiply(2, regions.intersection), smooth), denominator);
    return overClasses(subtract(1, overlap), denominator, regions);
  },
});

/**
 * Jaccard loss: 1 − soft intersection over union.
 *
 *     F = mean over classes of 1 − (I + s)/(P + T − I + s)
 *
 * Shapes  as for dice
 * Unit    a share in [0, 1]
 * Facts   with s = 0, F = 2D/(1 + D) for the Dice loss D of one class · p = y → 0
 * Options smooth s ≥ 0. @default 0
 *         activation: sigmoid or softmax, where the model gives logits. @default none
 * When    intersection over union is what is reported in the end.
 * Source  Rahman & Wang (2016)
 */
export const jaccard = defineLoss({
  ...declared,
  name: "jaccard",
  options: z.strictObject(regionOptions),
  of: (regions, { smooth }) => {
    const union = subtract(add(regions.predictedSum, regions.targetSum), regions.intersection);
    const denominator = add(union, smooth);
    const overlap = divideSafe(add(regions.intersection, smooth), denominator);
    return overClasses(subtract(1, overlap), denominator, regions);
  },
});

interface Tilt {
  readonly alpha: number;
  readonly beta: number;
  readonly smooth: number;
}

/** The Tversky index (I + s)/(I + α(P − I) + β(T − I) + s) of each class, and its denominator. */
function tverskyIndex(regions: Regions, { alpha, beta, smooth }: Tilt): { index: Node; denominator: Node } {
  const { intersection, predictedSum, targetSum } = regions;
  const falsePositives = multiply(alpha, subtract(predictedSum, intersection));
  const falseNegatives = multiply(beta, subtract(targetSum, intersection));
  const denominator = add(add(add(intersection, falsePositives), falseNegatives), smooth);
  return { index: divideSafe(add(intersection, smooth), denominator), denominator };
}

/**
 * Tversky loss: Dice with false positives and false negatives priced apart.
 *
 *     F = mean over classes of 1 − (I + s)/(I + α(P − I) + β(T − I) + s)
 *
 * Shapes  as for dice
 * Unit    a share in [0, 1]
 * Facts   α = β = ½ is dice (with s/2) · α = β = 1 is jaccard · α = 1/(1 + b²), β = b²/(1 + b²) is 1 − soft F_b
 * Options alpha α ≥ 0, the price of a false positive. @default 0.5
 *         beta β ≥ 0, the price of a false negative. @default 0.5
 *         smooth s ≥ 0. @default 0
 *         activation: sigmoid or softmax, where the model gives logits. @default none
 * When    a missed region costs more than a false alarm, or less.
 * Source  Salehi, Erdogmus & Gholipour (2017)
 */
export const tversky = defineLoss({
  ...declared,
  name: "tversky",
  options: z.strictObject({
    ...regionOptions,
    alpha: z.number().min(0).default(0.5),
    beta: z.number().min(0).default(0.5),
  }),
  of: (regions, options) => {
    const { index, denominator } = tverskyIndex(regions, options);
    return overClasses(subtract(1, index), denominator, regions);
  },
});

/**
 * Focal Tversky loss: a power of the Tversky loss of each class, so that classes half learned weigh differently.
 *
 *     F = mean over classes of (1 − (I + s)/(I + α(P − I) + β(T − I) + s))^γ
 *
 * Shapes  as for dice
 * Unit    a share in [0, 1]
 * Facts   γ = 1 is tversky · a class without any error has gradient 0, though the slope of xᵞ at 0 is infinite for γ < 1
 * Options alpha α ≥ 0, the price of a false positive. @default 0.3
 *         beta β ≥ 0, the price of a false negative. @default 0.7
 *         gamma γ > 0. @default 0.75
 *         smooth s ≥ 0. @default 0
 *         activation: sigmoid or softmax, where the model gives logits. @default none
 * When    small, hard regions are missed by dice and tversky.
 * Source  Abraham & Khan (2018)
 */
export const focalTversky = defineLoss({
  ...declared,
  name: "focal-tversky",
  options: z.strictObject({
    ...regionOptions,
    alpha: z.number().min(0).default(0.3),
    beta: z.number().min(0).default(0.7),
    gamma: z.number().positive().default(0.75),
  }),
  of: (regions, options) => {
    const { index, denominator } = tverskyIndex(regions, options);
    const rest = subtract(1, index);
    const perfect = lessEqual(rest, 0); // rounding may leave it just below
    const focal = select(perfect, 0, power(select(perfect, 1, rest), options.gamma));
    return overClasses(focal, denominator, regions);
  },
});

/**
 * Generalized Dice: one ratio over all classes, each weighed by the inverse square of its size.
 *
 *     F = 1 − 2 Σ_c I_c/T_c² / Σ_c (P_c + T_c)/T_c²
 *
 * Shapes  as for dice
 * Unit    a share in [0, 1]
 * Facts   one class → dice · p = y → 0 · classes with T = 0 are left out
 * Option  activation: sigmoid or softmax, where the model gives logits. @default none
 * When    class sizes differ by orders of magnitude and none may be drowned.
 * Source  Sudre et al. (2017)
 */
export const generalizedDice = defineLoss({
  ...declared,
  name: "generalized-dice",
  options: z.strictObject({ activation: regionOptions.activation }),
  of: ({ intersection, predictedSum, targetSum }) => {
    const there = notEqual(targetSum, 0);
    const size = square(select(there, targetSum, 1));
    const weighed = (x: Node): Node => sum(select(there, divide(x, size), 0), 0);
    const denominator = weighed(add(predictedSum, targetSum));
    const overlap = divideSafe(multiply(2, weighed(intersection)), denominator);
    return { value: subtract(1, overlap), empty: equal(denominator, 0) };
  },
});
