/**
 * Named goals: a loss, what it is given, how much it counts, and at whom. `head` is what the loss calls `prediction`, `target`
 * what it calls `target`; whatever else it wants is bound by its name:
 *
 *     rank:   { loss: lambdarank, head: score, target: relevance, inputs: { group: query } }
 *     reward: { loss: bradley-terry, inputs: { chosen: { head: reward }, rejected: { head: reward, view: rejected } } }
 *     risk:   { loss: cox, head: risk, inputs: { time: days, event: died, group: { by: client } } }
 */
import { z } from "zod";
import { losses, type LossName } from "../losses/catalogue.ts";
import { weightings, type WeightingName } from "../objectives/catalogue.ts";
import { adversarialSchema } from "./adversarial.ts";
import { curriculumSchema } from "./curriculum.ts";
import { tunedSchema } from "./tuned.ts";
import { choice, count, named, nameSchema, nonNegative, object, positive } from "./strict.ts";

/** A loss and its options; decoded, all of them. */
export interface LossConfig {
  readonly kind: LossName;
  readonly [option: string]: unknown;
}

/** A loss of one's own: the default export of a module, made by `defineLoss`. */
export interface LossModule {
  readonly kind: "module";
  readonly path: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const lossNames = Object.keys(losses) as [LossName, ...LossName[]]; // the catalogue is not empty
const alternatives = [
  ...lossNames.map((kind) => object({ kind: z.literal(kind), ...optionsOf(kind) })),
  object({
    kind: z.literal("module"),
    path: z
      .string()
      .describe("A module whose default export is a `defineLoss(…)`; clients get its graph, never its code."),
    options: z.record(z.string(), z.json()).default({}),
  }),
];
// Built from a table, so its types are written by hand.
const withOptions = choice(
  "kind",
  alternatives as [(typeof alternatives)[number], ...typeof alternatives],
) as unknown as z.ZodType<LossConfig | LossModule, LossConfig | LossModule>;

/** A loss by its name, or with its options beside it: `huber`, `{ kind: huber, delta: 2 }`. */
const lossSchema = z.union([
  z
    .enum(lossNames)
    .transform((kind): LossConfig | LossModule => ({ kind }))
    .pipe(withOptions),
  withOptions,
]);

/** The options a loss declares, key by key. */
function optionsOf(kind: LossName): Readonly<Record<string, z.ZodType>> {
  const schema: unknown = losses[kind].options;
  return schema instanceof z.ZodObject ? schema.shape : {};
}

const whichClients = z.union([
  object({ only: z.array(z.string()).min(1) }),
  object({ except: z.array(z.string()).min(1) }),
]);

const inputSchema = z.union([
  z.string(),
  object({
    head: z.string(),
    view: z.string().optional().describe("The head on the features of this view, with the same parameters."),
  }),
  object({
    by: z.literal("client").describe("For a group: all rows of a client are one, which stratifies by client."),
  }),
]);

/** A loss that is kept within a bound instead of being minimized. */
const boundSchema = object({
  atMost: z.number().optional(),
  atLeast: z.number().optional(),
  equals: z.number().optional(),
  tolerance: nonNegative.default(0).describe("A violation up to this counts as none."),
  measuredBy: z
    .string()
    .optional()
    .describe("The objective whose value is held to the bound, where this one is a differentiable stand-in for it."),
}).refine(({ atMost, atLeast, equals }) => [atMost, atLeast, equals].filter((x) => x !== undefined).length === 1, {
  error: "expected one of atMost, atLeast, equals",
});

const objectiveSchema = object({
  head: z.string().optional().describe("What the loss calls `prediction`."),
  target: z.string().optional().describe("What the loss calls `target`."),
  inputs: z
    .record(nameSchema, inputSchema)
    .default({})
    .describe("Every other input of the loss, by its name: a target of `data.targets`, or a head."),
  loss: lossSchema,
  weight: nonNegative.default(1).describe("How much it counts before it is weighed; 0: it is only measured."),
  priority: count.optional().describe("1 comes first: what it has reached, lower ones may not spoil."),
  bound: boundSchema.optional(),
  parameters: z
    .string()
    .default("*")
    .describe("A pattern of parameter names, `trunk/*`: this objective trains those alone, and leaves the others be."),
  tuned: tunedSchema.optional().describe("The parameters of its loss follow what its steps do to another objective."),
  curriculum: curriculumSchema.optional().describe("Train it on the easiest rows first."),
  adversarial: adversarialSchema.optional().describe("Train it on rows that are moved against it."),
  schedule: object({
    every: count.describe("It is trained in one of so many rounds …"),
    offset: z.int().min(0).default(0).describe("… the first of them in round offset + 1."),
  })
    .refine(({ every, offset }) => offset < every, { path: ["offset"], error: "must be less than every" })
    .optional()
    .describe("Rounds in which this objective is trained, as for players who take turns; every round when left out."),
  clients: whichClients.optional().describe("The clients this objective counts at; everyone when left out."),
});

export const objectivesSchema = named(objectiveSchema);
export type ObjectiveConfig = z.output<typeof objectiveSchema>;
export type InputConfig = z.output<typeof inputSchema>;

/** Everything that is bound, by the loss's own names. */
export const boundInputs = ({ head, target, inputs }: ObjectiveConfig): Readonly<Record<string, InputConfig>> => ({
  ...(head !== undefined && { prediction: { head } }),
  ...(target !== undefined && { target }),
  ...inputs,
});

/** A method of the catalogue with its options, decoded. */
export interface WeightingConfig {
  readonly method: WeightingName;
  readonly [option: string]: unknown;
}

/** A method of one's own: the default export of a module, made by `defineWeighting`. */
export interface WeightingModule {
  readonly method: "module";
  readonly path: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const methods = [
  ...Object.entries(weightings).map(([method, { options }]) =>
    object({ method: z.literal(method as WeightingName), ...options.shape }),
  ),
  object({
    method: z.literal("module"),
    path: z.string().describe("A module whose default export is a `defineWeighting(…)`; the coordinator runs it."),
    options: z.record(z.string(), z.json()).default({}),
  }),
];
/** How objectives become one direction. Built from a table, so its types are written by hand. */
export const weightingSchema = choice(
  "method",
  methods as [(typeof methods)[number], ...typeof methods],
) as unknown as z.ZodType<WeightingConfig | WeightingModule, WeightingConfig | WeightingModule>;

/** Whether a method is one of a module's. */
export const isOwnMethod = (config: WeightingConfig | WeightingModule): config is WeightingModule =>
  config.method === "module";

/** How objectives with a bound are held to it; see shared/objectives/constraints.ts. */
export const constraintsSchema = object({
  method: z
    .enum(["augmented", "lagrangian", "projection"])
    .default("augmented")
    .describe("Multipliers, damped or plain, or the nearest direction that keeps to the bounds."),
  rate: positive
    .default(1)
    .describe("What a multiplier grows by for each unit of violation; of a projection, how fast it shrinks."),
  every: count.default(1).describe("Rounds between two moves of the multipliers."),
  patience: count.default(100).describe("Rounds without less violation, after which a bound is called infeasible."),
});

/** What a higher priority can spare: max(absolute, relative·|best|). */
export const prioritiesSchema = object({
  absolute: nonNegative.default(0).describe("In the unit of the loss."),
  relative: nonNegative.default(0).describe("A share of the best loss that was reached."),
  patience: count
    .default(20)
    .describe("Rounds without improvement, after which lower priorities may use what is spared."),
});
