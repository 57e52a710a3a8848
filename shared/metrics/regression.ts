import { abs, square, subtract, sumAll } from "../graph/build.ts";
import { meanMetric, weightedSum, type Metric } from "./metric.ts";

const number = ["number"] as const;

/** The mean of |p − y|, in units of the target. */
export const mae: Metric = meanMetric(
  { name: "mae", measure: "target", better: "lower", targets: number },
  ({ prediction, target }) => abs(subtract(prediction, target)),
);

/** The root of the mean of (p − y)², in units of the target. */
export const rmse: Metric = meanMetric(
  { name: "rmse", measure: "target", better: "lower", targets: number },
  ({ prediction, target }) => square(subtract(prediction, target)),
  Math.sqrt,
);

/**
 * The share of the target's variance that predictions explain.
 *
 *     R² = 1 − Σ w(p − y)² / Σ w(y − ȳ)²,   Σ w(y − ȳ)² = Σ wy² − (Σ wy)²/Σ w
 *
 * Facts   perfect → 1 · the mean for everyone → 0 · a target that does not vary has no value
 */
export const r2: Metric = {
  name: "r2",
  measure: "share",
  better: "higher",
  targets: number,
  parts: ({ prediction, target, weights }) => ({
    residual: weightedSum(weights, square(subtract(prediction, target))),
    squares: weightedSum(weights, square(target)),
    total: weightedSum(weights, target),
    weight: sumAll(weights),
  }),
  value({ residual, squares, total, weight }) {
    const [w, sum] = [weight?.[0] ?? 0, total?.[0] ?? 0];
    const spread = w === 0 ? 0 : (squares?.[0] ?? 0) - (sum * sum) / w;
    return spread <= 0 ? null : 1 - (residual?.[0] ?? 0) / spread;
  },
};
