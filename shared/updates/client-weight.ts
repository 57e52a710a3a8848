/**
 * What a client's change weighs among those of its cohort, in update mode. The client reports it, and the coordinator reckons it by the
 * denominators that the client has registered.
 *
 *     aₖ = Σᵢ wᵢ·denᵢₖ/Dᵢ   over objectives with Dᵢ > 0      pₖ = aₖ/Σᵢ wᵢ
 */
export function clientWeight(
  totals: readonly number[],
  denominators: ArrayLike<number>,
  weights: readonly number[],
): { weight: number; share: number } {
  let weight = 0;
  let all = 0;
  weights.forEach((w, i) => {
    if (totals[i]! === 0) return;
    weight += (w * denominators[i]!) / totals[i]!;
    all += w;
  });
  return { weight, share: all === 0 ? 0 : weight / all };
}
