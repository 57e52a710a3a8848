/** Rules that bound how long an update may be. */
import { addScaled, dot, norm } from "../../shared/tensor/vector.ts";
import { medianOf } from "./coordinate-wise.ts";
import { divided, meanOf, type RobustRule } from "./rule.ts";

/** The plain mean: what the others are measured by. Withstands nobody. */
export const average: RobustRule = {
  name: "average",
  fewest: 1,
  withstands: () => 0,
  laws: { permutation: true, translation: true, scaling: true },
  choose: (rows) => ({ value: meanOf(rows), selected: null }),
};

/** The row, or a shorter one of the same direction. */
export function shortened(row: Float64Array, bound: number): Float64Array {
  const length = norm(row);
  return length <= bound ? row : row.map((x) => (x * bound) / length);
}

/** The mean of the rows, none longer than `bound`, or than the median of their norms. Against scaled backdoors. Source: Sun et al. (2019). */
export const normBounding = (bound?: number): RobustRule => ({
  name: "norm-bounding",
  fewest: 1,
  withstands: () => 0, // their length is bounded, not their number
  laws: { permutation: true, translation: false, scaling: bound === undefined },
  choose(rows) {
    const most = bound ?? medianOf(rows.map(norm));
    return { value: meanOf(rows.map((row) => shortened(row, most))), selected: null };
  },
});

/**
 * Rows count as they agree with the trusted one, at its length:
 *
 *     value = Σ wᵢ·xᵢ·‖r‖/‖xᵢ‖ / Σ wᵢ,   wᵢ = max(0, cos(xᵢ, r))
 *
 * The trusted row itself has no part in it; when nobody agrees, it is the value. Source: Cao et al. (2021).
 */
export const flTrust: RobustRule = {
  name: "fltrust",
  fewest: 2,
  withstands: (n) => Math.ceil((n - 1) / 2) - 1,
  laws: { permutation: true, translation: false, scaling: true },
  choose(rows, { root = 0 }) {
    const trusted = rows[root]!;
    const length = norm(trusted);
    const lengths = rows.map(norm);
    const weights = rows.map((row, i) =>
      i === root || lengths[i] === 0 || length === 0 ? 0 : Math.max(0, dot(row, trusted) / (lengths[i]! * length)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (total === 0) return { value: trusted.slice(), selected: [root] };
    const value = new Float64Array(trusted.length);
    rows.forEach((row, i) => {
      if (weights[i]! > 0) addScaled(value, (weights[i]! * length) / lengths[i]!, row);
    });
    return { value: divided(value, total), selected: weights.flatMap((weight, i) => (weight > 0 ? [i] : [])) };
  },
};
