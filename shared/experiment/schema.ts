/**
 * The experiment: what to train, as one typed value. Each section has its own file; here they are put together. The rules
 * that hold between sections are in cross-checks.ts. The type comes from the schema, so they cannot drift apart.
 */
import { z } from "zod";
import { dataSchema } from "./data.ts";
import { federationSchema } from "./federation.ts";
import { modelSchema, regularizersSchema } from "./model.ts";
import { checkpointSchema, evaluationSchema, stopSchema } from "./monitoring.ts";
import { constraintsSchema, objectivesSchema, prioritiesSchema, weightingSchema } from "./objectives.ts";
import { privacySchema } from "./privacy.ts";
import { simulationSchema } from "./simulated.ts";
import { nameSchema, object } from "./strict.ts";

export const experimentSchema = object({
  tributary: z.literal(1).describe("The version of this vocabulary."),
  name: nameSchema,
  description: z.string().optional(),
  seed: z
    .int()
    .min(0)
    .default(0)
    .describe("All chance of the run: initial weights, split, partition, selection, shuffling, dropout."),
  precision: z.enum(["float32", "float64"]).default("float32"),
  data: dataSchema,
  model: modelSchema,
  objectives: objectivesSchema,
  weighting: weightingSchema.prefault({ method: "fixed" }),
  priorities: prioritiesSchema.prefault({}),
  constraints: constraintsSchema.prefault({}),
  regularizers: regularizersSchema.default([]),
  federation: federationSchema,
  privacy: privacySchema
    .optional()
    .describe("Differential privacy of the clients; nothing bounds what models tell when left out."),
  evaluation: evaluationSchema.prefault({}),
  stop: stopSchema.optional(),
  checkpoint: checkpointSchema.prefault({}),
  simulation: simulationSchema.optional(),
});

/** An experiment with every default filled in; itself a valid experiment that means the same. */
export type Experiment = z.output<typeof experimentSchema>;
/** An experiment as it may be written. */
export type ExperimentInput = z.input<typeof experimentSchema>;
