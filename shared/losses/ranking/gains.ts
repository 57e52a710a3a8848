/**
 * Losses made of the discounted gain of a ranking.
 *
 *     NDCG = Σᵢ gᵢ·d(rankᵢ),   gᵢ = (2^yᵢ − 1)/IDCG,   d(r) = 1/log₂(1 + r)          IDCG: Σ (2^yᵢ − 1)·d in the best order
 *
 * Ranks are those of the scores as they are, highest first, equals as the rows stand; no gradient goes through them. A list
 * without gain has no NDCG and is ignored.
 */
import { z } from "zod";
import {
  abs,
  add,
  divideSafe,
  equal,
  fill,
  greater,
  multiply,
  negate,
  select,
  sigmoid,
  softplus,
  subtract,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { alongRows, inGroups, ofGroup, overPairs, perGroup, totals, type Groups } from "../groups.ts";
import { ranks } from "../lists.ts";
import { defineLoss, type Units } from "../loss.ts";
import { discount, gain, idealGain } from "./discount.ts";
import { gaps, ordered, scored } from "./scored.ts";

const LN2 = 0.6931471805599453;

/** What the lists of a batch have in common: each row's share gᵢ of the best gain, and whether its list has any. */
function shares(rows: Groups, y: Node, k?: number) {
  const ideal = idealGain(rows, y, k);
  return { share: divideSafe(gain(y), ofGroup(rows, ideal)), some: greater(ideal, 0) };
}

/** |gᵢ − gⱼ|·|d(rankᵢ) − d(rankⱼ)|: what NDCG@k would change if i and j changed places. */
const changes = (share: Node, rank: Node, k?: number): Node => multiply(abs(gaps(share)), abs(gaps(discount(rank, k))));

/** [batch, batch] 1 everywhere. */
const everyPair = (x: Node): Node => fill(1, [x.shape[0]!, x.shape[0]!]);

/** Σ over the chosen pairs of each list, list by list. */
const overLists = (rows: Groups, chosen: Node, f: Node, some: Node): Units =>
  perGroup(rows, totals(rows, overPairs(rows, chosen, f)), some);

/**
 * LambdaRank: ranknet whose pairs weigh what their exchange would change in NDCG.
 *
 *     ℓ(list) = Σ |ΔNDCGᵢⱼ|·sp(−σ(sᵢ − sⱼ)) over yᵢ > yⱼ,   |ΔNDCGᵢⱼ| = |gᵢ − gⱼ|·|d(rankᵢ) − d(rankⱼ)|, held constant
 *
 * Shapes  scores s, relevances y and group [batch]; a group is a list and a unit
 * Unit    nats
 * Facts   the value jumps where two scores change places · a list without relevance is ignored · finite at ±10⁴
 * Options sigma σ > 0: how steep. @default 1
 *         k: ranks beyond it weigh nothing. @default all ranks
 * When    NDCG is what counts: the top of a list matters more than its end
 * Source  Burges (2010); Wang et al. (2018) for the loss whose gradient it is
 */
export const lambdaRank = defineLoss({
  name: "lambdarank",
  version: 1,
  kind: "set",
  unit: "list",
  measure: "nats",
  inputs: scored,
  options: z.strictObject({ sigma: z.number().positive().default(1), k: z.int().positive().optional() }),
  perExample: ({ prediction, target, group }, { sigma, k }, weights) => {
    const rows = inGroups(group, weights);
    const { share, some } = shares(rows, target, k);
    const weight = changes(share, ranks(rows, prediction, { descending: true }), k);
    const cost = softplus(multiply(-sigma, gaps(prediction)));
    return overLists(rows, ordered(target), multiply(weight, cost), some);
  },
});

/**
 * LambdaLoss: pairs weighed so that the loss bounds the cost in NDCG.
 *
 *     ℓ(list) = −Σ wᵢⱼ·log₂ σ(σ(sᵢ − sⱼ))           rᵢ: rank of i;   gᵢ, d: see `lambdarank`;   wᵢⱼ held constant
 *     ndcg-loss1      wᵢⱼ = gᵢ·d(rᵢ), over all i and j, i = j too
 *     ndcg-loss2      wᵢⱼ = |gᵢ − gⱼ|·|d(|rᵢ − rⱼ|) − d(|rᵢ − rⱼ| + 1)|, over yᵢ > yⱼ
 *     ndcg-loss2++    wᵢⱼ = μ·(ndcg-loss2) + |gᵢ − gⱼ|·|d(rᵢ) − d(rⱼ)|, over yᵢ > yⱼ
 *
 * Shapes  scores s, relevances y and group [batch]; a group is a list and a unit
 * Unit    bits
 * Facts   μ = 0 is lambdarank in bits · a list without relevance is ignored · finite at ±10⁴
 * Options scheme: which of the weights. @default ndcg-loss2++
 *         sigma σ > 0: how steep. @default 1
 *         mu μ ≥ 0, of ndcg-loss2++. @default 10
 * When    as lambdarank; ndcg-loss2++ is the closest bound
 * Source  Wang, Li, Golbandi, Bendersky & Najork (2018)
 */
export const lambdaLoss = defineLoss({
  name: "lambda-loss",
  version: 1,
  kind: "set",
  unit: "list",
  measure: "bits",
  inputs: scored,
  options: z.strictObject({
    scheme: z.enum(["ndcg-loss1", "ndcg-loss2", "ndcg-loss2++"]).default("ndcg-loss2++"),
    sigma: z.number().positive().default(1),
    mu: z.number().min(0).default(10),
  }),
  perExample: ({ prediction, target, group }, { scheme, sigma, mu }, weights) => {
    const rows = inGroups(group, weights);
    const { share, some } = shares(rows, target);
    const rank = ranks(rows, prediction, { descending: true });
    const bits = multiply(1 / LN2, softplus(multiply(-sigma, gaps(prediction))));
    if (scheme === "ndcg-loss1") {
      const weight = alongRows(multiply(share, discount(rank)));
      return overLists(rows, everyPair(rank), multiply(weight, bits), some);
    }
    const near = multiply(abs(gaps(share)), fromNeighbours(rank));
    const weight = scheme === "ndcg-loss2" ? near : add(multiply(mu, near), changes(share, rank));
    return overLists(rows, ordered(target), multiply(weight, bits), some);
  },
});

/** [i, j] = |d(|rᵢ − rⱼ|) − d(|rᵢ − rⱼ| + 1)|, and 0 for i = j. */
function fromNeighbours(rank: Node): Node {
  const apart = abs(gaps(rank));
  const same = equal(apart, 0);
  const distance = select(same, 1, apart);
  return select(same, 0, subtract(discount(distance), discount(add(distance, 1))));
}

/**
 * ApproxNDCG: NDCG with ranks made smooth, and turned round.
 *
 *     ℓ(list) = −Σᵢ gᵢ·d(rᵢ),   rᵢ = 1 + Σ_{j≠i} σ(α(sⱼ − sᵢ))
 *
 * Shapes  scores s, relevances y and group [batch]; a group is a list and a unit
 * Unit    NDCG, negative
 * Facts   α → ∞ is −NDCG · in (−1, 0) · flat where scores are far apart · a list without relevance is ignored
 * Option  alpha α > 0: how sharp the ranks are. @default 1
 * When    NDCG itself, from scores that already rank sensibly
 * Source  Qin, Liu & Li (2010)
 */
export const approxNdcg = defineLoss({
  name: "approx-ndcg",
  version: 1,
  kind: "set",
  unit: "list",
  measure: "NDCG",
  inputs: scored,
  options: z.strictObject({ alpha: z.number().positive().default(1) }),
  perExample: ({ prediction, target, group }, { alpha }, weights) => {
    const rows = inGroups(group, weights);
    const { share, some } = shares(rows, target);
    const above = sigmoid(multiply(-alpha, gaps(prediction))); // how far j stands above i
    const rank = add(0.5, overPairs(rows, everyPair(prediction), above)); // i stands above itself by ½
    return perGroup(rows, negate(totals(rows, multiply(share, discount(rank)))), some);
  },
});
