import { z } from "zod";
import { at, byObjective, defineWeighting, perObjective, type Method } from "../define-weighting.ts";
import type { Scalarizing } from "../weighting.ts";

/** Σ wᵢ·Lᵢ and w, the same in every round. */
const constant = (weights: ReadonlyMap<string, number>): Omit<Scalarizing<null>, "name" | "needs"> => ({
  init: () => null,
  step: (state, { names, losses }) => {
    const own = at(weights, names);
    return { weights: own, value: own.reduce((sum, weight, i) => sum + weight * losses[i]!, 0), state };
  },
});

const ownWeights = z.strictObject({
  weights: perObjective(z.number().min(0))
    .optional()
    .describe("Beside the objectives' declared weights; 1 each when left out."),
});

/**
 * Each objective counts as declared, in every round: the weighted sum of the objectives is what is minimized. A tuned fixed sum is
 * the baseline of every other method, and hard to beat — Kurin et al. (2022), Xin et al. (2022).
 */
export const fixed: Method = defineWeighting({
  name: "fixed",
  summary: "Each objective counts as declared, in every round.",
  needs: "losses",
  options: ownWeights,
  promises: { losses: "ignored", degree: () => 1, equivariant: ({ weights }) => weights === undefined },
  create: ({ weights }, objectives) => constant(byObjective(weights, objectives, 1)),
});

/** As `fixed`, with the weights written out. */
export const weighted: Method = defineWeighting({
  name: "weighted",
  summary: "Fixed weights, written out.",
  needs: "losses",
  options: z.strictObject({ weights: perObjective(z.number().min(0)) }),
  promises: { losses: "ignored", degree: () => 1, equivariant: () => false },
  create: ({ weights }, objectives) => constant(byObjective(weights, objectives, 0)),
});

/** Every weight 1: Σ Lᵢ. */
export const sum: Method = defineWeighting({
  name: "sum",
  summary: "Every objective counts 1.",
  needs: "losses",
  options: z.strictObject({}),
  promises: { losses: "ignored", degree: () => 1 },
  create: (_, objectives) => constant(byObjective(undefined, objectives, 1)),
});
