import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";
import { softmax } from "../softmax.ts";

/**
 * Random loss weighting: other weights in every round, from the round's own stream; on average all count alike.
 *
 *     normal      softmax of m standard normals        uniform     a uniform point of the simplex
 *
 * Source  Lin, Feiyang et al. (2022), RLW: a baseline that many methods fail to beat
 */
export const random = defineWeighting({
  name: "random",
  summary: "Other weights in every round, alike on average.",
  needs: "losses",
  options: z.strictObject({ distribution: z.enum(["normal", "uniform"]).default("normal") }),
  promises: { losses: "ignored", degree: () => 1, equivariant: () => false },
  create: ({ distribution }) => ({
    init: () => null,
    step: (state, { losses, random: stream }) => ({
      weights:
        distribution === "uniform" ? stream.dirichlet(1, losses.length) : softmax(losses.map(() => stream.normal())),
      state,
    }),
  }),
});
