import { z } from "zod";
import { at, byObjective, defineWeighting, perObjective } from "../define-weighting.ts";
import { projectOnDualCone } from "../solvers/dual-cone.ts";

/**
 * Unconflicting projection of gradients: each row, scaled by its preference, is projected onto the dual cone of all rows; then they
 * are added. No quadratic programme is regularized, so nothing conflicts but rounding.
 *
 *     d = Σᵢ Π(pᵢgᵢ),   Π onto {d: Jd ≥ 0}
 *
 * Facts   J = [[−4,1,1],[6,1,1]], p = (½, ½): w = (10/9, 15/19) · linear in the scale of any row · without conflict: the weighted sum
 * Source  Quinton & Rey (2024), Jacobian descent
 */
export const upgrad = defineWeighting({
  name: "upgrad",
  summary: "Each gradient, projected so that none is harmed, then the sum.",
  needs: "gramian",
  options: z.strictObject({
    preference: perObjective(z.number().min(0)).optional().describe("p; 1/m each when left out."),
  }),
  promises: { nonConflicting: () => true, degree: () => 1, equivariant: ({ preference }) => preference === undefined },
  create: ({ preference }, objectives) => {
    const preferences = byObjective(preference, objectives, 1 / objectives.length);
    return {
      init: () => null,
      step: (state, { names, gramian }) => {
        const weights = new Float64Array(names.length);
        at(preferences, names).forEach((share, i) => {
          const alone = new Float64Array(names.length);
          alone[i] = share;
          projectOnDualCone(gramian, alone).forEach((value, k) => (weights[k]! += value));
        });
        return { weights, state };
      },
    };
  },
});
