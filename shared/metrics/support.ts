import { and, greater, notEqual, scalar, select, sumAll } from "../graph/build.ts";
import { perRow } from "../losses/terms.ts";
import type { Metric } from "./metric.ts";

/**
 * The share of units that still have a say: those with ℓ > 0, for losses that are exactly 0 once a margin is met. On a separable
 * problem these become the support vectors. Units are counted, not weighed; both counts are exact under any sharding.
 */
export const activeShare: Metric = {
  name: "active-share",
  measure: "share",
  better: "lower",
  targets: ["number", "binary", "class", "level"],
  losses: "sparse",
  parts({ units, weights }) {
    if (units === undefined) return { active: scalar(0), counted: scalar(0) };
    const { value } = units;
    const counted = and(units.counted, notEqual(perRow(weights, value.shape), 0));
    return { active: sumAll(select(counted, greater(value, 0), 0)), counted: sumAll(counted) };
  },
  value({ active, counted }) {
    const all = counted?.[0] ?? 0;
    return all === 0 ? null : (active?.[0] ?? 0) / all;
  },
};
