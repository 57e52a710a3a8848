import { z } from "zod";
import { pow } from "../../kernels/math.ts";
import { defineWeighting } from "../define-weighting.ts";
import { mustBePositive } from "../positive.ts";

interface Averages {
  readonly step: number;
  /** Objective → the moving average of ∇ln L. */
  readonly averages: Readonly<Record<string, ArrayLike<number>>>;
}

/**
 * Dual balancing: losses by their logarithms, gradients by their lengths.
 *
 *     ĝᵢ = βₖĝᵢ + (1−βₖ)·∇ln Lᵢ,   βₖ = β/kᵟ, the k-th step        d = Σᵢ α·ĝᵢ/‖ĝᵢ‖,   α = maxⱼ ‖ĝⱼ‖
 *
 * The first average is the first gradient. State has a vector of the model's size for each objective.
 *
 * Throws  "invalid-option" for a loss that is not above 0
 * Source  Lin, Jiang, Ye et al. (2023), algorithm 1; δ = 0 as in the authors' code, ½ in their analysis
 */
export const dbMtl = defineWeighting({
  name: "db-mtl",
  summary: "Losses balanced by logarithms, gradients by length.",
  needs: "rows",
  options: z.strictObject({
    beta: z.number().min(0).lt(1).default(0.9),
    betaSigma: z.number().min(0).default(0).describe("δ: how fast β falls with the steps."),
    step: z.int().min(1).default(1).describe("The number of the first step."),
  }),
  promises: { degree: () => 1, losses: "positive" },
  create: ({ beta, betaSigma, step: first }) => ({
    init: (): Averages => ({ step: first, averages: {} }),
    step: ({ step, averages }: Averages, { names, losses, rows }) => {
      mustBePositive("db-mtl", names, losses);
      const kept = beta / pow(step, betaSigma);
      const current = rows.map((row, i) => {
        const before = averages[names[i]!];
        return row.map((value, k) => {
          const slope = value / losses[i]!;
          return before === undefined ? slope : kept * before[k]! + (1 - kept) * slope;
        });
      });
      const lengths = current.map((row) => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)));
      const longest = Math.max(0, ...lengths);
      const direction = new Float64Array(rows[0]?.length ?? 0);
      current.forEach((row, i) => {
        if (lengths[i]! > 0) row.forEach((value, k) => (direction[k]! += (longest / lengths[i]!) * value));
      });
      const next = Object.fromEntries(names.map((name, i) => [name, current[i]!]));
      return { direction, state: { step: step + 1, averages: { ...averages, ...next } } };
    },
  }),
});
