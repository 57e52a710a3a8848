import { projectOnDualCone } from "../solvers/dual-cone.ts";
import { preferred } from "./preferred.ts";

/**
 * Unconflicting projection of gradients: each row, scaled by its preference, is projected onto the dual cone of all rows; then they
 * are added. No quadratic programme is regularized, so nothing conflicts but rounding.
 *
 *     d = Σᵢ Π(pᵢgᵢ),   Π onto {d: Jd ≥ 0}
 *
 * Facts   J = [[−4,1,1],[6,1,1]], p = (½, ½): w = (10/9, 15/19) · linear in the scale of any row · without conflict: the weighted sum
 * Source  Quinton & Rey (2024), Jacobian descent
 */
export const upgrad = preferred({
  name: "upgrad",
  summary: "Each gradient, projected so that none is harmed, then the sum.",
  weights: (gramian, preference) => {
    const weights = new Float64Array(preference.length);
    preference.forEach((share, i) => {
      const alone = new Float64Array(preference.length);
      alone[i] = share;
      projectOnDualCone(gramian, alone).forEach((value, k) => (weights[k]! += value));
    });
    return weights;
  },
});
