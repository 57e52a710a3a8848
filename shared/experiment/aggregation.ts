/**
 * The client axis of an experiment: how the updates of many clients become one. `server/aggregation/catalogue.ts` has the rules
 * behind the names. f is the number of clients a rule withstands whatever they send; a rule needs enough others beside them.
 */
import { z } from "zod";
import { choice, count, fraction, object, positive } from "./strict.ts";

const f = z.int().min(0).describe("Clients that may send anything.");
const start = z.enum(["zeros", "mean", "median"]);

const beforeSchema = choice("kind", [
  object({ kind: z.literal("nnm"), f }).describe("Each update becomes the mean of its n − f nearest, itself included."),
  object({ kind: z.literal("bucketing"), size: count.min(2) }).describe("Means of so many updates, drawn at random."),
  object({ kind: z.literal("clipping"), c: positive }).describe("Each update shortened to the norm c."),
  object({ kind: z.literal("arc"), f }).describe(
    "The ⌊2f/n·(n − f)⌋ longest updates shortened to the longest norm left.",
  ),
]);

/** Steps on all updates before the rule, in this order. */
const before = z.array(beforeSchema).default([]);
const root = z.string().describe("The client whose update is trusted: it holds the coordinator's own clean rows.");

const rules = [
  object({ rule: z.literal("mean") }).describe("The mean, weighted by denominators."),
  object({ rule: z.literal("median"), before }),
  object({ rule: z.literal("trimmed-mean"), before, f: f.optional(), fraction: fraction.lt(0.5).optional() }).refine(
    (trim) => (trim.f === undefined) !== (trim.fraction === undefined),
    { error: "expected either f or fraction, the number or the share of values cut at each end" },
  ),
  object({ rule: z.literal("mean-around-median"), before, f }),
  object({ rule: z.literal("krum"), before, f }),
  object({
    rule: z.literal("multi-krum"),
    before,
    f,
    keep: count.optional().describe("Updates whose mean it is; n − f when left out."),
  }),
  object({ rule: z.literal("bulyan"), before, f }),
  object({
    rule: z.literal("geometric-median"),
    before,
    nu: positive.default(1e-6).describe("The least distance an update counts by."),
    iterations: count.default(100),
    tolerance: z
      .number()
      .min(0)
      .default(1e-10)
      .describe("It has settled when it moves by less than this share of its norm."),
    start: start.default("median"),
  }),
  object({
    rule: z.literal("centred-clipping"),
    before,
    tau: positive.describe("How far from the centre an update counts in full."),
    iterations: count.default(3),
    start: z.enum(["last", "zeros", "median"]).default("last").describe("last: the last round's aggregate."),
  }),
  object({
    rule: z.literal("norm-bounding"),
    before,
    bound: positive.optional().describe("The median of the updates' norms when left out."),
  }),
  object({ rule: z.literal("fltrust"), before, root }),
  object({ rule: z.literal("monna"), before, f, root }).describe(
    "The mean of the n − f updates nearest to the root's.",
  ),
  object({
    rule: z.literal("fedmgda"),
    before,
    epsilon: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe("How far a client's weight may be from 1/n. 0: the mean of directions. 1: MGDA."),
  }).describe("The shortest combination of the updates' directions: no client's loss is to rise."),
  object({ rule: z.literal("mda"), before, f }).describe(
    "The mean of the n − f updates of least diameter; for some 20 clients.",
  ),
  object({
    rule: z.literal("module"),
    before,
    path: z.string().describe("A module whose default export is a `defineAggregation(…)`; the coordinator runs it."),
    options: z
      .record(z.string(), z.json())
      .optional()
      .describe("Given to the default export where that is a function, which answers with the rule."),
  }),
] as const;

export const aggregationSchema = choice("rule", rules);

export type AggregationConfig = z.output<typeof aggregationSchema>;
/** A rule of the catalogue that sees every client's update by itself. */
export type RobustConfig = Exclude<AggregationConfig, { rule: "mean" | "module" }>;
export type BeforeConfig = z.output<typeof beforeSchema>;
export { beforeSchema };
