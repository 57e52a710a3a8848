/**
 * Losses on how near embeddings are to each other: what belongs together near, the rest apart.
 *
 *     given pairs and triplets     triplet-margin, contrastive, cosine-embedding, margin-ranking, hinge-embedding      `pairs.ts`
 *     everyone in a group          nt-xent, sup-con, info-nce         `contrast.ts`
 *     mined in a group             triplet-mining, multi-similarity         `mining.ts`, `multi-similarity.ts`
 *     cosines to classes           arcface, cosface         `margins.ts`
 *     similarities in a group      circle         `circle.ts`
 *     learned proxies of classes   proxy-nca, proxy-anchor         `proxies.ts`
 *
 * cos(a, b) is 0, with slope 0, where a vector is zero; a norm has slope 0 at 0; a hinge has slope 0 at its margin.
 */
import { circle } from "./circle.ts";
import { infoNce, ntXent, supCon } from "./contrast.ts";
import { arcFace, cosFace } from "./margins.ts";
import { tripletMining } from "./mining.ts";
import { multiSimilarity } from "./multi-similarity.ts";
import { proxyAnchor, proxyNca } from "./proxies.ts";
import { contrastive, cosineEmbedding, hingeEmbedding, marginRanking, tripletMargin } from "./pairs.ts";

export const metricLearningLosses = {
  "triplet-margin": tripletMargin,
  contrastive,
  "margin-ranking": marginRanking,
  "cosine-embedding": cosineEmbedding,
  "hinge-embedding": hingeEmbedding,
  "nt-xent": ntXent,
  "sup-con": supCon,
  "info-nce": infoNce,
  arcface: arcFace,
  cosface: cosFace,
  circle,
  "triplet-mining": tripletMining,
  "multi-similarity": multiSimilarity,
  "proxy-nca": proxyNca,
  "proxy-anchor": proxyAnchor,
} as const;
