/**
 * Losses that are functions of moments: an error's mean square under a root, correlations, the covariances of embeddings, and
 * of the sums that risk sets are made of. A client adds up and no more; the statistic of all is made of the sums of all, never
 * of the clients' own statistics.
 */
import { concordance, pearson } from "./correlation.ts";
import { coxGlobal } from "./cox-global.ts";
import { barlowTwins, vicreg } from "./embeddings.ts";
import { rmse } from "./rmse.ts";

/** The losses of moments, by name. */
export const statisticsLosses = {
  rmse,
  pearson,
  concordance,
  vicreg,
  "barlow-twins": barlowTwins,
  "cox-global": coxGlobal,
} as const;
