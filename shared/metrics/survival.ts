import { and, equal, greater, less, not, or, sumAll, multiply } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { alongColumns, alongRows, ofGroup, overPairs } from "../losses/groups.ts";
import { quotient, type Metric } from "./metric.ts";
import { groupsOf } from "./per-group.ts";

/**
 * Harrell's concordance: of the pairs whose order in time is known, the share in which the one with the earlier event has the
 * higher log hazard; ties of the hazard are counted half.
 *
 *     C = Σ_g Σ [hᵢ > hⱼ] + ½[hᵢ = hⱼ]  /  Σ_g Σ 1           over pairs of a group with an event at tᵢ, and tᵢ < tⱼ or
 *                                                            tᵢ = tⱼ where j was censored
 *
 * Only pairs within a group are compared: over clients it is the concordance stratified by client; of rows that are all in one
 * place, with one group for all of them, Harrell's own. A pair weighs what its group does.
 *
 * Cost    O(n²) for n rows of a batch
 * Source  Harrell, Califf, Pryor, Lee & Rosati (1982)
 */
export const concordance: Metric = {
  name: "concordance",
  measure: "share",
  better: "higher",
  targets: ["number"],
  losses: "survival",
  grouped: true,
  parts(inputs) {
    const rows = groupsOf(inputs);
    const { prediction, survival } = inputs;
    const { time, event } = survival!; // who compiles has made sure of them
    const [earlier, level] = [less(alongRows(time), alongColumns(time)), equal(alongRows(time), alongColumns(time))];
    const known = and(alongRows(event), or(earlier, and(level, not(alongColumns(event)))));
    const [higher, tied] = [greater, equal].map((compare) => compare(alongRows(prediction), alongColumns(prediction)));
    const total = (chosen: Node): Node => sumAll(multiply(ofGroup(rows, rows.weight), overPairs(rows, chosen)));
    return {
      higher: total(and(known, higher!)),
      tied: total(and(known, tied!)),
      pairs: total(known),
    };
  },
  value: ({ higher, tied, pairs }) => quotient((higher?.[0] ?? 0) + (tied?.[0] ?? 0) / 2, pairs?.[0]),
};
