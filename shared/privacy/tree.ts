/**
 * Noise on a tree of partial sums, as DP-FTRL releases prefix sums: a leaf is one round, and whoever takes part once is in one node of each
 * level that is complete, so that T rounds tell as much as that many levels of Gaussian releases, whatever was drawn.
 *
 *     levels = ⌊log₂ T⌋ + 1        as so many releases with the noise σ of one node
 *
 * For whoever takes part once in those rounds: a new tree begins with each pass over everybody.
 *
 * Source  Kairouz et al. (2021), Practical and Private (Deep) Learning Without Sampling or Shuffling, §4
 */
import { pow } from "../kernels/math.ts";

/** How many nodes one leaf is in; 0 of no rounds. */
export function treeLevels(rounds: number): number {
  let levels = 0;
  for (let leaves = 1; leaves <= rounds; leaves *= 2) levels++;
  return levels;
}

/** The most rounds of a tree of so many levels. */
export const roundsOfTree = (levels: number): number => (levels > 52 ? Number.MAX_SAFE_INTEGER : pow(2, levels) - 1);
