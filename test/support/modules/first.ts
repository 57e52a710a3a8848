/** A rule that claims what it does not keep. */
import { defineAggregation } from "../../../server/aggregation/rule.ts";

export default defineAggregation({
  name: "first",
  fewest: 1,
  withstands: () => 2,
  laws: { permutation: true, translation: true, scaling: true },
  choose: (rows) => ({ value: rows.at(-1)!, selected: [rows.length - 1] }),
});
