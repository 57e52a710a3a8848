/** Named goals: a loss on a head against a target, how much it counts, and at whom. */
import { z } from "zod";
import { losses, type LossName } from "../losses/catalogue.ts";
import { choice, named, nonNegative, object } from "./strict.ts";

/** A loss and its options; decoded, all of them. */
export interface LossConfig {
  readonly kind: LossName;
  readonly [option: string]: unknown;
}

const lossNames = Object.keys(losses) as [LossName, ...LossName[]]; // the catalogue is not empty
const alternatives = lossNames.map((kind) => object({ kind: z.literal(kind), ...optionsOf(kind) }));
// Built from a table, so its types are written by hand.
const withOptions = choice(
  "kind",
  alternatives as [(typeof alternatives)[number], ...typeof alternatives],
) as unknown as z.ZodType<LossConfig, LossConfig>;

/** A loss by its name, or with its options beside it: `huber`, `{ kind: huber, delta: 2 }`. */
const lossSchema = z.union([
  z
    .enum(lossNames)
    .transform((kind): LossConfig => ({ kind }))
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

const objectiveSchema = object({
  head: z.string(),
  target: z.string(),
  loss: lossSchema,
  weight: nonNegative.default(1),
  clients: whichClients.optional().describe("The clients this objective counts at; everyone when left out."),
});

export const objectivesSchema = named(objectiveSchema);
export type ObjectiveConfig = z.output<typeof objectiveSchema>;

/** How objectives become one direction. fixed: by their declared weights. */
export const weightingSchema = choice("method", [object({ method: z.literal("fixed") })]);
