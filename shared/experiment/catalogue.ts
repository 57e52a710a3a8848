/**
 * The names an experiment may use, and the things they stand for: one table per kind. The decoder's choices are the keys of
 * these tables and the contract tests walk them, so that nothing can be added without being offered and tested.
 */
import { brier, ece, temperature } from "../metrics/calibration.ts";
import { accuracy, auc, logLoss, meanAbsoluteLevelError } from "../metrics/classification.ts";
import type { Metric } from "../metrics/metric.ts";
import { mae as meanAbsoluteError, r2, rmse } from "../metrics/regression.ts";
import { activeShare } from "../metrics/support.ts";
import { networks } from "../models/networks.ts";

export const metrics = {
  accuracy,
  auc,
  "log-loss": logLoss,
  brier,
  ece,
  temperature,
  "mean-absolute-level-error": meanAbsoluteLevelError,
  mae: meanAbsoluteError,
  rmse,
  r2,
  "active-share": activeShare,
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;

export const models = networks;
