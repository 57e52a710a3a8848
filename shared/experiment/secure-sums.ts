/** Sums that the coordinator learns without the updates they are of (`shared/protocol/secure.ts` says how, and what stays known). */
import { z } from "zod";
import { count, object, positive } from "./strict.ts";

export const secureSumsSchema = object({
  clip: positive.describe(
    "c: the client cuts each number of its update to ± c before it is masked; what a number can be is [−c, c] in so many levels. In update mode an update is the change of the model, in gradient mode the sum of the rows' gradients.",
  ),
  levels: count
    .min(4)
    .default(4_194_304)
    .describe(
      "Values that a number can have, an even number: a sum over n clients is off by √n/2 levels of 2c/levels, as a rule. Clients times levels must fit into 32 bits.",
    )
    .refine((levels) => levels % 2 === 0, { error: "expected an even number" }),
  threshold: z
    .number()
    .gt(0.5)
    .max(1)
    .default(2 / 3)
    .describe(
      "The share of the clients that began a round without whom nothing of it is unmasked; as many who conspire with the coordinator see single updates.",
    ),
  inTheClear: z
    .array(z.enum(["evaluations", "statistics"]))
    .default([])
    .describe(
      "What clients nevertheless tell one by one. evaluations: the sums behind losses and metrics on their own rows. statistics: the sums that standardization and class counts are made of.",
    ),
});

export type SecureSumsConfig = z.output<typeof secureSumsSchema>;
