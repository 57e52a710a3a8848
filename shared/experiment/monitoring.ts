/** Evaluation, stopping and checkpoints: what is looked at, how often, and what follows from it. */
import { z } from "zod";
import { metrics, type MetricName } from "./catalogue.ts";
import { count, nonNegative, object, positive } from "./strict.ts";

const metricNames = Object.keys(metrics) as [MetricName, ...MetricName[]]; // the catalogue is not empty

export const evaluationSchema = object({
  everyRounds: count.default(1).describe("Every so many rounds, and always after the last."),
  parts: z
    .array(z.enum(["train", "test"]))
    .min(1)
    .default(["train", "test"])
    .describe("The rows the model is evaluated on, where there are any; [test] saves the pass over all training rows."),
  calibrate: z
    .record(z.string(), z.enum(["train", "test"]))
    .optional()
    .describe(
      "For an objective, the rows whose labels its temperature is found on after training: its probabilities are divided by it in use. `test`, as a rule: training rows make a model too sure. What is then measured on those rows flatters a little.",
    ),
  metrics: z
    .record(z.string(), z.array(z.enum(metricNames)))
    .default({})
    .describe("For each objective, metrics beside its loss."),
  groups: z
    .record(z.string(), z.union([z.string(), object({ by: z.literal("client") })]))
    .optional()
    .describe(
      "For each objective, the rows that its metrics join, as ndcg does a query's: a target, or all rows of a client. The group of its loss when left out.",
    ),
});

/** A loss this many times what it began with is divergence; see server/stopping.ts. */
export const defaultDivergence = 1e6;

export const stopSchema = object({
  watch: z.string().optional().describe("`<objective>/<train|test>/<loss or metric>`, over all clients together."),
  patience: count
    .optional()
    .describe("Stop after so many evaluations without improvement by more than `minImprovement`."),
  minImprovement: nonNegative.default(0),
  target: z.number().optional().describe("Stop as soon as the watched value is this good."),
  divergence: positive
    .default(defaultDivergence)
    .describe("A loss above this many times max(1, the first round's training loss) has diverged: the run fails."),
})
  .refine((stop) => stop.watch === undefined || stop.patience !== undefined || stop.target !== undefined, {
    error: "expected patience, target, or both",
  })
  .refine((stop) => stop.watch !== undefined || (stop.patience === undefined && stop.target === undefined), {
    error: "expected watch: what patience and target look at",
  });

export const checkpointSchema = object({
  everyRounds: count.default(10),
  keep: count.default(2).describe("How many of the newest are kept, beside the best."),
});

/** The three parts of a watched path. */
export function watchedParts(watch: string): { objective: string; part: string; metric: string } {
  const [objective = "", part = "", metric = ""] = watch.split("/");
  return { objective, part, metric };
}

export type EvaluationConfig = z.output<typeof evaluationSchema>;
export type StopConfig = z.output<typeof stopSchema>;
