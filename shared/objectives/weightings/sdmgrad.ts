import { z } from "zod";
import { at, byObjective, defineWeighting, perObjective } from "../define-weighting.ts";
import { projectOnSimplex } from "../solvers/simplex-quadratic.ts";
import { times } from "../solvers/linear.ts";

/**
 * Stochastic direction-oriented descent: MGDA, drawn towards the weighted sum, its weights kept from round to round.
 *
 *     w ← Π(w − rate·G(w + λp))        d = Jᵀ(w + λp)/(1 + λ)
 *
 * The paper takes G from two independent batches, so that its expectation is unbiased; here both are of the round's own rows, which
 * is the same where the batch is full. Rows are scaled to the longest for the step of w.
 *
 * Facts   λ → ∞: the weighted sum · λ = 0: MGDA, in small steps
 * Source  Xiao, Ban & Ji (2023), algorithm 1
 */
export const sdmgrad = defineWeighting({
  name: "sdmgrad",
  summary: "The shortest vector, drawn towards the weighted sum.",
  needs: "gramian",
  options: z.strictObject({
    lambda: z.number().min(0).default(0.3).describe("How strongly the weighted sum draws."),
    lr: z.number().positive().default(0.3),
    preference: perObjective(z.number().min(0)).optional().describe("p; 1/m each when left out."),
  }),
  promises: { degree: () => 1, equivariant: ({ preference }) => preference === undefined },
  create: ({ lambda, lr, preference }, objectives) => {
    const preferences = byObjective(preference, objectives, 1 / objectives.length);
    return {
      init: () => Object.fromEntries(objectives.map((name) => [name, 1 / objectives.length])),
      step: (state: Readonly<Record<string, number>>, { names, gramian }) => {
        const p = at(preferences, names);
        const own = Float64Array.from(names, (name) => state[name]!);
        const largest = gramian.reduce((most, row, i) => Math.max(most, row[i]!), 0) || 1;
        const slopes = times(
          gramian,
          own.map((share, i) => share + lambda * p[i]!),
        );
        const next = projectOnSimplex(own.map((share, i) => share - (lr * slopes[i]!) / largest));
        const weights = next.map((share, i) => (share + lambda * p[i]!) / (1 + lambda));
        return { weights, state: { ...state, ...Object.fromEntries(names.map((name, i) => [name, next[i]!])) } };
      },
    };
  },
});
