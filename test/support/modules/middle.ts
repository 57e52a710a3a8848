/** A rule of the client axis of one's own: that of the catalogue, with its options. */
import { trimmedMean } from "../../../server/aggregation/coordinate-wise.ts";
import { defineAggregation, type RobustRule } from "../../../server/aggregation/rule.ts";

export default ({ f = 1 }: { readonly f?: number }): RobustRule => defineAggregation(trimmedMean({ f }));
