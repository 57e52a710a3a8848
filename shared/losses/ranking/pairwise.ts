/** Losses on pairs of rows, one of which is to stand above the other. sp(x) = log(1 + eˣ). */
import { z } from "zod";
import {
  and,
  constant,
  divideSafe,
  gather,
  greater,
  multiply,
  relu,
  softplus,
  subtract,
  toIndex,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { inGroups, overPairs, perGroup, totals } from "../groups.ts";
import { fromModel } from "../inputs.ts";
import { defineLoss, type Units } from "../loss.ts";
import { gaps, ordered, scored } from "./scored.ts";

type Inputs = Readonly<Record<keyof typeof scored, Node>>;

/** Σ f over the ordered pairs of each group, and their number. */
function overOrdered({ target, group }: Inputs, weights: Node, f: Node): Units {
  const rows = inGroups(group, weights);
  const pairs = ordered(target);
  return perGroup(rows, totals(rows, overPairs(rows, pairs, f)), totals(rows, overPairs(rows, pairs)));
}

/**
 * RankNet: the likelihood of every pair's order, given the difference of its scores.
 *
 *     ℓ(group) = Σ sp(−σ(sᵢ − sⱼ)) over yᵢ > yⱼ           c(group) = the number of such pairs
 *
 * Shapes  scores s, relevances y and group [batch]; a group is a unit and counts its pairs
 * Unit    nats
 * Facts   equal scores → ln 2 a pair · depends on differences alone · one level of relevance → ignored · finite at ±10⁴
 * Option  sigma σ > 0: how steep. @default 1
 * When    relevances say which is better, not by how much
 * Source  Burges et al. (2005)
 */
export const rankNet = defineLoss({
  name: "ranknet",
  version: 1,
  kind: "set",
  unit: "pair",
  measure: "nats",
  inputs: scored,
  options: z.strictObject({ sigma: z.number().positive().default(1) }),
  perExample: (batch, { sigma }, weights) =>
    overOrdered(batch, weights, softplus(multiply(-sigma, gaps(batch.prediction)))),
});

/**
 * Pairwise hinge: the better of two rows ought to score higher by a margin.
 *
 *     ℓ(group) = Σ max(0, m − (sᵢ − sⱼ)) over yᵢ > yⱼ     c(group) = the number of such pairs
 *
 * Shapes  scores s, relevances y and group [batch]; a group is a unit and counts its pairs
 * Unit    the score's
 * Facts   0 once every pair is m apart · slope 0 at the margin itself · one level of relevance → ignored
 * Option  margin m > 0. @default 1
 * When    pairs that are clearly apart should not be pulled further
 * Source  Joachims (2002)
 */
export const pairwiseHinge = defineLoss({
  name: "pairwise-hinge",
  version: 1,
  kind: "set",
  unit: "pair",
  measure: "score",
  inputs: scored,
  options: z.strictObject({ margin: z.number().positive().default(1) }),
  perExample: (batch, { margin }, weights) =>
    overOrdered(batch, weights, relu(subtract(margin, gaps(batch.prediction)))),
});

/**
 * WARP: rows that stand where they should not, priced by how many there are above the row that should.
 *
 *     ℓ(group) = Σᵢ (L(rᵢ)/rᵢ)·Σ_{j: yⱼ<yᵢ} max(0, m − sᵢ + sⱼ),   rᵢ = the number of j with yⱼ < yᵢ that cost,   L(r) = 1 + ½ + … + 1/r
 *     c(group) = the number of i that have any j below them
 *
 * Shapes  scores s, relevances y and group [batch]; a group is a unit and counts the rows that have others below them
 * Unit    the score's
 * Facts   rᵢ is the exact rank, held constant, where the method as published draws j until one costs: this is its mean ·
 *         0 once every pair is m apart · slope 0 at the margin itself · the value jumps where rᵢ changes
 * Option  margin m > 0. @default 1
 * When    the top of a list is what counts, and relevances are yes or no
 * Source  Weston, Bengio & Usunier (2011), equations 2 and 4
 */
export const warp = defineLoss({
  name: "warp",
  version: 1,
  kind: "set",
  unit: "pair",
  measure: "score",
  inputs: scored,
  options: z.strictObject({ margin: z.number().positive().default(1) }),
  perExample: ({ prediction, target, group }, { margin }, weights) => {
    const rows = inGroups(group, weights);
    const [below, excess] = [ordered(target), relu(subtract(margin, gaps(prediction)))];
    const rank = overPairs(rows, and(below, greater(excess, 0)));
    const price = divideSafe(gather(harmonic(rank.shape[0]!), toIndex(rank)), rank);
    const counted = greater(overPairs(rows, below), 0);
    return perGroup(rows, totals(rows, multiply(price, overPairs(rows, below, excess))), totals(rows, counted));
  },
});

/** L(0), L(1), …, L(n): 0 and the harmonic numbers. */
function harmonic(n: number): Node {
  const sums = [0];
  for (let r = 1; r <= n; r++) sums.push(sums[r - 1]! + 1 / r);
  return constant(sums, [n + 1]);
}

/**
 * Bayesian personalized ranking: what a user took ought to score above what the user did not take.
 *
 *     ℓ(a, b) = sp(−(a − b))
 *
 * Shapes  scores positive a and negative b [batch] → [batch], a pair each
 * Unit    nats
 * Facts   a = b → ln 2 · depends on a − b alone · ∂ℓ/∂a = −σ(b − a) = −∂ℓ/∂b
 * When    implicit feedback: clicks and purchases, with negatives drawn beside them
 * Source  Rendle et al. (2009)
 */
export const bpr = defineLoss({
  name: "bpr",
  version: 1,
  unit: "pair",
  measure: "nats",
  inputs: { positive: fromModel("real", ["batch"]), negative: fromModel("real", ["batch"]) },
  pair: ["positive", "negative"],
  options: z.strictObject({}),
  perExample: ({ positive, negative }) => softplus(subtract(negative, positive)),
});
