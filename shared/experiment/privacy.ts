/** Differential privacy, as an experiment declares it; `shared/privacy/privacy.ts` says what it means, and what it costs. */
import { z } from "zod";
import { count, fraction, object, positive } from "./strict.ts";

export const privacySchema = object({
  mechanism: z
    .enum(["central", "local", "dp-sgd"])
    .default("central")
    .describe(
      "central: the coordinator adds noise to the sum and is trusted to; it hides whether a client takes part. local: each client adds it to its own update, and trusts nobody; it hides all of the client's rows, at much more noise in the mean. dp-sgd: each client adds it in every local step; it hides whether any one row is among the client's. Clients shorten for themselves: updates to federation.clip.perClient, under dp-sgd rows to federation.clip.perExample.",
    ),
  noiseMultiplier: positive.describe(
    "z: the noise's standard deviation over the clip, which is the most that one client, or one row, can change a sum.",
  ),
  delta: fraction.describe("δ of (ε, δ): well below one over the number of clients; under dp-sgd, of a client's rows."),
  expectedClients: count
    .optional()
    .describe("Of central: what the noisy sum is divided by, about as many as a round has, whoever answers."),
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
})
  .refine(({ mechanism, expectedClients }) => mechanism !== "central" || expectedClients !== undefined, {
    path: ["expectedClients"],
    error: "is missing: what the noisy sum is divided by, about as many clients as a round has",
  })
  .refine(({ mechanism, expectedClients }) => mechanism === "central" || expectedClients === undefined, {
    path: ["expectedClients"],
    error: "is for the mechanism central, where the coordinator divides a noisy sum: leave it out",
  })
  .refine(({ mechanism, adaptiveClip }) => mechanism === "central" || adaptiveClip === undefined, {
    path: ["adaptiveClip"],
    error: "is for the mechanism central, where the coordinator counts: leave it out",
  });

/** m of the mechanism central, which has it. */
export const expectedClientsOf = ({ expectedClients = 1 }: PrivacyConfig): number => expectedClients;

/** σ_b of an adaptive clip. */
export const countNoiseOf = (privacy: PrivacyConfig): number =>
  privacy.adaptiveClip?.countNoise ?? expectedClientsOf(privacy) / 20;

export type PrivacyConfig = z.output<typeof privacySchema>;
