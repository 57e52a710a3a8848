import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";
import { unitRows } from "../gramian.ts";
import { minimizeOnSimplex } from "../solvers/simplex-quadratic.ts";

/**
 * The shortest vector near equal weights: MGDA in a box, on unit gradients.
 *
 *     min ‖Σλᵢgᵢ/‖gᵢ‖‖²   on the simplex,   |λᵢ − 1/m| ≤ ε        d = Σλᵢgᵢ/‖gᵢ‖
 *
 * Facts   ε = 0: the mean of unit rows · ε = 1: MGDA of unit rows
 * Source  Hu, Shaloudegi, Zhang & Yu (2022), algorithm 1, here over objectives
 */
export const fedmgdaPlus = defineWeighting({
  name: "fedmgda-plus",
  summary: "The shortest vector near equal weights, of unit gradients.",
  needs: "gramian",
  options: z.strictObject({
    epsilon: z.number().min(0).max(1).default(0.1).describe("How far a weight may be from 1/m."),
    normalizeRows: z.boolean().default(true),
  }),
  promises: { degree: ({ normalizeRows }) => (normalizeRows ? 0 : 1) },
  create: ({ epsilon, normalizeRows }) => ({
    init: () => null,
    step: (state, { gramian }) => {
      const share = 1 / gramian.length;
      const { lengths, cosines } = unitRows(gramian);
      const largest = gramian.reduce((most, row, i) => Math.max(most, row[i]!), 0) || 1;
      const quadratic = normalizeRows ? cosines : gramian.map((row) => row.map((value) => value / largest));
      const bounds = (side: number): number[] => gramian.map(() => Math.max(0, Math.min(1, share + side * epsilon)));
      const shares = minimizeOnSimplex({ quadratic, lower: bounds(-1), upper: bounds(1) });
      const weights = normalizeRows ? shares.map((value, i) => (lengths[i]! > 0 ? value / lengths[i]! : 0)) : shares;
      return { weights, state };
    },
  }),
});
