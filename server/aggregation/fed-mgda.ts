import { dot, norm } from "../../shared/tensor/vector.ts";
import type { RobustRule } from "./rule.ts";

const steps = 2000;

/**
 * FedMGDA+: clients' directions gₖ = xₖ/‖xₖ‖, and the shortest of their combinations whose weights stay near equal shares:
 *
 *     value = Σ λₖgₖ,   λ = argmin ‖Σ λₖgₖ‖² over Σλ = 1, λ ≥ 0, |λₖ − 1/n| ≤ ε
 *
 * Long updates have no more say than short ones, and one of length 0 none. Where all directions cancel the value is 0: Pareto stationary.
 * Source: Hu, Shaloudegi, Zhang & Yu (2022), with the box that ports leave out. By projected gradient descent from equal shares.
 */
export const fedMgda = (epsilon: number): RobustRule => ({
  name: "fedmgda",
  fewest: 1,
  withstands: () => 0,
  laws: { permutation: true, translation: false, scaling: false },
  choose(rows) {
    const lengths = rows.map(norm);
    const moving = rows.flatMap((_, i) => (lengths[i]! > 0 ? [i] : []));
    const value = new Float64Array(rows[0]!.length);
    if (moving.length === 0) return { value, selected: null };
    const directions = moving.map((i) => rows[i]!.map((x) => x / lengths[i]!));
    const weights = shortest(
      directions.map((a) => directions.map((b) => dot(a, b))),
      epsilon,
    );
    directions.forEach((direction, k) => {
      for (let j = 0; j < value.length; j++) value[j] = value[j]! + weights[k]! * direction[j]!;
    });
    return { value, selected: null };
  },
});

/** argmin λᵀGλ on the simplex within the box around equal shares. The step 1/trace is at most 1 over the largest eigenvalue. */
function shortest(gramian: readonly (readonly number[])[], epsilon: number): number[] {
  const n = gramian.length;
  const step = 1 / gramian.reduce((trace, row, i) => trace + row[i]!, 0);
  let weights = new Array<number>(n).fill(1 / n);
  for (let i = 0; i < steps; i++) {
    const slope = gramian.map((row) => row.reduce((sum, g, k) => sum + g * weights[k]!, 0));
    weights = intoBox(
      weights.map((weight, k) => weight - step * slope[k]!),
      Math.max(0, 1 / n - epsilon),
      Math.min(1, 1 / n + epsilon),
    );
  }
  return weights;
}

/** The nearest point with Σ = 1 and every weight between low and high: clamp(v − t), t found by halving. */
function intoBox(values: readonly number[], low: number, high: number): number[] {
  const clamped = (t: number): number[] => values.map((value) => Math.min(high, Math.max(low, value - t)));
  let [from, to] = [Math.min(...values) - 1, Math.max(...values)];
  for (let i = 0; i < 60; i++) {
    const middle = (from + to) / 2;
    if (clamped(middle).reduce((sum, weight) => sum + weight, 0) > 1) from = middle;
    else to = middle;
  }
  return clamped((from + to) / 2);
}
