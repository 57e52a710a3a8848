/**
 * Clips: what keeps one number, one example, one objective or one client from carrying the model away. Six names for six places,
 * in the order in which they act; each may be set on its own, and each counts what it has clipped.
 *
 *     perExample     the gradient of one row, all objectives stacked, to a norm      at the client, before rows are added up
 *     perClient      the update of one client, all its vectors stacked, to a norm    at the client, before it leaves
 *     perObjective   the mean gradient of one objective, to a norm                   at the coordinator, before objectives are weighed
 *     adaptive       each unit's slope to a share of its weights' norm               at the coordinator, after smooth penalties …
 *     value          each number of the direction into ±bound                        … then this …
 *     globalNorm     the whole direction to a norm                                   … then this, before the optimizer
 *
 * Facts   (3, 4) clipped at 1 is (0.6, 0.8) · what is within its bound keeps every bit · NaN and ∞ stay what they are, and are found later
 * Source  Pascanu et al. (2013) for the norm, Abadi et al. (2016) per example, Brock et al. (2021) for adaptive
 */
import type { ParameterLayout } from "../tensor/parameters.ts";
import type { Vector } from "./update.ts";

/** Shortens vectors, stacked, to an L2 norm ≤ `bound`, in place; never lengthens them. Whether it did. */
export function clipNorm(vectors: readonly Vector[], bound: number): boolean {
  const length = stackedNorm(vectors);
  if (!(length > bound)) return false;
  for (const vector of vectors) for (let i = 0; i < vector.length; i++) vector[i] = (vector[i]! / length) * bound;
  return true;
}

/** The L2 norm of all vectors together, also where the squares are beyond the largest number. */
export function stackedNorm(vectors: readonly Vector[]): number {
  let squares = 0;
  for (const vector of vectors) for (const x of vector) squares += x * x;
  if (squares !== Infinity) return Math.sqrt(squares);
  let largest = 0;
  for (const vector of vectors) for (const x of vector) largest = Math.max(largest, Math.abs(x));
  if (largest === Infinity) return Infinity;
  squares = 0;
  for (const vector of vectors) for (const x of vector) squares += (x / largest) * (x / largest);
  return largest * Math.sqrt(squares);
}

/** Each number into [−bound, bound], in place. How many were outside. */
export function clipValues(vector: Vector, bound: number): number {
  let clipped = 0;
  for (let i = 0; i < vector.length; i++) {
    if (!(Math.abs(vector[i]!) > bound)) continue;
    vector[i] = Math.sign(vector[i]!) * bound;
    clipped++;
  }
  return clipped;
}

export interface AdaptiveClip {
  /** A unit's slope is at most this share of its weights' norm. */
  readonly factor: number;
  /** Weights shorter than this count as this long, so that what starts at 0 can move. */
  readonly floor: number;
}

/**
 * Adaptive gradient clipping: ‖g_u‖ ≤ factor · max(‖θ_u‖, floor) for each unit u, in place. A unit is what reaches one output: all
 * numbers of a weight with the same last index; a parameter of one axis is one unit. How many units were clipped.
 */
export function clipAdaptively(
  gradient: Float64Array,
  parameters: Float64Array,
  { places }: ParameterLayout,
  { factor, floor }: AdaptiveClip,
): number {
  let clipped = 0;
  for (const { offset, size, shape, scope } of places) {
    if (scope === "buffer" || size === 0) continue;
    const units = shape.length < 2 ? 1 : shape.at(-1)!;
    for (let unit = 0; unit < units; unit++) {
      const of = (vector: Float64Array): Float64Array =>
        Float64Array.from({ length: size / units }, (_, i) => vector[offset + unit + i * units]!);
      const bound = factor * Math.max(stackedNorm([of(parameters)]), floor);
      const slope = of(gradient);
      if (!clipNorm([slope], bound)) continue;
      slope.forEach((value, i) => (gradient[offset + unit + i * units] = value));
      clipped++;
    }
  }
  return clipped;
}
