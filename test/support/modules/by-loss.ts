/** A weighting of one's own: objectives count as much as they lose. */
import { z } from "zod";
import { defineWeighting } from "../../../shared/objectives/define-weighting.ts";

export default defineWeighting({
  name: "by-loss",
  summary: "Objectives count as much as they lose, to a power.",
  needs: "losses",
  options: z.strictObject({ twice: z.boolean().default(false) }),
  create: ({ twice }) => ({
    init: () => null,
    step: (state, { losses }) => ({ weights: losses.map((loss) => (twice ? loss * loss : loss)), state }),
  }),
});
