/**
 * `tuned` of an objective: the parameters of its loss follow what a step of the model, taken by the loss, does to another
 * objective, on training rows that are held back for it.
 *
 *     fit:     { head: y, target: y, loss: tuned-barron, tuned: { on: quality } }
 *     quality: { head: y, target: y, loss: mae, weight: 0 }
 */
import { z } from "zod";
import { fraction, object, positive } from "./strict.ts";

export const tunedSchema = object({
  on: z
    .string()
    .describe("The objective that says what is better: of weight 0, so that its rows train nothing but the loss."),
  rows: z
    .union([fraction, z.literal("targets")])
    .default(0.2)
    .describe(
      "The share of each client's training rows (or groups) that is held back to tune by. targets: rows are told apart by which of the two targets they have.",
    ),
  innerRate: positive
    .optional()
    .describe(
      "η of the step that is looked through; the server's rate of the round when left out, which must then be sgd.",
    ),
  rate: positive
    .default(1)
    .describe(
      "What the slope of the loss's parameters is multiplied by before the server's optimizer takes it: sgd's β is rate · learningRate.",
    ),
});
export type TunedConfig = z.output<typeof tunedSchema>;
