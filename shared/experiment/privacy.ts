/** Differential privacy, as an experiment declares it; `shared/privacy/privacy.ts` says what it means, and what it costs. */
import { z } from "zod";
import { count, fraction, object, positive } from "./strict.ts";

export const privacySchema = object({
  mechanism: z
    .literal("central")
    .default("central")
    .describe(
      "The coordinator adds the noise; clients trust it to do so, and shorten their updates themselves (federation.clip.perClient).",
    ),
  noiseMultiplier: positive.describe("z: the noise's standard deviation over the most one client can change the sum."),
  delta: fraction.describe("δ of (ε, δ): well below one over the number of clients."),
  expectedClients: count.describe("What the noisy sum is divided by: about as many as a round has, whoever answers."),
  adaptiveClip: object({
    quantile: fraction.default(0.5).describe("The share of clients whose change is not to be shortened."),
    learningRate: positive.default(0.2),
    geometric: z.boolean().default(true).describe("Whether the clip moves by a factor, or by a difference."),
    countNoise: positive
      .optional()
      .describe(
        "The standard deviation of the noise on the count of those who are not shortened; expectedClients/20 when left out.",
      ),
  })
    .optional()
    .describe(
      "The clip moves to a quantile of the changes' norms, from federation.clip.perClient on; the sum's noise grows a little, so that ε stays (Andrew et al., 2021).",
    ),
  mostEpsilon: positive.optional().describe("The budget. An experiment whose rounds cost more is refused."),
});

/** σ_b of an adaptive clip. */
export const countNoiseOf = ({ expectedClients, adaptiveClip }: PrivacyConfig): number =>
  adaptiveClip?.countNoise ?? expectedClients / 20;

export type PrivacyConfig = z.output<typeof privacySchema>;
