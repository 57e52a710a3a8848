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
  mostEpsilon: positive.optional().describe("The budget. An experiment whose rounds cost more is refused."),
});

export type PrivacyConfig = z.output<typeof privacySchema>;
