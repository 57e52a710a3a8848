/** What only `simulate` reads: whose files there are on this machine, or how one data set is cut into clients. */
import { z } from "zod";
import { sourceSchema } from "./data.ts";
import { choice, count, fraction, named, nonNegative, object, positive } from "./strict.ts";

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

const victims = {
  share: fraction.optional().describe("That share of all clients, drawn from the seed …"),
  clients: z.array(z.string()).min(1).optional().describe("… or these."),
};

/** Liars among the clients, to try rules against them; `server/aggregation/attacks.ts` has what they send. */
const attackSchema = choice("kind", [
  object({ kind: z.literal("sign-flip"), ...victims }),
  object({ kind: z.literal("gaussian"), ...victims, sigma: positive.default(1) }),
  object({ kind: z.literal("alie"), ...victims, tau: z.number().default(1.5) }),
  object({ kind: z.literal("ipm"), ...victims, tau: z.number().default(2) }),
  object({ kind: z.literal("min-max"), ...victims }),
  object({ kind: z.literal("zeros"), ...victims }),
  object({ kind: z.literal("nan"), ...victims }),
  object({ kind: z.literal("label-flip"), ...victims }).describe("They train on class C − 1 − y for y."),
  object({
    kind: z.literal("backdoor"),
    ...victims,
    trigger: positive.default(1).describe("The value that the first `columns` features take …"),
    columns: count.default(4),
    target: z.int().min(0).default(0).describe("… so that the class is this one."),
    rows: z
      .union([fraction, z.literal(1)])
      .default(0.5)
      .describe("The share of their training rows that carry the trigger."),
    scale: positive.default(5).describe("What their updates are multiplied by, to outweigh the others."),
  }),
]);

/** Clients that are slow, the same ones under every strategy of one seed: they manage 1 … epochs − 1 epochs, drawn uniformly. */
const stragglersSchema = object({
  share: z.union([fraction, z.literal(0)]).describe("The share of each cohort that is slow."),
  work: z
    .enum(["keep", "drop"])
    .default("keep")
    .describe("keep: their partial work counts (FedProx). drop: it does not (FedAvg)."),
});

const jitter = nonNegative
  .default(0)
  .describe("σ of a factor exp(σ·z), z standard normal, drawn anew for each round's work.");

/** How long clients take for one round's work, by a clock that is reckoned and never waited for: who reports first, and who is late. */
const clockSchema = choice("kind", [
  object({
    kind: z.literal("lognormal"),
    median: positive.default(10).describe("Seconds."),
    sigma: nonNegative.default(0.5).describe("Of a client's own median about it."),
    jitter,
  }),
  object({
    kind: z.literal("declared"),
    seconds: named(positive),
    otherwise: positive.default(10).describe("Seconds of clients that are not named."),
    jitter,
  }),
]);

/** Which clients are there in a round; the others leave it when they are asked. Before the first round, and in evaluations, all are. */
const availabilitySchema = choice("kind", [
  object({ kind: z.literal("random"), share: fraction }).describe("Each one with this probability, round by round."),
  object({ kind: z.literal("shifts"), period: count.min(2), on: count }).describe(
    "Each one for `on` of every `period` rounds, from a round of its own.",
  ),
]);

export const simulationSchema = object({
  attack: attackSchema.optional(),
  clock: clockSchema.optional(),
  availability: availabilitySchema.optional(),
  stragglers: stragglersSchema.optional(),
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

export type SimulationConfig = z.output<typeof simulationSchema>;
export type PartitionConfig = z.output<typeof partitionSchema>;
export type AttackConfig = z.output<typeof attackSchema>;
export type StragglersConfig = z.output<typeof stragglersSchema>;
export type ClockConfig = z.output<typeof clockSchema>;
export type AvailabilityConfig = z.output<typeof availabilitySchema>;

/** How many clients a simulation will have, where the experiment alone can tell. */
export function clientsIn(simulation: SimulationConfig | undefined): number | undefined {
  if (simulation?.clients !== undefined) return Object.keys(simulation.clients).length;
  const partition = simulation?.partition;
  return partition !== undefined && "clients" in partition ? partition.clients : undefined;
}
