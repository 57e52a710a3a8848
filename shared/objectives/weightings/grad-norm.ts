import { z } from "zod";
import { pow } from "../../kernels/math.ts";
import { defineWeighting } from "../define-weighting.ts";

interface GradNorm {
  readonly initialLosses: Readonly<Record<string, number>>;
  readonly weights: Readonly<Record<string, number>>;
}

/**
 * Gradient normalization: the weighted gradients' lengths are pulled to a common one, longer for what has fallen less.
 *
 *     targetᵢ = Ḡ·rᵢ^α        Ḡ the mean of wᵢ‖gᵢ‖,   rᵢ = (Lᵢ/Lᵢ(0)) / their mean
 *     wᵢ ← wᵢ − rate·sign(wᵢ‖gᵢ‖ − targetᵢ)·‖gᵢ‖,   then Σw = m
 *
 * The first round only notes L(0): there every objective counts 1. A weight stays at least 1e-3, so that none is lost or turns over.
 * Source  Chen, Badrinarayanan, Lee & Rabinovich (2018), algorithm 1
 */
export const gradNorm = defineWeighting({
  name: "grad-norm",
  summary: "Pulls the weighted gradients to a common length.",
  needs: "gramian",
  options: z.strictObject({
    alpha: z.number().default(1.5).describe("How much more what falls slowly counts."),
    lr: z.number().positive().default(0.025),
  }),
  promises: { losses: "positive" },
  create: ({ alpha, lr }, objectives) => ({
    init: (): GradNorm => ({ initialLosses: {}, weights: Object.fromEntries(objectives.map((name) => [name, 1])) }),
    step: (state: GradNorm, { names, losses, gramian }) => {
      const before = Float64Array.from(names, (name) => state.weights[name]!);
      const known = names.every((name) => name in state.initialLosses);
      const initialLosses = {
        ...Object.fromEntries(names.map((name, i) => [name, losses[i]!])),
        ...state.initialLosses,
      };
      if (!known) return { weights: before, state: { ...state, initialLosses } };
      const weights = pulled(
        before,
        Float64Array.from(names, (name, i) => losses[i]! / initialLosses[name]!),
        gramian,
        { alpha, lr },
      );
      const named = Object.fromEntries(names.map((name, i) => [name, weights[i]!]));
      return { weights, state: { initialLosses, weights: { ...state.weights, ...named } } };
    },
  }),
});

function pulled(
  weights: Float64Array,
  progress: Float64Array,
  gramian: readonly Float64Array[],
  { alpha, lr }: { readonly alpha: number; readonly lr: number },
): Float64Array {
  const m = weights.length;
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / m;
  const lengths = Float64Array.from(gramian, (row, i) => Math.sqrt(row[i]!));
  const weighted = lengths.map((length, i) => length * weights[i]!);
  const [common, usual] = [mean(weighted), mean(progress)];
  const moved = weights.map((weight, i) => {
    const target = common * pow(progress[i]! / usual, alpha);
    return Math.max(1e-3, weight - lr * Math.sign(weighted[i]! - target) * lengths[i]!);
  });
  const total = mean(moved);
  return moved.map((weight) => weight / total);
}
