import { z } from "zod";
import { TributaryError } from "../../errors.ts";
import { defineWeighting } from "../define-weighting.ts";

/**
 * Gradient sign dropout: in each coordinate only the gradients of one sign are kept, drawn by how much of it there is.
 *
 *     P = ½(1 + Σᵢgᵢ / Σᵢ|gᵢ|)        u < P keeps the positive ones, u > P the negative ones, u = P none;  u uniform
 *
 * The only method that mixes rows coordinate by coordinate: it has no weights.
 *
 * Facts   J = [[−4,1,1],[6,1,1]], u = .5: P = (.6, 1, 1), d = (6, 2, 2)
 * Source  Chen, Ngiam et al. (2020), algorithm 1, without leakage
 */
export const gradDrop = defineWeighting({
  name: "grad-drop",
  summary: "In each coordinate the gradients of one sign are kept.",
  needs: "rows",
  options: z.strictObject({
    uniform: z.array(z.number().min(0).max(1)).optional().describe("u, one for each coordinate; drawn when left out."),
  }),
  promises: { degree: () => 1 },
  create: ({ uniform }) => ({
    init: () => null,
    step: (state, { rows, random }) => {
      const size = rows[0]?.length ?? 0;
      if (uniform !== undefined && uniform.length !== size)
        throw new TributaryError(
          "invalid-option",
          `Expected ${size} uniform numbers, one per coordinate, got ${uniform.length}`,
        );
      const direction = new Float64Array(size);
      for (let k = 0; k < size; k++) {
        let [up, down] = [0, 0];
        for (const row of rows) {
          if (row[k]! > 0) up += row[k]!;
          else down -= row[k]!;
        }
        const u = uniform?.[k] ?? random.uniform();
        const purity = up + down === 0 ? 0.5 : 0.5 * (1 + (up - down) / (up + down));
        if (u < purity) direction[k] = up;
        else if (u > purity) direction[k] = -down;
      }
      return { direction, state };
    },
  }),
});
