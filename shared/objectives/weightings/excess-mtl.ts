import { z } from "zod";
import { exp } from "../../kernels/math.ts";
import { defineWeighting } from "../define-weighting.ts";

interface Excess {
  readonly shares: Readonly<Record<string, number>>;
  /** Objective → Σ g² over the rounds, coordinate by coordinate. */
  readonly squares: Readonly<Record<string, ArrayLike<number>>>;
  readonly firstRisks: Readonly<Record<string, number>>;
}

/**
 * Robust to label noise: an objective counts by how far its loss is above what can be reached, not by the loss itself.
 *
 *     Eᵢ = Σₖ gᵢₖ²/√(Σₜ gᵢₖ² + ε)        wᵢ ← wᵢ·exp(rate·Eᵢ/Eᵢ(0)),   then Σw = m
 *
 * E is half of a Newton decrement with Adagrad's diagonal in the place of the Hessian. State has a vector of the model's size for
 * each objective.
 * Source  He, Zhou, Zhang et al. (2024), ExcessMTL, algorithm 1
 */
export const excessMtl = defineWeighting({
  name: "excess-mtl",
  summary: "Counts by how much of each loss can still be taken away.",
  needs: "rows",
  options: z.strictObject({ lr: z.number().positive().default(0.01).describe("The rate of the weights.") }),
  create: ({ lr }, objectives) => ({
    init: (): Excess => ({
      shares: Object.fromEntries(objectives.map((name) => [name, 1])),
      squares: {},
      firstRisks: {},
    }),
    step: ({ shares, squares, firstRisks }: Excess, { names, rows }) => {
      const [sums, first, next] = [{ ...squares }, { ...firstRisks }, { ...shares }];
      names.forEach((name, i) => {
        const before = squares[name];
        const own = rows[i]!.map((value, k) => (before?.[k] ?? 0) + value * value);
        const risk = rows[i]!.reduce((sum, value, k) => sum + (value * value) / Math.sqrt(own[k]! + 1e-7), 0);
        sums[name] = own;
        first[name] ??= risk;
        next[name] = shares[name]! * exp(lr * (first[name] > 0 ? risk / first[name] : 1));
      });
      const total = names.reduce((sum, name) => sum + next[name]!, 0) / names.length;
      for (const name of names) next[name] = next[name]! / total;
      const weights = Float64Array.from(names, (name) => next[name]!);
      const direction = new Float64Array(rows[0]?.length ?? 0);
      rows.forEach((row, i) => {
        row.forEach((value, k) => (direction[k]! += weights[i]! * value));
      });
      return { direction, weights, state: { shares: next, squares: sums, firstRisks: first } };
    },
  }),
});
