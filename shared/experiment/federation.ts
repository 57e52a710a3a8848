/**
 * How clients and coordinator work together.
 *
 *     gradient   each round: one gradient of one global batch, exact under any sharding; the server's optimizer steps
 *     update     each round: local steps at every client; the server moves by the weighted mean of their changes
 */
import { z } from "zod";
import { aggregationSchema } from "./aggregation.ts";
import { asynchronySchema } from "./asynchrony.ts";
import { driftSchema, sharesSchema } from "./client-axis.ts";
import { clusteringSchema } from "./clustering.ts";
import { optimizerSchema, scheduleSchema, serverOptimizerSchema } from "./optimizers.ts";
import { personalSchema } from "./personal.ts";
import { secureSumsSchema } from "./secure-sums.ts";
import { drawSchema, overSelectionSchema, selectSchema } from "./selection.ts";
import { strategies, type StrategyName } from "./strategies.ts";
import { choice, count, named, object, positive, timerMs } from "./strict.ts";

const clientsSchema = object({
  select: selectSchema.default("all").describe("Everyone, that many, or that share of all (at least one), each round."),
  draw: drawSchema.prefault({ kind: "uniform" }).describe("The rule they are drawn by."),
  overSelection: overSelectionSchema,
  available: z
    .enum(["ignored", "only"])
    .default("ignored")
    .describe("only: drawn among the clients that are there; ignored: whoever is not there leaves the round."),
  quorum: z
    .union([z.literal("all"), count])
    .default("all")
    .describe("The least number of updates that makes a round count."),
  deadlineMs: timerMs
    .optional()
    .describe(
      "How long a round waits for updates, and over a network an evaluation for answers. Left out: rounds wait for as long as it takes, an evaluation an hour.",
    ),
  late: z.enum(["drop"]).default("drop").describe("What becomes of an update that comes after its round."),
  belowQuorum: z
    .enum(["fail", "retry"])
    .default("fail")
    .describe("fail: the run stops. retry: the round is abandoned and drawn again."),
  joining: z
    .enum(["closed", "open"])
    .default("closed")
    .describe(
      "Over a network, data.placement client. closed: who is there when the run begins takes part, and nobody else. open: whoever comes later may be drawn from the next round on, its rows standardized with the statistics of those who began.",
    ),
});

export const localSchema = object({
  optimizer: optimizerSchema,
  schedule: scheduleSchema.prefault({ kind: "constant" }),
  epochs: count.optional().describe("Passes over the client's training rows in each round …"),
  steps: count.optional().describe("… or, instead, that many optimizer steps."),
  batchSize: z.union([count, z.literal("full")]).default("full"),
  shuffle: z.boolean().default(true),
  continueAcrossRounds: z
    .boolean()
    .default(false)
    .describe("true: a round goes on where the client's last one stopped in its shuffled rows (FLamby's loader)."),
  dropLast: z.boolean().default(false).describe("true: the incomplete last batch of an epoch is left out."),
  drift: driftSchema
    .prefault({ kind: "none" })
    .describe("What keeps local steps from wandering to the client's own optimum."),
  normalizeSteps: z
    .boolean()
    .default(false)
    .describe(
      "true: each change counts per unit of local work, so that who takes more steps does not pull harder (FedNova).",
    ),
  objectives: z
    .enum(["combined", "separate"])
    .default("combined")
    .describe(
      "combined: one change of the model for all objectives together. separate: local work for each by itself, and one change each for the coordinator to weigh; m times the work and the traffic.",
    ),
  sketch: count
    .optional()
    .describe(
      "For weightings that need gradients, with combined work: a round begins with a sketch of each objective's gradient, of so many numbers (FedCMOO). What the weighting promises then holds up to √(2/sketch) of a gradient's length squared: 6 % for 512.",
    ),
})
  .refine((local) => (local.epochs === undefined) !== (local.steps === undefined), {
    error: "expected either epochs or steps",
  })
  .refine((local) => local.sketch === undefined || local.objectives === "combined", {
    path: ["sketch"],
    error: "is for combined work: separate work gives whole rows, which need none",
  })
  .refine((local) => !local.continueAcrossRounds || local.steps !== undefined, {
    path: ["continueAcrossRounds"],
    error: "is for local work counted in steps: whole epochs always start afresh",
  });

/** Each where its name says; `shared/updates/clip.ts` has the order. */
export const clipSchema = object({
  perExample: positive
    .optional()
    .describe("The norm of one row's gradient of the weighted loss; rows are then taken one by one, which is slower."),
  perClient: positive
    .optional()
    .describe("The norm of one client's update: of its gradient sums in gradient mode, of its change in update mode."),
  perObjective: positive.optional().describe("Gradient mode: the norm of each objective's mean gradient."),
  adaptive: object({ factor: positive.default(0.01), floor: positive.default(0.001) })
    .optional()
    .describe("Each unit's slope to factor × the norm of its weights, which counts as at least floor."),
  value: positive.optional().describe("The size of each number of the combined direction."),
  globalNorm: positive.optional().describe("The norm of the combined direction, penalties included."),
});

const powerOfTwo = positive.refine(isPowerOfTwo, { error: "expected a power of two, which rounds nothing" });
const lossScale = object({
  initial: powerOfTwo.default(65536),
  growthFactor: powerOfTwo.min(1).default(2),
  backoffFactor: powerOfTwo.lt(1).default(0.5),
  growthInterval: count
    .default(100)
    .describe(
      "Rounds without an overflow before the scale grows. (PyTorch's 2000 are steps, of which there are more.)",
    ),
});
const scaled = z
  .union([z.literal("none"), lossScale])
  .describe(
    "What updates are multiplied by on their way; it falls, and the round's step is skipped, when one does not fit.",
  );

const halfTransport = choice("dtype", [
  object({ dtype: z.literal("float16"), lossScale: scaled.prefault({}) }),
  object({ dtype: z.literal("bfloat16"), lossScale: scaled.default("none") }),
]);

/** What models and updates travel in while a round learns; they are added up, and the model is kept, in full. */
const transportSchema = z.union([
  z
    .enum(["float16", "bfloat16"])
    .transform((dtype) => ({ dtype }))
    .pipe(halfTransport),
  halfTransport,
]);

/** By products, since logarithms differ between engines. */
function isPowerOfTwo(x: number): boolean {
  let rest = x;
  while (rest > 1) rest /= 2;
  while (rest < 1 && rest > 0) rest *= 2;
  return rest === 1;
}

const strategyNames = Object.keys(strategies) as [StrategyName, ...StrategyName[]]; // there are some

const shared = {
  strategy: z
    .union([
      z.enum(strategyNames),
      object({ path: z.string(), options: z.record(z.string(), z.unknown()).default({}) }),
    ])
    .optional()
    .describe(
      "A strategy by name: the parts that it stands for, where the experiment does not give its own. Or a module of one's own, made by defineStrategy, which the coordinator runs.",
    ),
  rounds: count,
  transport: transportSchema.optional(),
  clip: clipSchema.prefault({}),
  secureSums: secureSumsSchema
    .optional()
    .describe(
      "The coordinator learns what the cohort's updates come to together, and no client's own; it sees each when left out.",
    ),
  clients: clientsSchema.prefault({}),
  aggregation: aggregationSchema
    .prefault({ rule: "mean" })
    .describe(
      "The client axis: the mean over clients, weighted by their denominators, or a rule that withstands liars.",
    ),
  nonFinite: z
    .enum(["fail", "reject"])
    .default("fail")
    .describe(
      "An update with a NaN or an infinity. fail: the run has diverged. reject: it is left out, and its client named.",
    ),
  serverSchedule: scheduleSchema.prefault({ kind: "constant" }),
};

const gradientMode = object({
  mode: z.literal("gradient"),
  ...shared,
  batch: z
    .union([z.literal("full"), count])
    .default("full")
    .describe("Every training row of the cohort, or that many, drawn by the coordinator over (client, row)."),
  lookAhead: z
    .enum(["none", "extragradient", "optimistic"])
    .default("none")
    .describe(
      "For players whose goals pull against each other. extragradient: a round has two gradients, the second where the step of the first leads. optimistic: twice this step less the last one.",
    ),
  shares: sharesSchema
    .prefault({ kind: "denominators" })
    .describe("What each client's mean gradient counts for; otherwise than by denominators each is seen by itself."),
  serverOptimizer: serverOptimizerSchema,
});

const updateMode = object({
  mode: z.literal("update"),
  ...shared,
  local: localSchema,
  multipliers: z
    .enum(["frozen", "client-local"])
    .default("frozen")
    .describe(
      "For losses that are functions F of sums S. frozen: local steps go by λ = ∂F/∂S of everybody's sums at the round's start. client-local: by F of each batch's own sums. Neither is exact.",
    ),
  normalizer: z
    .union([z.literal("cohort"), named(positive)])
    .default("cohort")
    .describe(
      "Dᵢ, the total an objective's denominators are divided by: the cohort's own, or a constant for each objective.",
    ),
  shares: sharesSchema
    .prefault({ kind: "denominators" })
    .describe("What each client counts for in the mean of the changes."),
  asynchrony: asynchronySchema
    .prefault({ kind: "none" })
    .describe("Whether a round waits for its cohort, or steps by whoever is done while the others go on."),
  personal: personalSchema.prefault({ kind: "none" }).describe("What of the model is a client's own."),
  clustering: clusteringSchema
    .prefault({ kind: "none" })
    .describe("Whether there is one model for all, or several, each for the clients that it fits best."),
  serverOptimizer: serverOptimizerSchema
    .prefault({ kind: "sgd", learningRate: 1 })
    .describe("Sees minus the mean change as a gradient: sgd at 1 is FedAvg, with momentum FedAvgM, adam FedAdam."),
});

export const federationSchema = choice("mode", [gradientMode, updateMode]);

export type FederationConfig = z.output<typeof federationSchema>;
export type ClipConfig = z.output<typeof clipSchema>;
export type UpdateModeConfig = Extract<FederationConfig, { mode: "update" }>;
export type LocalConfig = UpdateModeConfig["local"];
