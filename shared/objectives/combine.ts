import { addScaled } from "../tensor/vector.ts";
import type { Random } from "../random.ts";
import { gramian } from "./gramian.ts";
import type { Directed, Weighed, Weighting } from "./weighting.ts";

/** One objective over all clients of a round: Lᵢ = num/den and ∇Lᵢ, uphill. */
export interface ObjectiveRow {
  readonly objective: string;
  readonly value: number;
  readonly gradient: Float64Array;
}

/** A stretch of the flat vector that the same objectives train: [from, to). */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly objectives: readonly string[];
}

export interface CombineOptions {
  /** How much each objective counts before it is weighed, its declared weight: the method sees wᵢLᵢ and wᵢgᵢ. */
  readonly scales: Readonly<Record<string, number>>;
  /** Who trains what. What more than one objective trains is shared. */
  readonly stretches: readonly Stretch[];
  /** The method's stream of this round. */
  readonly random: Random;
}

export interface Combined<State> {
  readonly direction: Float64Array;
  readonly state: State;
  /** Objective → its weight on shared parameters; null where the method mixes coordinates. */
  readonly weights: Readonly<Record<string, number>> | null;
  readonly status?: "stationary";
}

/**
 * The rows of a round as one direction.
 *
 *     scalarizing methods       d = Σ weightᵢ·wᵢ·gᵢ, on every parameter: the gradient of one number
 *     methods on gradients      the same on the parameters that objectives share, from the Gramian there alone;
 *                               what only one objective trains (its head) takes that objective's own gradient wᵢ·gᵢ
 *
 * Where nothing is shared there is nothing to weigh, and the weights are 1.
 */
export function combine<State>(
  rows: readonly ObjectiveRow[],
  weighting: Weighting<State>,
  state: State,
  { scales, stretches, random }: CombineOptions,
): Combined<State> {
  const names = rows.map(({ objective }) => objective);
  const declared = names.map((name) => scales[name] ?? 1);
  const losses = Float64Array.from(rows, ({ value }, i) => declared[i]! * value);
  const direction = new Float64Array(rows[0]?.gradient.length ?? 0);
  if (weighting.needs === "losses") {
    const weighed = weighting.step(state, { names, losses, random });
    rows.forEach(({ gradient }, i) => {
      addScaled(direction, weighed.weights[i]! * declared[i]!, gradient);
    });
    return described(direction, names, weighed);
  }
  const shared = stretches.filter(({ objectives }) => objectives.length > 1);
  for (const { from, to, objectives } of stretches) {
    if (objectives.length !== 1) continue;
    const i = names.indexOf(objectives[0]!);
    if (i >= 0) addScaled(direction.subarray(from, to), declared[i]!, rows[i]!.gradient.subarray(from, to));
  }
  if (shared.length === 0) return described(direction, names, { weights: losses.map(() => 1), state });
  const parts = rows.map(({ gradient }, i) => scaledParts(gradient, shared, declared[i]!));
  const seen = { names, losses, random, gramian: gramian(parts), rows: parts };
  const outcome = weighting.needs === "gramian" ? weighting.step(state, seen) : weighting.step(state, seen);
  const mixed = "direction" in outcome ? outcome.direction : weightedSum(parts, outcome.weights);
  let at = 0;
  for (const { from, to } of shared) {
    direction.set(mixed.subarray(at, at + to - from), from);
    at += to - from;
  }
  return described(direction, names, outcome);
}

/** The shared stretches of a row, one after the other, times its declared weight. */
function scaledParts(gradient: Float64Array, shared: readonly Stretch[], factor: number): Float64Array {
  const length = shared.reduce((sum, { from, to }) => sum + to - from, 0);
  if (factor === 1 && length === gradient.length) return gradient;
  const parts = new Float64Array(length);
  let at = 0;
  for (const { from, to } of shared) {
    addScaled(parts.subarray(at, at + to - from), factor, gradient.subarray(from, to));
    at += to - from;
  }
  return parts;
}

/** Jᵀw */
export function weightedSum(rows: readonly Float64Array[], weights: ArrayLike<number>): Float64Array {
  const sum = new Float64Array(rows[0]?.length ?? 0);
  rows.forEach((row, i) => {
    addScaled(sum, weights[i]!, row);
  });
  return sum;
}

const described = <State>(
  direction: Float64Array,
  names: readonly string[],
  { weights, state, status }: Weighed<State> | Directed<State>,
): Combined<State> => ({
  direction,
  state,
  weights: weights === undefined ? null : Object.fromEntries(names.map((name, i) => [name, weights[i]!])),
  ...(status !== undefined && { status }),
});
