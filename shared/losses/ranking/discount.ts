/**
 * Discounted cumulative gain, of losses and of metrics.
 *
 *     DCG@k = Σ Gᵢ·d(rankᵢ) over the group,   Gᵢ = 2^yᵢ − 1,   d(r) = 1/log₂(1 + r) for r ≤ k, else 0
 *
 * Source  Järvelin & Kekäläinen (2002); Burges et al. (2005) for the exponential gain
 */
import { divide, expm1, lessEqual, log1p, multiply, select } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { totals, type Groups } from "../groups.ts";
import { ranks } from "../lists.ts";

const LN2 = 0.6931471805599453;

/** 2^y − 1. */
export const gain = (y: Node): Node => expm1(multiply(LN2, y));

/** 1/log₂(1 + r) down to rank k, 0 below; all ranks when k is left out. */
export function discount(rank: Node, k?: number): Node {
  const share = divide(LN2, log1p(rank));
  return k === undefined ? share : select(lessEqual(rank, k), share, 0);
}

/** Slots: the DCG of each group in the order of `key`, highest first, equals as the rows stand. */
export const discountedGain = (rows: Groups, y: Node, key: Node, k?: number): Node =>
  totals(rows, multiply(gain(y), discount(ranks(rows, key, { descending: true }), k)));

/** Slots: the largest DCG each group can have. */
export const idealGain = (rows: Groups, y: Node, k?: number): Node => discountedGain(rows, y, y, k);
