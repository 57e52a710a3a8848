import { z } from "zod";
import { TributaryError } from "../../errors.ts";
import { defineWeighting } from "../define-weighting.ts";

/**
 * Projecting conflicting gradients: each gradient loses, in turn, what points against one of the others; then all are added.
 *
 *     for each i, for each j ≠ i in order:   ⟨g, gⱼ⟩ < 0   ⇒   g ← g − ⟨g, gⱼ⟩/‖gⱼ‖²·gⱼ        d = Σ g
 *
 * The projections are linear combinations of the rows, so the Gramian is enough. It depends on the order, which is random in the
 * paper: drawn for each i from the round's stream, or `ascending`, or a list of positions.
 *
 * Facts   J = [[−4,1,1],[6,1,1]]: w = (20/9, 30/19)
 * Source  Yu et al. (2020), algorithm 1
 */
export const pcgrad = defineWeighting({
  name: "pcgrad",
  summary: "Each gradient loses what points against another.",
  needs: "gramian",
  options: z.strictObject({
    order: z
      .union([z.enum(["random", "ascending"]), z.array(z.int().min(0))])
      .default("random")
      .describe("In which order the others are visited."),
  }),
  promises: { degree: () => 1, equivariant: () => false },
  create: ({ order }, objectives) => {
    if (Array.isArray(order) && new Set(order).size !== objectives.length)
      throw new TributaryError(
        "invalid-option",
        `Expected an order of ${objectives.length} objectives, got [${order.join(", ")}]`,
      );
    return {
      init: () => null,
      step: (state, { gramian, random }) => {
        const m = gramian.length;
        const weights = new Float64Array(m);
        for (let i = 0; i < m; i++) {
          const own = new Float64Array(m);
          own[i] = 1;
          const others = order === "random" ? random.permutation(m) : order === "ascending" ? gramian.keys() : order;
          for (const j of others) {
            if (j === i || j >= m || gramian[j]![j] === 0) continue;
            const along = gramian[j]!.reduce((sum, value, k) => sum + value * own[k]!, 0);
            if (along < 0) own[j]! -= along / gramian[j]![j]!;
          }
          own.forEach((value, k) => (weights[k]! += value));
        }
        return { weights, state };
      },
    };
  },
});
