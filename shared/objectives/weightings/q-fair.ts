import { z } from "zod";
import { TributaryError } from "../../errors.ts";
import { pow } from "../../kernels/math.ts";
import { at, byObjective, defineWeighting, perObjective } from "../define-weighting.ts";

/**
 * q-fair: the larger a loss, the more it counts.
 *
 *     Σ pᵢ·Lᵢ^{q+1}/(q+1)        slopes pᵢ·Lᵢ^q
 *
 * Facts   q = 0: the weighted sum · q = 1 on (1, 2, 4), p = ⅓: 3.5
 * Throws  "invalid-option" for a loss below 0
 * Source  Li, Sanjabi, Beirami & Smith (2020), equation 2, with objectives in the place of clients
 */
export const qFair = defineWeighting({
  name: "q-ffl",
  summary: "The larger a loss, the more it counts.",
  needs: "losses",
  options: z.strictObject({
    q: z.number().min(0).default(1),
    clientWeights: perObjective(z.number().min(0)).optional().describe("pᵢ; 1/m each when left out."),
  }),
  promises: { degree: () => 1, losses: "positive", equivariant: ({ clientWeights }) => clientWeights === undefined },
  create: ({ q, clientWeights }, objectives) => {
    const shares = byObjective(clientWeights, objectives, 1 / objectives.length);
    return {
      init: () => null,
      step: (state, { names, losses }) => {
        const wrong = losses.findIndex((loss) => loss < 0);
        if (wrong >= 0)
          throw new TributaryError(
            "invalid-option",
            `q-ffl takes losses of at least 0, got ${names[wrong]!} ${losses[wrong]!}`,
          );
        const weights = at(shares, names).map((share, i) => share * pow(losses[i]!, q));
        return { weights, value: weights.reduce((sum, weight, i) => sum + weight * losses[i]!, 0) / (q + 1), state };
      },
    };
  },
});
