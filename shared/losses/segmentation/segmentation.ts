/**
 * Losses of regions. They compare a predicted map with a true one as wholes, so none is a mean over elements: overlap losses are
 * functions of sums (two-phase), exact for any sharding, where a mean of every client's own overlap would be another number;
 * the Lovász losses sort the elements of an image, which therefore stays whole (set).
 */
import { lovaszHinge, lovaszSoftmax } from "./lovasz.ts";
import { mcc } from "./mcc.ts";
import { dice, focalTversky, generalizedDice, jaccard, tversky } from "./overlap.ts";

/** The losses of regions, by name. */
export const segmentationLosses = {
  dice,
  jaccard,
  tversky,
  "focal-tversky": focalTversky,
  "generalized-dice": generalizedDice,
  mcc,
  "lovasz-hinge": lovaszHinge,
  "lovasz-softmax": lovaszSoftmax,
} as const;
