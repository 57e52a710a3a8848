import { z } from "zod";
import { at, byObjective, defineWeighting, perObjective } from "../define-weighting.ts";
import { eigen, numericalRank } from "../solvers/eigen.ts";

/**
 * Aligned: the gradients' principal components are given one length, so that the system is well conditioned.
 *
 *     G = VΛVᵀ        w = √s·VΛ^{−½}Vᵀp        s: the least, the (lower) median or the mean eigenvalue above rounding
 *
 * Facts   J = [[−4,1,1],[6,1,1]], p = (½, ½), least: d = (.2132787, .9673330, .9673330)
 * Source  Senushkin et al. (2023), algorithm 1
 */
export const alignedMtl = defineWeighting({
  name: "aligned-mtl",
  summary: "The gradients' principal components get one length.",
  needs: "gramian",
  options: z.strictObject({
    scaleMode: z.enum(["min", "median", "rmse"]).default("min").describe("Which eigenvalue the others are brought to."),
    preference: perObjective(z.number().min(0)).optional().describe("p; 1/m each when left out."),
  }),
  promises: { degree: () => 1, equivariant: ({ preference }) => preference === undefined },
  create: ({ scaleMode, preference }, objectives) => {
    const preferences = byObjective(preference, objectives, 1 / objectives.length);
    return {
      init: () => null,
      step: (state, { names, gramian }) => {
        const decomposed = eigen(gramian);
        const rank = numericalRank(decomposed);
        const values = decomposed.values.subarray(0, rank);
        const p = at(preferences, names);
        const weights = new Float64Array(names.length);
        const scale =
          scaleMode === "min"
            ? values[rank - 1]!
            : scaleMode === "median"
              ? values[rank - 1 - Math.floor((rank - 1) / 2)]!
              : values.reduce((sum, value) => sum + value, 0) / rank;
        for (let k = 0; k < rank; k++) {
          const vector = decomposed.vectors[k]!;
          const along = vector.reduce((sum, value, i) => sum + value * p[i]!, 0);
          const factor = Math.sqrt(scale / values[k]!) * along;
          vector.forEach((value, i) => (weights[i]! += factor * value));
        }
        return { weights, state };
      },
    };
  },
});
