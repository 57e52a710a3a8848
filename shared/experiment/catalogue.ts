/**
 * The names an experiment may use, and the things they stand for: one table per kind. The decoder's choices are the keys of
 * these tables and the contract tests walk them, so that nothing can be added without being offered and tested.
 */
import { bceWithLogits, hinge, ordinalCoral } from "../losses/classification.ts";
import type { Loss } from "../losses/loss.ts";
import { huber, mae, mse } from "../losses/regression.ts";
import { softmaxCrossEntropy } from "../losses/softmax-cross-entropy.ts";
import { accuracy, auc, logLoss, meanAbsoluteLevelError } from "../metrics/classification.ts";
import type { Metric } from "../metrics/metric.ts";
import { mae as meanAbsoluteError, r2, rmse } from "../metrics/regression.ts";
import { networks } from "../models/networks.ts";

export const losses = {
  mse,
  mae,
  huber,
  "bce-with-logits": bceWithLogits,
  "softmax-cross-entropy": softmaxCrossEntropy,
  hinge,
  "ordinal-coral": ordinalCoral,
} as const satisfies Readonly<Record<string, Loss>>;

export type LossName = keyof typeof losses;

export const metrics = {
  accuracy,
  auc,
  "log-loss": logLoss,
  "mean-absolute-level-error": meanAbsoluteLevelError,
  mae: meanAbsoluteError,
  rmse,
  r2,
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;

export const models = networks;
