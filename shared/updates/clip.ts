import { mapVectors, vectorsOf, type Update, type UpdateStep, type Vector } from "./update.ts";

/**
 * Shortens an update to L2 norm ≤ `bound`, all its vectors taken together, and never lengthens it.
 * The bound is the client's sensitivity: the number the privacy accountant needs. (m rows clipped one by one would be √m·bound.)
 *
 * Facts   (3, 4) clipped at 1 is (0.6, 0.8) · an update within the bound is returned as it is · float32 stays float32
 */
export const clip =
  (bound: number): UpdateStep =>
  (update) => {
    const length = norm(update);
    return length <= bound ? update : mapVectors(update, (vector) => scaled(bound / length, vector));
  };

/** The L2 norm of all vectors of an update together. */
export function norm(update: Update): number {
  let squares = 0;
  for (const vector of vectorsOf(update)) for (const x of vector) squares += x * x;
  return Math.sqrt(squares);
}

const scaled = (factor: number, vector: Vector): Vector => vector.map((x) => factor * x);
