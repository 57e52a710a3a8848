/**
 * Losses on differences between groups of people: how far apart the rates of positive answers are. A rate is a ratio of sums
 * over everyone, so all of these are two-phase: each client adds to the sums of each group, and no client needs all groups.
 *
 * A group that nobody, or too few, belong to has no rate: it is left out of the gap, and `details` says so. Which of two named
 * gaps is meant is an option, for they differ: rates ¾ and ¼ are ½ apart (max-min) and ¼ from the mean (moment).
 */
import { demographicParity, equalizedOdds, equalOpportunity } from "./gaps.ts";

/** The losses on groups, by name. */
export const fairnessLosses = {
  "demographic-parity": demographicParity,
  "equal-opportunity": equalOpportunity,
  "equalized-odds": equalizedOdds,
} as const;
