import { exp } from "../kernels/math.ts";

/** e^{xᵢ} / Σ e^{xⱼ}, with the largest taken out first. */
export function softmax(logits: Float64Array): Float64Array {
  const top = logits.reduce((most, value) => Math.max(most, value), -Infinity);
  const parts = logits.map((value) => exp(value - top));
  const total = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => part / total);
}

/** ln Σ e^{xᵢ} */
export function logSumExp(logits: Float64Array, log: (x: number) => number): number {
  const top = logits.reduce((most, value) => Math.max(most, value), -Infinity);
  return top + log(logits.reduce((sum, value) => sum + exp(value - top), 0));
}
