/**
 * The names an experiment may use, and the things they stand for: one table per kind. The decoder's choices are the keys of
 * these tables and the contract tests walk them, so that nothing can be added without being offered and tested.
 */
import { brier, ece, temperature } from "../metrics/calibration.ts";
import { accuracy, logLoss, meanAbsoluteLevelError } from "../metrics/classification.ts";
import { auc, averagePrecision } from "../metrics/curves.ts";
import type { Metric } from "../metrics/metric.ts";
import { hitRate, meanAveragePrecision, ndcg, reciprocalRank } from "../metrics/ranking.ts";
import { mae as meanAbsoluteError, r2, rmse } from "../metrics/regression.ts";
import { activeShare } from "../metrics/support.ts";
import { concordance } from "../metrics/survival.ts";
import { networks } from "../models/networks.ts";

/** Where lists may be cut off. */
const cutoffs = [1, 3, 5, 10, 20, 50, 100] as const;

/** A metric of the first k rows for each cutoff, `ndcg@5`. */
const at = <Name extends string>(name: Name, make: (k: number) => Metric) =>
  Object.fromEntries(cutoffs.map((k) => [`${name}@${k}`, make(k)])) as Readonly<
    Record<`${Name}@${(typeof cutoffs)[number]}`, Metric>
  >;

export const metrics = {
  accuracy,
  auc,
  "average-precision": averagePrecision,
  "log-loss": logLoss,
  brier,
  ece,
  temperature,
  "mean-absolute-level-error": meanAbsoluteLevelError,
  mae: meanAbsoluteError,
  rmse,
  r2,
  "active-share": activeShare,
  ndcg: ndcg(),
  ...at("ndcg", ndcg),
  "ndcg-linear": ndcg(undefined, "linear"),
  ...at("ndcg-linear", (k) => ndcg(k, "linear")),
  ...at("hit-rate", hitRate),
  "reciprocal-rank": reciprocalRank,
  "mean-average-precision": meanAveragePrecision,
  concordance,
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;

export const models = networks;
