/** Losses on pairs and triplets that the data name. */
import { z } from "zod";
import { add, greater, minimum, multiply, negate, relu, select, square, subtract, sum } from "../../graph/build.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { cosine, distance } from "./distance.ts";

const embedding = fromModel("real", ["batch", "features"]);
const value = fromModel("real", ["batch", "…"]);
const signs = fromData("sign", ["batch"]);
const marginOf = (initial: number) => z.number().default(initial);

/**
 * Triplet margin: an anchor ought to be nearer to its positive than to its negative, by a margin.
 *
 *     ℓ(a, p, n) = max(0, d(a, p) − d(a, n) + m),   d(x, y) = ‖x − y‖ₚ
 *     swap: min(d(a, n), d(p, n)) in place of d(a, n)
 *
 * Shapes  anchor a, positive p and negative n [batch, features] → [batch]
 * Unit    distance
 * Facts   0 once n is m further than p · a = p = n → m, with slope 0 · slope 0 at the margin itself
 * Options margin m > 0. @default 1
 *         p ≥ 1: which norm. @default 2
 *         swap: the negative counts from whichever of a and p it is nearer to. @default false
 * When    triplets are at hand; mined within a batch they are better: `triplet-mining`
 * Source  Schroff, Kalenichenko & Philbin (2015); Balntas et al. (2016) for swap
 */
export const tripletMargin = defineLoss({
  name: "triplet-margin",
  version: 1,
  unit: "row",
  measure: "distance",
  sparse: true,
  inputs: { anchor: embedding, positive: embedding, negative: embedding },
  options: z.strictObject({
    margin: z.number().positive().default(1),
    p: z.number().min(1).default(2),
    swap: z.boolean().default(false),
  }),
  perExample: ({ anchor, positive, negative }, { margin, p, swap }) => {
    const away = distance(anchor, negative, p);
    const nearest = swap ? minimum(away, distance(positive, negative, p)) : away;
    return relu(add(subtract(distance(anchor, positive, p), nearest), margin));
  },
});

/**
 * Contrastive: pairs that belong together close, others at least a margin apart.
 *
 *     ℓ(a, b, y) = ½·(y·d² + (1 − y)·max(0, m − d)²),   d = ‖a − b‖
 *
 * Shapes  left a and right b [batch, features], target y [batch] (1: together, 0: apart) → [batch]
 * Unit    distance²
 * Facts   a = b → 0 together, m²/2 apart, both with slope 0 · nothing pulls on others once they are m apart
 * Option  margin m > 0. @default 1
 * When    pairs are labelled, and distances between embeddings are used as such
 * Source  Hadsell, Chopra & LeCun (2006)
 */
export const contrastive = defineLoss({
  name: "contrastive",
  version: 1,
  unit: "row",
  measure: "distance²",
  inputs: { left: embedding, right: embedding, target: fromData("binary", ["batch"]) },
  options: z.strictObject({ margin: z.number().positive().default(1) }),
  perExample: ({ left, right, target }, { margin }) => {
    const near = sum(square(subtract(left, right)), -1);
    const far = square(relu(subtract(margin, distance(left, right))));
    return multiply(0.5, add(multiply(target, near), multiply(subtract(1, target), far)));
  },
});

/**
 * Margin ranking: of two scores the one that is named ought to be larger, by a margin.
 *
 *     ℓ(a, b, y) = max(0, −y(a − b) + m)
 *
 * Shapes  left a and right b [batch] or [batch, …], target y ±1 (1: a is larger) alike; each element is a unit
 * Unit    the score's
 * Facts   0 once the right one is m larger · slope 0 at the margin itself · a = b → m
 * Option  margin m. @default 0
 * When    comparisons of single scores; `bradley-terry` where a likelihood is wanted
 * Source  Herbrich, Graepel & Obermayer (2000)
 */
export const marginRanking = defineLoss({
  name: "margin-ranking",
  version: 1,
  unit: "element",
  measure: "score",
  sparse: true,
  inputs: { left: value, right: value, target: fromData("sign", ["batch", "…"]) },
  options: z.strictObject({ margin: marginOf(0) }),
  perExample: ({ left, right, target }, { margin }) =>
    relu(add(negate(multiply(target, subtract(left, right))), margin)),
});

/**
 * Cosine embedding: pairs that belong together in one direction, others at an angle.
 *
 *     ℓ(a, b, 1) = 1 − cos(a, b)            ℓ(a, b, −1) = max(0, cos(a, b) − m)
 *
 * Shapes  left a and right b [batch, features], target y ±1 [batch] → [batch]
 * Unit    1 − cosine
 * Facts   lengths do not matter · a zero vector has cos 0 and slope 0 · slope 0 at the margin itself
 * Option  margin m: the cosine from which others cost. @default 0
 * When    pairs are labelled, and directions are what is compared
 * Source  PyTorch, CosineEmbeddingLoss; Hadsell, Chopra & LeCun (2006) with another distance
 */
export const cosineEmbedding = defineLoss({
  name: "cosine-embedding",
  version: 1,
  unit: "row",
  measure: "cosine",
  inputs: { left: embedding, right: embedding, target: signs },
  options: z.strictObject({ margin: marginOf(0) }),
  perExample: ({ left, right, target }, { margin }) => {
    const likeness = cosine(left, right);
    return select(greater(target, 0), subtract(1, likeness), relu(subtract(likeness, margin)));
  },
});

/**
 * Hinge embedding: a distance that ought to be small, or at least a margin.
 *
 *     ℓ(x, 1) = x            ℓ(x, −1) = max(0, m − x)
 *
 * Shapes  distances x [batch] or [batch, …], targets ±1 alike (1: together); each element is a unit
 * Unit    the distance's
 * Facts   slope 1 together, −1 apart within the margin, 0 at the margin itself and beyond
 * Option  margin m > 0. @default 1
 * When    a distance of one's own is at hand
 * Source  PyTorch, HingeEmbeddingLoss
 */
export const hingeEmbedding = defineLoss({
  name: "hinge-embedding",
  version: 1,
  unit: "element",
  measure: "distance",
  inputs: { prediction: value, target: fromData("sign", ["batch", "…"]) },
  options: z.strictObject({ margin: z.number().positive().default(1) }),
  perExample: ({ prediction, target }, { margin }) =>
    select(greater(target, 0), prediction, relu(subtract(margin, prediction))),
});
