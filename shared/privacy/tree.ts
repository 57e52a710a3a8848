/**
 * Noise on a tree of partial sums, as DP-FTRL releases prefix sums: a leaf is one round, and whoever takes part once is in one node of each
 * level that is complete, so that T rounds tell as much as that many levels of Gaussian releases, whatever was drawn.
 *
 *     levels = ⌊log₂ T⌋ + 1        as one release with the noise σ/√levels
 *
 * For whoever takes part once in those rounds: a new tree begins with each pass over everybody.
 *
 * Source  Kairouz et al. (2021), Practical and Private (Deep) Learning Without Sampling or Shuffling, §4
 */
export function treeNoise(sigma: number, rounds: number): number {
  let levels = 1;
  for (let leaves = 2; leaves <= rounds; leaves *= 2) levels++;
  return sigma / Math.sqrt(levels);
}
