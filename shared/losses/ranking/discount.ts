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

/** What a row of relevance y is worth: 2^y − 1, or y itself. */
export type Gain = "exponential" | "linear";

export const gain = (y: Node, gains: Gain = "exponential"): Node => (gains === "linear" ? y : expm1(multiply(LN2, y)));

/** 1/log₂(1 + r) down to rank k, 0 below; all ranks when k is left out. */
export function discount(rank: Node, k?: number): Node {
  const share = divide(LN2, log1p(rank));
  return k === undefined ? share : select(lessEqual(rank, k), share, 0);
}

/** Slots: the largest DCG each group can have. */
export const idealGain = (rows: Groups, y: Node, k?: number, gains?: Gain): Node =>
  totals(rows, multiply(gain(y, gains), discount(ranks(rows, y, { descending: true }), k)));
