/**
 * Losses that are functions of moments: an error's mean square under a root, correlations, the covariances of embeddings. A
 * client adds up first and second moments and no more; the statistic of all is made of the sums of all, never of the clients'
 * own statistics.
 */
import { concordance, pearson } from "./correlation.ts";
import { barlowTwins, vicreg } from "./embeddings.ts";
import { rmse } from "./rmse.ts";

/** The losses of moments, by name. */
export const statisticsLosses = {
  rmse,
  pearson,
  concordance,
  vicreg,
  "barlow-twins": barlowTwins,
} as const;
