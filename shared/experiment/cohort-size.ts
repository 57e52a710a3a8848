/** max(⌈C·N⌉, 1), where a product that is whole but for rounding (0.07 · 100 = 7.000000000000001) counts as whole. */
export function cohortSize(fraction: number, members: number): number {
  const product = fraction * members;
  const whole = Math.round(product);
  return Math.max(Math.abs(product - whole) < 1e-9 * members ? whole : Math.ceil(product), 1);
}
