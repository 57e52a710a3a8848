/**
 * Clients of several kinds (update mode): k models instead of one, each trained by the clients whose rows it fits best.
 *
 *     ifca    every client of the cohort tells its loss Fₖ(xⱼ) of each model; it trains ĵ = argminⱼ Fₖ(xⱼ), and
 *             xⱼ ← the weighted mean of those who chose j, unchanged where nobody did      Ghosh, Chung, Yin & Ramchandran (2020)
 *
 * Ties go to the first. Models begin apart, each with first values of its own: which ends up with whom depends on them, and some seeds
 * leave a model to nobody. Try several (`--seeds`), and keep the one of least training loss.
 *
 * Cost    k models down, k passes forward and k exchanges before a round learns; updates as ever
 * Facts   one cluster is the run without any · with everything shared, too, but for rounding
 */
import { z } from "zod";
import { choice, count, object } from "./strict.ts";

export const clusteringSchema = choice("kind", [
  object({ kind: z.literal("none") }),
  object({
    kind: z.literal("ifca"),
    clusters: count.default(2).describe("k."),
    shared: z
      .array(z.string())
      .default([])
      .describe("Names of parameters that are one for all clusters, `*` for any text: trunk/*."),
  }),
]);

export type ClusteringConfig = Exclude<z.output<typeof clusteringSchema>, { kind: "none" }>;
