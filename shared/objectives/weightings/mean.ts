import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";

/** The mean of the objectives that have rows: every weight 1/m. */
export const mean = defineWeighting({
  name: "mean",
  summary: "Every objective counts 1/m.",
  needs: "losses",
  options: z.strictObject({}),
  promises: { losses: "ignored", degree: () => 1 },
  create: () => ({
    init: () => null,
    step: (state, { losses }) => ({
      weights: losses.map(() => 1 / losses.length),
      value: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
      state,
    }),
  }),
});
