/**
 * Losses that arrange points in a space: near what belongs together, far from what does not.
 *
 * Lengths have gradient 0 at the zero vector, and cos(0, ·) = 0. A pair exactly at its margin costs nothing and pulls nothing.
 */
import { z } from "zod";
import {
  abs,
  add,
  equal,
  minimum,
  multiply,
  negate,
  norm,
  normalize,
  power,
  relu,
  select,
  square,
  subtract,
  sum,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { arcface, cosface } from "./angular.ts";
import { circle, infoNce, ntXent, supCon } from "./contrastive.ts";

const vector = fromModel("real", ["batch", "features"]);
const margin = (standard: number) => z.number().default(standard);

/** ‖x‖ₚ of each row. */
function length(x: Node, p: number): Node {
  if (p === 2) return norm(x);
  if (p === 1) return sum(abs(x), -1);
  const total = sum(power(abs(x), p), -1);
  const empty = equal(total, 0);
  return select(empty, 0, power(select(empty, 1, total), 1 / p));
}

/**
 * An anchor is to be nearer to its positive than to its negative, by a margin.
 *
 *     ℓ = max(0, d(a, p) − d(a, n) + m),   d(x, y) = ‖x − y‖ₚ        swap: min(d(a, n), d(p, n)) instead of d(a, n)
 *
 * Shapes  anchor, positive and negative [batch, features] → [batch]
 * Unit    distance
 * Facts   0 where the negative is farther by m, slope 0 exactly there · no ε inside the length: gradient 0 at distance 0
 * Options margin m. @default 1
 *         p ≥ 1: the norm. @default 2
 *         swap: the negative counts from whichever of anchor and positive it is nearer to. @default false
 * When    triplets are at hand
 * Source  Schroff, Kalenichenko & Philbin (2015); Balntas et al. (2016) for swap
 */
export const tripletMargin = defineLoss({
  name: "triplet-margin",
  version: 1,
  unit: "row",
  sparse: true,
  measure: "distance",
  inputs: { anchor: vector, positive: vector, negative: vector },
  outputs: () => "any",
  options: z.strictObject({ margin: margin(1), p: z.number().min(1).default(2), swap: z.boolean().default(false) }),
  perExample: ({ anchor, positive, negative }, { margin: m, p, swap }) => {
    const far = length(subtract(anchor, negative), p);
    const rival = swap ? minimum(far, length(subtract(positive, negative), p)) : far;
    return relu(add(subtract(length(subtract(anchor, positive), p), rival), m));
  },
});

/**
 * Pairs that belong together come near, others move apart up to a margin.
 *
 *     ℓ = ½(y·d² + (1 − y)·max(0, m − d)²),   d = ‖left − right‖
 *
 * Shapes  left and right [batch, features], target y in {0, 1} [batch] → [batch]; 1 = alike
 * Unit    squared distance
 * Facts   0 for equal vectors that are alike, and for others m apart · gradient 0 at d = 0
 * Option  margin m. @default 1
 * When    pairs are labelled alike or not
 * Source  Hadsell, Chopra & LeCun (2006)
 */
export const contrastive = defineLoss({
  name: "contrastive",
  version: 1,
  unit: "row",
  sparse: true,
  measure: "distance²",
  inputs: { left: vector, right: vector, target: fromData("binary", ["batch"]) },
  outputs: () => "any",
  options: z.strictObject({ margin: margin(1) }),
  perExample: ({ left, right, target }, { margin: m }) => {
    const gap = subtract(left, right);
    const apart = square(relu(subtract(m, norm(gap))));
    return multiply(0.5, add(multiply(target, sum(square(gap), -1)), multiply(subtract(1, target), apart)));
  },
});

const number = fromModel("real", ["batch", "…"]);
const sign = fromData("sign", ["batch", "…"]);

/**
 * Of two numbers, the one that is said to be larger is to lead by a margin.
 *
 *     ℓ = max(0, −y·(left − right) + m),   y = 1: left is to lead, −1: right is
 *
 * Shapes  left, right and target [batch] or [batch, …], alike; each element is a unit
 * Unit    margin
 * Facts   0 where it leads by m, slope 0 exactly there
 * Option  margin m. @default 0
 * When    preferences are hard facts and only their order matters
 * Source  Herbrich, Graepel & Obermayer (1999)
 */
export const marginRanking = defineLoss({
  name: "margin-ranking",
  version: 1,
  unit: "element",
  sparse: true,
  measure: "margin",
  inputs: { left: number, right: number, target: sign },
  options: z.strictObject({ margin: margin(0) }),
  perExample: ({ left, right, target }, { margin: m }) => relu(subtract(m, multiply(target, subtract(left, right)))),
});

/**
 * Directions of pairs that belong together are to agree, those of others not beyond a margin.
 *
 *     ℓ = 1 − cos(left, right) where y = 1,   max(0, cos(left, right) − m) where y = −1
 *
 * Shapes  left and right [batch, features], target y = ±1 [batch] → [batch]
 * Unit    cosine
 * Facts   independent of lengths · a zero vector has cosine 0 and gradient 0
 * Option  margin m in [−1, 1]. @default 0
 * When    only directions carry meaning, as of text embeddings
 * Source  the convention of PyTorch
 */
export const cosineEmbedding = defineLoss({
  name: "cosine-embedding",
  version: 1,
  unit: "row",
  measure: "cosine",
  inputs: { left: vector, right: vector, target: fromData("sign", ["batch"]) },
  outputs: () => "any",
  options: z.strictObject({ margin: z.number().min(-1).max(1).default(0) }),
  perExample: ({ left, right, target }, { margin: m }) => {
    const cosine = sum(multiply(normalize(left), normalize(right)), -1);
    return select(equal(target, 1), subtract(1, cosine), relu(subtract(cosine, m)));
  },
});

/**
 * A distance is to be small where things belong together, else at least a margin.
 *
 *     ℓ = x where y = 1,   max(0, m − x) where y = −1
 *
 * Shapes  distances x and targets y = ±1 [batch] or [batch, …], alike; each element is a unit
 * Unit    distance
 * Facts   unbounded below for negative x and y = 1: give it distances · slope 0 exactly at the margin
 * Option  margin m. @default 1
 * When    the model's head already is a distance
 * Source  the convention of PyTorch
 */
export const hingeEmbedding = defineLoss({
  name: "hinge-embedding",
  version: 1,
  unit: "element",
  measure: "distance",
  inputs: { prediction: number, target: sign },
  options: z.strictObject({ margin: margin(1) }),
  perExample: ({ prediction, target }, { margin: m }) =>
    select(equal(target, 1), prediction, relu(add(m, negate(prediction)))),
});

/** The losses on points in a space, by name. */
export const metricLearningLosses = {
  "triplet-margin": tripletMargin,
  contrastive,
  "margin-ranking": marginRanking,
  "cosine-embedding": cosineEmbedding,
  "hinge-embedding": hingeEmbedding,
  "nt-xent": ntXent,
  "sup-con": supCon,
  "info-nce": infoNce,
  circle,
  arcface,
  cosface,
} as const;
