/** How much each class should count, from the counts of all clients together: constants of a run, never of a batch. */
import { expm1, log1p } from "../kernels/math.ts";

/**
 * Weights that give every class the same total, w_c = N/(C·n_c); 0 for a class that is absent, which C leaves out.
 *
 *     [90, 10] → [.5556, 5]
 */
export function balancedWeights(counts: readonly number[]): number[] {
  const present = counts.filter((count) => count > 0).length;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (count === 0 ? 0 : total / (present * count)));
}

/**
 * Weights by the effective number of examples, w_c ∝ (1 − β)/(1 − βⁿ), with the sum C over the classes present; 0 for absent ones.
 * β → 0: all alike. β → 1: the balanced weights' ratios.
 *
 * Source: Cui, Jia, Lin, Song & Belongie (2019)
 */
export function effectiveNumberWeights(counts: readonly number[], beta: number): number[] {
  const raw = counts.map((count) => (count === 0 ? 0 : (1 - beta) / -expm1(count * log1p(beta - 1))));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const present = counts.filter((count) => count > 0).length;
  return raw.map((weight) => (weight * present) / total);
}
