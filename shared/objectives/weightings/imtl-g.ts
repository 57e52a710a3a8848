import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";
import { equalCosines } from "./equal-cosines.ts";

/**
 * Impartial gradients: the direction has the same projection on every unit gradient.
 *
 *     ⟨d, gᵢ/‖gᵢ‖⟩ equal for all i,   Σw = 1        w ∝ G⁻¹‖g‖
 *
 * Facts   J = [[−4,1,1],[6,1,1]]: w = (.5923303, .4076697) · weights may be negative
 * Dependent gradients: the pseudo-inverse of the unit rows' Gramian. Where even that has Σw = 0, "stationary".
 * Source  Liu et al. (2021), IMTL-G, equation 6
 */
export const imtlG = defineWeighting({
  name: "imtl-g",
  summary: "The same projection on every unit gradient.",
  needs: "gramian",
  options: z.strictObject({}),
  promises: { degree: () => 1 },
  create: () => ({
    init: () => null,
    step: (state, { gramian }) => {
      const { lengths, alpha } = equalCosines(gramian);
      const weights = alpha.map((value, i) => (lengths[i]! > 0 ? value / lengths[i]! : 0));
      const total = weights.reduce((sum, value) => sum + value, 0);
      const size = weights.reduce((sum, value) => sum + Math.abs(value), 0);
      if (!(Math.abs(total) > 1e-12 * size))
        return { weights: weights.map(() => 0), state, status: "stationary" as const };
      return { weights: weights.map((value) => value / total), state };
    },
  }),
});
