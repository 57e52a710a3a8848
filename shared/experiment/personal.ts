/**
 * What of the model is a client's own (update mode). Both models are evaluated: the global one, and each client's own on its own rows.
 *
 *     parts       named parameters never leave the client; all else is averaged     Arivazhagan et al. (2019), FedPer: the heads
 *                                                                                   Li et al. (2021), FedBN: what normalizes
 *     … alternate first so many passes for the own parts with the rest held fixed,
 *                 then the local work for the rest with the own parts held fixed    Collins et al. (2021), FedRep
 *     ditto       a whole model v beside the global x: v ← v − η·(∇F(v) + λ·(v − x)), by the steps of the local work; λ = 0 is
 *                 training by oneself                                               Li et al. (2021)
 *     fine-tune   the global model after so many passes over the own rows, made anew for each evaluation and kept by nobody
 *
 * A client that comes later begins with the global model's own parts, which nobody trains: their first values.
 */
import { z } from "zod";
import { choice, count, nonNegative, object, positive } from "./strict.ts";

const kinds = [
  object({
    kind: z.literal("parts"),
    keep: z.array(z.string()).min(1).describe("Names of parameters, `*` for any text: heads/*."),
    alternate: object({ epochs: count.default(10).describe("Passes for the own parts, before those for the rest.") })
      .optional()
      .describe("Own parts and the rest one after the other, each with the other held fixed; together when left out."),
  }),
  object({
    kind: z.literal("ditto"),
    lambda: nonNegative.default(0.1).describe("How strongly a client's own model is pulled to the global one."),
  }),
  object({
    kind: z.literal("fine-tune"),
    epochs: count.default(1),
    learningRate: positive.optional().describe("That of the local work when left out."),
  }),
] as const;

export const ownSchema = choice("kind", kinds);
export const personalSchema = choice("kind", [object({ kind: z.literal("none") }), ...kinds]);

export type OwnConfig = z.output<typeof ownSchema>;
export type PersonalConfig = z.output<typeof personalSchema>;
