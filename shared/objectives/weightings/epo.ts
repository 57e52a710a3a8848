import { z } from "zod";
import { log } from "../../kernels/math.ts";
import { at, byObjective, defineWeighting, perObjective } from "../define-weighting.ts";
import { mustBePositive } from "../positive.ts";
import { times } from "../solvers/linear.ts";
import { maximizeOnSimplex } from "../solvers/linear-programme.ts";
import { shortestInHull } from "../solvers/simplex-quadratic.ts";

/**
 * Exact Pareto-optimal search along a preference ray: towards the point of the front where rᵢLᵢ is the same for every objective.
 *
 *     μ = Σ L̂ᵢ·ln(m·L̂ᵢ),   L̂ = rL/Σrⱼ Lⱼ,        aᵢ = rᵢ(ln(m·L̂ᵢ) − μ)
 *     off the ray (μ > ε)   max βᵀGa on the simplex, with (Gβ)ⱼ ≥ 0 for the largest rⱼLⱼ and (Gβ)ⱼ ≥ (Ga)ⱼ where that is ≤ 0
 *     on the ray            max 1ᵀGβ on the simplex, with Gβ ≥ 0
 *
 * Unlike weighted sums it reaches every point of a front, concave parts among them.
 * Throws  "invalid-option" for a loss that is not above 0
 * Source  Mahapatra & Rajan (2020), with the constraints of the authors' code
 */
export const epo = defineWeighting({
  name: "epo",
  summary: "Towards the point of the front on a preference ray.",
  needs: "gramian",
  options: z.strictObject({
    preference: perObjective(z.number().positive())
      .optional()
      .describe("r: at the end rᵢLᵢ is the same for all; 1/m each when left out."),
    epsilon: z.number().positive().default(0.01).describe("The μ at which a point counts as on the ray."),
  }),
  promises: { degree: () => 1, losses: "positive", equivariant: ({ preference }) => preference === undefined },
  create: ({ preference, epsilon }, objectives) => {
    const preferences = byObjective(preference, objectives, 1 / objectives.length);
    return {
      init: () => null,
      step: (state, { names, losses, gramian }) => {
        mustBePositive("epo", names, losses);
        const largest = gramian.reduce((most, row, i) => Math.max(most, row[i]!), 0);
        if (!(largest > 0)) return { weights: losses.map(() => 1 / losses.length), state };
        const scaled = gramian.map((row) => row.map((value) => value / largest));
        const ray = at(preferences, names);
        const { anchor, distance } = anchorOf(losses, ray);
        const weights = distance > epsilon ? balanced(scaled, anchor, losses, ray) : descended(scaled);
        return { weights: weights ?? shortestInHull(scaled), state };
      },
    };
  },
});

/** How far from the ray, and in which direction of the losses. */
function anchorOf(losses: Float64Array, ray: Float64Array): { anchor: Float64Array; distance: number } {
  const products = losses.map((loss, i) => loss * ray[i]!);
  const total = products.reduce((sum, value) => sum + value, 0);
  const logs = products.map((value) => log((products.length * value) / total));
  const distance = logs.reduce((sum, value, i) => sum + (products[i]! / total) * value, 0);
  return { anchor: logs.map((value, i) => ray[i]! * (value - distance)), distance };
}

function balanced(
  gramian: readonly Float64Array[],
  anchor: Float64Array,
  losses: Float64Array,
  ray: Float64Array,
): Float64Array | undefined {
  const along = times(gramian, anchor);
  const top = losses.reduce((most, loss, i) => Math.max(most, loss * ray[i]!), -Infinity);
  const rising = along.some((value) => value > 0);
  const bounds = gramian.flatMap((row, j) => {
    const isLargest = losses[j]! * ray[j]! === top;
    if (rising && along[j]! > 0 && !isLargest) return [];
    return [{ row: row.map((value) => -value), atMost: rising && !isLargest ? -along[j]! : 0 }];
  });
  return maximizeOnSimplex(along, bounds);
}

const descended = (gramian: readonly Float64Array[]): Float64Array | undefined =>
  maximizeOnSimplex(
    times(gramian, new Float64Array(gramian.length).fill(1)),
    gramian.map((row) => ({ row: row.map((value) => -value), atMost: 0 })),
  );
