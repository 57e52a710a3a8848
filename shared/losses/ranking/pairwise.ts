/** Losses on pairs of rows, one of which is to stand above the other. sp(x) = log(1 + eˣ). */
import { z } from "zod";
import { multiply, relu, softplus, subtract } from "../../graph/build.ts";
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
  options: z.strictObject({}),
  perExample: ({ positive, negative }) => softplus(subtract(negative, positive)),
});
