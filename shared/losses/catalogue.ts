/**
 * Every loss by its name, family by family. What an experiment may name, what `tributary loss --list` prints, and what every law
 * is run on: nothing can be added without being offered and tested.
 */
import { classificationLosses } from "./classification/classification.ts";
import { fairnessLosses } from "./fairness/fairness.ts";
import { generativeLosses } from "./generative/generative.ts";
import type { Loss } from "./loss.ts";
import { metricLearningLosses } from "./metric-learning/metric-learning.ts";
import { perceptualLosses } from "./perceptual/perceptual.ts";
import { preferenceLosses } from "./preference/preference.ts";
import { rankingLosses } from "./ranking/ranking.ts";
import { regressionLosses } from "./regression/regression.ts";
import { robustLosses } from "./robust/robust.ts";
import { sequenceLosses } from "./sequence/sequence.ts";
import { spikingLosses } from "./spiking/spiking.ts";
import { survivalLosses } from "./survival/survival.ts";
import { segmentationLosses } from "./segmentation/segmentation.ts";
import { statisticsLosses } from "./statistics/statistics.ts";
import { tunedLosses } from "./tuned/tuned.ts";

export const losses = {
  ...regressionLosses,
  ...classificationLosses,
  ...preferenceLosses,
  ...generativeLosses,
  ...sequenceLosses,
  ...spikingLosses,
  ...perceptualLosses,
  ...rankingLosses,
  ...survivalLosses,
  ...metricLearningLosses,
  ...segmentationLosses,
  ...fairnessLosses,
  ...statisticsLosses,
  ...robustLosses,
  ...tunedLosses,
} as const satisfies Readonly<Record<string, Loss>>;

export type LossName = keyof typeof losses;
