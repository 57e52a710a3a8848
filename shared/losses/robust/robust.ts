/**
 * Losses of all examples made of another loss's values: the worst share of them, a mean that leans to one end, the worst group.
 * The example that sets the scale may be anybody's, so they are functions of sums: histograms, exponentials in bins, group sums.
 */
import { boundedGroupLoss } from "./bounded-group.ts";
import { cvar } from "./cvar.ts";
import { geometricMean, term } from "./tilted.ts";

/** The losses around another loss, by name. */
export const robustLosses = {
  cvar,
  term,
  "geometric-mean": geometricMean,
  "bounded-group-loss": boundedGroupLoss,
} as const;
