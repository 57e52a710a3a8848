/** How far the clients' local steps of a round carry. */
import { effectiveSteps } from "../../shared/regularizers/effective-steps.ts";
import type { LearningParts } from "./learning-parts.ts";

export const localRate = ({ experiment: { federation }, localSchedule }: LearningParts, version: number): number =>
  federation.mode === "update" ? federation.local.optimizer.learningRate * localSchedule(version) : 0;

/** Curvature → how far this round's local steps carried a slope, in the clients' weighted mean. */
export function reachOf(
  localSteps: ReadonlyMap<number, number>,
  parts: LearningParts,
  version: number,
): (curvature: number) => number {
  const { federation } = parts.experiment;
  if (federation.mode !== "update" || federation.local.optimizer.kind !== "sgd") return () => 1;
  const { optimizer } = federation.local;
  const learningRate = localRate(parts, version);
  const counted =
    federation.normalizer === "cohort" ? [...localSteps.values()] : parts.goals.map(({ weight }) => weight);
  const total = counted.reduce((sum, weight) => sum + weight, 0); // what the mean change is divided by
  return (curvature) => {
    const reaches = [...localSteps].map(
      ([steps, weight]) => (weight / total) * effectiveSteps({ optimizer, learningRate, steps }, curvature),
    );
    return reaches.toSorted((a, b) => a - b).reduce((sum, reach) => sum + reach, 0);
  };
}
