/**
 * Losses on the order of the rows of a group: documents of a query, items of a user. What counts is how scores s stand to each
 * other under graded relevances y, never where they stand. A group is whole on one client and in one batch.
 *
 *     pairwise   every two rows of different relevance      ranknet, pairwise-hinge, warp, bpr
 *     metric     pairs weighed by what their exchange would change in NDCG, or NDCG itself made smooth      `gains.ts`
 *     listwise   the list as one draw from a distribution over orders      `listwise.ts`
 */
import { approxNdcg, lambdaLoss, lambdaRank } from "./gains.ts";
import { listMle, listNet, rankingSoftmax } from "./listwise.ts";
import { bpr, pairwiseHinge, rankNet, warp } from "./pairwise.ts";

export const rankingLosses = {
  ranknet: rankNet,
  "pairwise-hinge": pairwiseHinge,
  lambdarank: lambdaRank,
  "lambda-loss": lambdaLoss,
  listnet: listNet,
  listmle: listMle,
  "approx-ndcg": approxNdcg,
  "ranking-softmax": rankingSoftmax,
  bpr,
  warp,
} as const;
