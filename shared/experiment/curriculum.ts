/**
 * `curriculum` of an objective: which examples it is trained on, from the easiest to all.
 *
 *     curriculum: { share: { from: 0.3, rounds: 50 } }                         the easiest 30 %, all from round 51 on
 *     curriculum: { weights: linear, threshold: { from: 0.5, growth: 1.1 } }   λ = 0.5·1.1^(round − 1)
 *     curriculum: { share: { from: 0.2, rounds: 20 }, by: length }             by a column of the data
 */
import { z } from "zod";
import type { BoundLoss } from "../losses/loss.ts";
import { paced, type Pace } from "../objectives/curriculum.ts";
import { pow } from "../kernels/math.ts";
import { count, fraction, object, positive } from "./strict.ts";

export const curriculumSchema = object({
  weights: z
    .enum(["hard", "linear"])
    .default("hard")
    .describe("hard: an example counts or it does not. linear: the less, the harder it is."),
  share: object({
    from: fraction.describe("The share of the easiest examples, of all clients together, in the first round …"),
    to: z.union([fraction, z.literal(1)]).default(1),
    rounds: count.describe("… and how many rounds it takes to `to`."),
    shape: z.enum(["linear", "root"]).default("linear").describe("root: by √(progress), fast at first."),
  }).optional(),
  threshold: object({
    from: positive.describe("λ of the first round, in units of the loss (or of `by`) …"),
    growth: positive.min(1).default(1).describe("… times this in each round."),
  }).optional(),
  by: z
    .string()
    .optional()
    .describe("A target of `data.targets` that says how hard a row is, at least 0; its own loss when left out."),
}).refine(({ share, threshold }) => (share === undefined) !== (threshold === undefined), {
  error: "expected either share or threshold",
});
export type CurriculumConfig = z.output<typeof curriculumSchema>;

/** What decides in a round, counted from 1. */
export function paceOf({ share, threshold }: CurriculumConfig, round: number): Pace {
  if (threshold !== undefined) return [1, 1 / (threshold.from * pow(threshold.growth, round - 1))];
  const { from, to, rounds, shape } = share!; // the schema has made sure of one of them
  const progress = Math.min(1, (round - 1) / rounds);
  return [from + (to - from) * (shape === "root" ? Math.sqrt(progress) : progress), 0];
}

/** The loss that is trained. */
export const underCurriculum = (loss: BoundLoss, config: CurriculumConfig | undefined): BoundLoss =>
  config === undefined || loss.kind !== "additive" ? loss : paced(loss, config.weights, config.by !== undefined);
