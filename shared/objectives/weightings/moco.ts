import { z } from "zod";
import { pow } from "../../kernels/math.ts";
import { defineWeighting } from "../define-weighting.ts";
import { gramian as gramianOf } from "../gramian.ts";
import { projectOnSimplex } from "../solvers/simplex-quadratic.ts";
import { times } from "../solvers/linear.ts";

interface Tracked {
  readonly step: number;
  readonly shares: Readonly<Record<string, number>>;
  /** Objective → yᵢ, which follows its gradient. */
  readonly averages: Readonly<Record<string, ArrayLike<number>>>;
}

/**
 * Multi-objective gradients with correction: MGDA on gradients that are tracked over the rounds, so that noise does not bias it.
 *
 *     yᵢ ← yᵢ − βₖ(yᵢ − gᵢ)        λ ← Π(λ − γₖ(YYᵀ + ρ)λ)        d = Yᵀλ        βₖ = β/kᵟ, γₖ = γ/kᵟ
 *
 * The first y is the first gradient. State has a vector of the model's size for each objective.
 * Source  Fernando et al. (2023), algorithm 1, with the projection of the paper
 */
export const moco = defineWeighting({
  name: "moco",
  summary: "The shortest vector, of gradients tracked over the rounds.",
  needs: "rows",
  options: z.strictObject({
    beta: z.number().gt(0).max(1).default(0.5),
    gamma: z.number().positive().default(0.1),
    sigma: z.number().min(0).default(0.5).describe("δ: how fast both rates fall with the steps."),
    rho: z.number().min(0).default(0),
  }),
  create: ({ beta, gamma, sigma, rho }, objectives) => ({
    init: (): Tracked => ({
      step: 1,
      shares: Object.fromEntries(objectives.map((name) => [name, 1 / objectives.length])),
      averages: {},
    }),
    step: ({ step, shares, averages }: Tracked, { names, rows }) => {
      const falling = pow(step, sigma);
      const tracked = rows.map((row, i) => {
        const before = averages[names[i]!];
        return before === undefined
          ? row.slice()
          : row.map((value, k) => before[k]! - (beta / falling) * (before[k]! - value));
      });
      const own = Float64Array.from(names, (name) => shares[name]!);
      const slopes = times(gramianOf(tracked), own);
      const next = projectOnSimplex(own.map((share, i) => share - (gamma / falling) * (slopes[i]! + rho * share)));
      const direction = new Float64Array(rows[0]?.length ?? 0);
      tracked.forEach((row, i) => {
        row.forEach((value, k) => (direction[k]! += next[i]! * value));
      });
      return {
        direction,
        state: {
          step: step + 1,
          shares: { ...shares, ...Object.fromEntries(names.map((name, i) => [name, next[i]!])) },
          averages: { ...averages, ...Object.fromEntries(names.map((name, i) => [name, tracked[i]!])) },
        },
      };
    },
  }),
});
