/** Losses on a list as a whole: one draw from a distribution over its rows, or over their orders. LSE = log Σ exp. */
import { z } from "zod";
import { cumulativeLogSumExp, exp, greater, multiply, reverse, select, subtract } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { inGroups, ofGroup, perGroup, totals, type Groups } from "../groups.ts";
import { inLists, logSumExpOf } from "../lists.ts";
import { defineLoss } from "../loss.ts";
import { scored } from "./scored.ts";

const noOptions = z.strictObject({});

/** −log softmax of x within each group, row by row. */
const surprise = (rows: Groups, x: Node): Node => subtract(ofGroup(rows, logSumExpOf(rows, x)), x);

/**
 * ListNet: the cross-entropy between the top-one chances of relevances and of scores.
 *
 *     ℓ(list) = −Σᵢ softmax(y)ᵢ·log softmax(s)ᵢ
 *
 * Shapes  scores s, relevances y and group [batch]; a group is a list and a unit
 * Unit    nats
 * Facts   smallest at s = y + constant, there the entropy of softmax(y) · equal scores → ln(rows) · finite at ±10⁴
 * When    relevances are on the scale of scores; O(n log n), so long lists too
 * Source  Cao et al. (2007)
 */
export const listNet = defineLoss({
  name: "listnet",
  version: 1,
  kind: "set",
  unit: "list",
  measure: "nats",
  inputs: scored,
  options: noOptions,
  perExample: ({ prediction, target, group }, _options, weights) => {
    const rows = inGroups(group, weights);
    const chance = exp(subtract(target, ofGroup(rows, logSumExpOf(rows, target))));
    return perGroup(rows, totals(rows, multiply(chance, surprise(rows, prediction))));
  },
});

/**
 * ListMLE: the likelihood of the right order, drawn without replacement by scores (Plackett–Luce).
 *
 *     ℓ(list) = Σᵢ LSE(sᵢ … sₙ) − sᵢ          in the order of falling y, ties as the rows stand
 *
 * Shapes  scores s, relevances y and group [batch]; a group is a list and a unit
 * Unit    nats
 * Facts   equal scores → ln(n!) · depends on differences alone · the order of equals counts: shuffle them, or mind it
 * When    a full order is known; O(n log n), so long lists too
 * Source  Xia et al. (2008)
 */
export const listMle = defineLoss({
  name: "listmle",
  version: 1,
  kind: "set",
  unit: "list",
  measure: "nats",
  inputs: scored,
  options: noOptions,
  perExample: ({ prediction, target, group }, _options, weights) => {
    const rows = inGroups(group, weights);
    const list = inLists(rows, target, { descending: true });
    const s = list.take(prediction);
    const rest = reverse(cumulativeLogSumExp(reverse(s, 0), reverse(list.number, 0)), 0); // LSE(sᵢ … sₙ)
    return perGroup(rows, list.totals(subtract(rest, s)));
  },
});

/**
 * Ranking softmax: the relevances as weights of one choice among the rows.
 *
 *     ℓ(list) = −Σᵢ yᵢ·log softmax(s)ᵢ
 *
 * Shapes  scores s, relevances y ≥ 0 and group [batch]; a group is a list and a unit
 * Unit    nats
 * Facts   one row of relevance 1 → softmax cross-entropy on it · a list without relevance is ignored · finite at ±10⁴
 * When    one or few rows of a list are right: clicks, purchases, retrieval; O(n log n), so long lists too
 * Source  Bruch et al. (2019)
 */
export const rankingSoftmax = defineLoss({
  name: "ranking-softmax",
  version: 1,
  kind: "set",
  unit: "list",
  measure: "nats",
  inputs: scored,
  options: noOptions,
  perExample: ({ prediction, target, group }, _options, weights) => {
    const rows = inGroups(group, weights);
    const value = totals(rows, select(target, multiply(target, surprise(rows, prediction)), 0));
    return perGroup(rows, value, greater(totals(rows, target), 0));
  },
});
