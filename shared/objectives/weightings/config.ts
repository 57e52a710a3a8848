import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";
import { quadraticForm, times } from "../solvers/linear.ts";
import { equalCosines } from "./equal-cosines.ts";

/**
 * Conflict-free: along the one direction that has the same positive cosine with every gradient, as far as they point along it.
 *
 *     b = U⁺1, U the unit rows        d = (Σᵢ⟨gᵢ, b̂⟩)·b̂,   b̂ = b/‖b‖
 *
 * U⁺1 = Uᵀ(UUᵀ)⁺1 lies in the span of the rows, so the Gramian is enough. Undefined where b = 0: "stationary".
 *
 * Facts   J = [[−4,1,1],[6,1,1]]: d = (.1588090, 2.0706068, 2.0706068)
 * Source  Liu, Chu & Thuerey (2024), equation 2
 */
export const config = defineWeighting({
  name: "config",
  summary: "The direction with the same cosine to every gradient.",
  needs: "gramian",
  options: z.strictObject({}),
  promises: { degree: () => 1 },
  create: () => ({
    init: () => null,
    step: (state, { gramian }) => {
      const { lengths, cosines, alpha } = equalCosines(gramian);
      const square = quadraticForm(cosines, alpha);
      if (!(square > 1e-14)) return { weights: lengths.map(() => 0), state, status: "stationary" as const };
      const along = times(cosines, alpha).reduce((sum, value, i) => sum + lengths[i]! * value, 0) / square;
      return { weights: alpha.map((value, i) => (lengths[i]! > 0 ? (along * value) / lengths[i]! : 0)), state };
    },
  }),
});
