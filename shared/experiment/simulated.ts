/** What only `simulate` reads: whose files there are on this machine, or how one data set is cut into clients. */
import { z } from "zod";
import { sourceSchema } from "./data.ts";
import { choice, count, named, nonNegative, object, positive } from "./strict.ts";

const clients = { clients: count };
/** The target whose values are dealt out; may be left out when there is only one. */
const by = { by: z.string().optional() };

export const partitionSchema = choice("kind", [
  /** A permutation cut into equal parts: sizes differ by at most one. */
  object({ kind: z.literal("iid"), ...clients }),
  /** Each class is cut at proportions drawn from Dirichlet(alpha); redrawn until every client has `minimum` rows. */
  object({
    kind: z.literal("dirichlet"),
    ...clients,
    ...by,
    alpha: positive,
    minimum: count.default(10),
    selfBalancing: z.boolean().default(false),
  }),
  /** Rows sorted by label, cut into clients · shardsPerClient shards, dealt out (McMahan et al., 2017). */
  object({ kind: z.literal("pathological"), ...clients, ...by, shardsPerClient: count.default(2) }),
  /** IID rows, sizes in proportion to 1, 2, 3, … (linear), their squares, their exponentials, or lognormal(σ) or Dirichlet(α) draws. */
  object({
    kind: z.literal("size-skewed"),
    ...clients,
    law: z.enum(["linear", "square", "exponential", "lognormal", "dirichlet"]),
    sigma: nonNegative.default(1).describe("For lognormal."),
    alpha: positive.default(1).describe("For dirichlet."),
  }),
  /** One client for each value of a column. */
  object({ kind: z.literal("natural"), column: z.string() }),
  /** A table with the columns line (from 1) and client. */
  object({ kind: z.literal("file"), file: z.string() }),
]);

export const simulationSchema = object({
  threads: count.optional(),
  clients: named(sourceSchema).optional().describe("Each client's own rows …"),
  clientTests: z
    .record(z.string(), sourceSchema)
    .optional()
    .describe("… and, where the split is not made inside them, its held-out rows."),
  data: sourceSchema.optional().describe("Or: one data set …"),
  partition: partitionSchema.optional().describe("… cut into clients."),
  emptyClients: z
    .enum(["refuse", "allow"])
    .default("refuse")
    .describe("What a partition does that leaves a client without rows."),
  test: sourceSchema.optional().describe("Held-out rows that belong to no client; the coordinator evaluates on them."),
});

export type PartitionConfig = z.output<typeof partitionSchema>;
