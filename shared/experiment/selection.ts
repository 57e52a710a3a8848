/**
 * Who takes part in a round: how many clients, and by which rule they are drawn. `server/selection/catalogue.ts` has the rules behind the
 * names. N clients in all, m of them in a cohort, pₖ a client's share of everybody's denominators.
 */
import { z } from "zod";
import { cohortSize } from "./cohort-size.ts";
import { choice, count, fraction, object, positive } from "./strict.ts";

export const selectSchema = z.union([
  z.literal("all"),
  object({ count }),
  object({ fraction: z.union([fraction, z.literal(1)]) }),
]);

/**
 *     uniform           m different ones, each as likely as any other                             McMahan et al. (2017)
 *     by-size           as likely as they are large, and then all count alike: with replacement m draws ∝ pₖ; without it, systematic
 *                       draws with the inclusion m·pₖ, where whoever is sure to be drawn counts pₖ      Madow (1949)
 *     poisson           each by itself with the probability q = m/N; a cohort may be empty, and the model stays as it is
 *     round-robin       one after the other, everybody once in a cycle of ⌈N/m⌉ rounds
 *     power-of-choice   of some candidates drawn by size, the m with the largest loss             Cho, Wang & Joshi (2020)
 *     oort              those whose rows teach most, soonest, and some who are not known yet      Lai et al. (2021)
 */
export const drawSchema = choice("kind", [
  object({ kind: z.literal("uniform") }),
  object({ kind: z.literal("by-size"), replacement: z.boolean().default(true) }),
  object({
    kind: z.literal("poisson"),
    divisor: z
      .enum(["cohort", "expected"])
      .default("cohort")
      .describe(
        "What the sum of pₖ·Δₖ is divided by: the cohort's own Σ pₖ, or q, its expectation, which is unbiased and of larger variance.",
      ),
  }),
  object({
    kind: z.literal("round-robin"),
    shuffle: z.boolean().default(false).describe("true: a new order in each cycle; false: by name."),
  }),
  object({
    kind: z.literal("power-of-choice"),
    candidates: count.describe("d, of whom the m with the largest loss are taken; d = m draws by size alone."),
    losses: z
      .enum(["asked", "last"])
      .default("asked")
      .describe(
        "asked: every candidate's loss at the model, which costs an evaluation. last: of its last local work, ∞ before it.",
      ),
  }),
  object({
    kind: z.literal("oort"),
    exploration: z
      .union([fraction, z.literal(0)])
      .default(0.9)
      .describe("ε of the first round …"),
    decay: fraction.default(0.98).describe("… times this in each later one …"),
    leastExploration: z
      .union([fraction, z.literal(0)])
      .default(0.3)
      .describe("… and never less than this."),
    alpha: z.number().min(0).default(2).describe("How much slow clients count less: (T/t)^α."),
    clip: fraction.default(0.9).describe("Utilities beyond this quantile count as it."),
    cut: z
      .union([fraction, z.literal(1)])
      .default(0.05)
      .describe("Drawn among those with at least this share of the score that would have been admitted last."),
  }),
]);

export const overSelectionSchema = positive
  .min(1)
  .default(1)
  .describe(
    "Clients asked for each one that is needed. The first m that report make the round, in a simulation by simulation.clock; the others are let go.",
  );

export type SelectConfig = z.output<typeof selectSchema>;
export type DrawConfig = z.output<typeof drawSchema>;

/** m, of so many clients. */
export function cohortOf(select: SelectConfig, members: number): number {
  if (select === "all") return members;
  return "count" in select ? Math.min(select.count, members) : Math.min(cohortSize(select.fraction, members), members);
}
