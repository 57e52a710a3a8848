import { z } from "zod";
import { log } from "../../kernels/math.ts";
import { at, byObjective, defineWeighting, perObjective } from "../define-weighting.ts";
import { logSumExp, softmax } from "../softmax.ts";

/** Preferences w, 1/m each when left out, and the point z* from which losses are counted. */
const ray = {
  weights: perObjective(z.number().min(0)).optional().describe("Preferences; 1/m each when left out."),
  reference: perObjective(z.number())
    .optional()
    .describe("The best that each loss could be, from which it is counted; 0 when left out."),
};

interface Ray {
  readonly weights?: z.output<ReturnType<typeof perObjective>> | undefined;
  readonly reference?: z.output<ReturnType<typeof perObjective>> | undefined;
}
const symmetric = ({ weights, reference }: Ray): boolean => weights === undefined && reference === undefined;

/** wᵢ and wᵢ(Lᵢ − zᵢ), for the objectives of a round. */
function scaled({ weights, reference }: Ray, objectives: readonly string[]) {
  const preferences = byObjective(weights, objectives, 1 / objectives.length);
  const best = byObjective(reference, objectives, 0);
  return (names: readonly string[], losses: Float64Array): { own: Float64Array; terms: Float64Array } => {
    const own = at(preferences, names);
    const from = at(best, names);
    return { own, terms: own.map((weight, i) => weight * (losses[i]! - from[i]!)) };
  };
}

/**
 * Smooth Tchebycheff: the worst scaled loss, smoothly; unlike weighted sums it reaches concave parts of a front.
 *
 *     μ·ln Σ exp(wᵢ(Lᵢ − zᵢ)/μ)        slopes wᵢ·softmax(w(L − z)/μ)ᵢ
 *
 * Facts   μ → 0: the maximum · takes no logarithm of a loss, so any loss will do
 * Source  Lin, Xi et al. (2024), equation 7
 */
export const stch = defineWeighting({
  name: "stch",
  summary: "The worst scaled loss, smoothly.",
  needs: "losses",
  options: z.strictObject({
    mu: z.number().positive().default(0.1).describe("How smooth, in the unit of the losses."),
    ...ray,
  }),
  promises: { degree: () => 1, equivariant: symmetric },
  create: ({ mu, ...given }, objectives) => {
    const of = scaled(given, objectives);
    return {
      init: () => null,
      step: (state, { names, losses }) => {
        const { own, terms } = of(names, losses);
        const logits = terms.map((term) => term / mu);
        const weights = softmax(logits).map((share, i) => share * own[i]!);
        return { weights, value: mu * logSumExp(logits, log), state };
      },
    };
  },
});

/** The worst scaled loss, maxᵢ wᵢ(Lᵢ − zᵢ): the first of those that tie has the slope — Bowman (1976). */
export const tchebycheff = defineWeighting({
  name: "tchebycheff",
  summary: "The worst scaled loss alone.",
  needs: "losses",
  options: z.strictObject(ray),
  promises: { degree: () => 1, equivariant: symmetric },
  create: (given, objectives) => worst(given, objectives, 0),
});

/** The worst scaled loss and a small part ρ of all of them, so that no weakly dominated point is best — Steuer & Choo (1983). */
export const augmentedTchebycheff = defineWeighting({
  name: "augmented-tchebycheff",
  summary: "The worst scaled loss, and a small part of all.",
  needs: "losses",
  options: z.strictObject({ rho: z.number().min(0).default(0.001), ...ray }),
  promises: { degree: () => 1, equivariant: symmetric },
  create: ({ rho, ...given }, objectives) => worst(given, objectives, rho),
});

function worst(given: Ray, objectives: readonly string[], rho: number) {
  const of = scaled(given, objectives);
  return {
    init: () => null,
    step: (state: null, { names, losses }: { readonly names: readonly string[]; readonly losses: Float64Array }) => {
      const { own, terms } = of(names, losses);
      const top = terms.reduce((most, term) => Math.max(most, term), -Infinity);
      const first = terms.indexOf(top);
      const sum = terms.reduce((total, term) => total + term, 0);
      return { weights: own.map((weight, i) => weight * (Number(i === first) + rho)), value: top + rho * sum, state };
    },
  };
}
