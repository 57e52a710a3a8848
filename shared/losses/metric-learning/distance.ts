import {
  abs,
  divideSafe,
  matmul,
  max,
  multiply,
  norm,
  normalize,
  power,
  select,
  squeeze,
  stopGradient,
  subtract,
  sum,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";

/** ‖a − b‖ₚ along the last axis; slope 0 where a = b. */
export function distance(a: Node, b: Node, p = 2): Node {
  const gap = subtract(a, b);
  if (p === 1) return sum(abs(gap), -1);
  if (p === 2) return norm(gap);
  const size = abs(gap);
  const largest = stopGradient(max(size, -1, { keepAxis: true })); // taken out, so that no power overflows
  const total = sum(power(divideSafe(size, largest), p), -1); // 0 only where a = b, else at least 1
  return select(total, multiply(squeeze(largest, -1), power(select(total, total, 1), 1 / p)), 0);
}

/** cos of the angle between rows, along the last axis; 0, with slope 0, where either is the zero vector. */
export const cosine = (a: Node, b: Node): Node => divideSafe(divideSafe(sum(multiply(a, b), -1), norm(a)), norm(b));

/** [i, j] the cosine of row i of a and row j of b; 0, with slope 0, for zero vectors. */
export const cosines = (a: Node, b: Node): Node => matmul(normalize(a), normalize(b), { transposeB: true });
