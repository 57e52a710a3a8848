/**
 * How good the order of a group's rows is: the documents of a query by their grades, or what a user took among what was not.
 *
 * Equal scores have no order, and the order of a file is none either: where rows tie, a value is the mean over the places that
 * the tied ones share. So a model that tells nothing apart scores what chance would, and shuffling rows changes nothing.
 */
import {
  add,
  and,
  constant,
  divide,
  divideSafe,
  equal,
  fill,
  gather,
  greater,
  isFinite,
  linearScan,
  multiply,
  not,
  lessEqual,
  scatterAdd,
  select,
  subtract,
  toIndex,
  toReal,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { joined, ofGroup, totals, type Groups } from "../losses/groups.ts";
import { atEnds, inLists, places, runsOf } from "../losses/lists.ts";
import { discount, gain, idealGain, type Gain } from "../losses/ranking/discount.ts";
import type { Metric, MetricInputs } from "./metric.ts";
import { groupMean } from "./per-group.ts";

const graded = { measure: "share", better: "higher", targets: ["number", "level", "binary"] } as const;

/**
 * Normalized discounted cumulative gain of the first k rows; of all when k is left out.
 *
 *     NDCG@k = Σᵢ G(yᵢ)·d(rankᵢ) / the same in the best order,   d(r) = 1/log₂(1 + r) for r ≤ k, else 0
 *     G(y) = 2^y − 1 (exponential) or y (linear)
 *
 * Tied rows each have the mean discount of the places they share. A group without gain has no NDCG and is left out; some tools
 * count it 1, others 0.
 *
 * Source  Järvelin & Kekäläinen (2002); Burges et al. (2005); McSherry & Najork (2008) for ties
 */
export function ndcg(k?: number, gains: Gain = "exponential"): Metric {
  const name = `ndcg${gains === "linear" ? "-linear" : ""}${k === undefined ? "" : `@${k}`}`;
  return groupMean({ ...graded, name }, (rows, { prediction, target }) => {
    const y = toReal(target);
    const list = inLists(rows, prediction, { descending: true });
    const runs = runsOf(list, list.take(prediction));
    const over = (x: Node): Node => gather(scatterAdd(x, runs, x.shape[0]!), runs);
    const share = divide(over(discount(places(list.number), k)), over(fill(1, y.shape)));
    const best = idealGain(rows, y, k, gains);
    const found = list.totals(multiply(gain(list.take(y), gains), share));
    return { value: divideSafe(found, best), counted: greater(best, 0) };
  });
}

/** The mean over groups of the average precision: of the precision at each relevant row (y > 0). Tied rows are one threshold. */
export const meanAveragePrecision: Metric = groupMean(
  { ...graded, name: "mean-average-precision" },
  (rows, { prediction, target }) => {
    const list = inLists(rows, prediction, { descending: true });
    const hit = list.take(greater(toReal(target), 0));
    const runs = runsOf(list, list.take(prediction));
    const atEnd = (x: Node): Node => gather(atEnds(runs, x), runs);
    const precision = divide(atEnd(linearScan(joined(list.number), hit)), atEnd(places(list.number)));
    const hits = list.totals(hit);
    return { value: divideSafe(list.totals(multiply(hit, precision)), hits), counted: greater(hits, 0) };
  },
);

/** The share of groups in which something relevant stands among the first k: HR@k. */
export const hitRate = (k: number): Metric => ofFirstHit(`hit-rate@${k}`, (rank) => (rank <= k ? 1 : 0));

/** The mean over groups of 1/rank of the first that is relevant: MRR. */
export const reciprocalRank: Metric = ofFirstHit("reciprocal-rank", (rank) => 1 / rank);

/**
 * The mean over groups of f(rank of the first relevant row). Relevant are rows with y > 0; of pairs the better one, which is the
 * same in all pairs of a group: what a user took, beside one thing after the other that the user did not. With a of the
 * others above it and t level with it, its value is the mean of f(a + 1), …, f(a + 1 + t).
 */
function ofFirstHit(name: string, f: (rank: number) => number): Metric {
  return groupMean({ ...graded, name, pairs: true }, (rows, inputs) => {
    const { above, level, counted } = inputs.pairs === true ? amongPairs(rows, inputs) : amongRows(rows, inputs);
    const sums = prefixSums(f, rows.present.shape[0]! + 1);
    const upTo = (rank: Node): Node => gather(sums, toIndex(rank));
    const places = add(level, 1);
    return { value: divide(subtract(upTo(add(above, places)), upTo(above)), places), counted };
  });
}

interface Standing {
  /** Slot by slot: how many of the others stand above the first relevant row, and level with it. */
  readonly above: Node;
  readonly level: Node;
  /** 1 where there is a relevant row. */
  readonly counted: Node;
}

/** Each pair is one of the others. */
function amongPairs(rows: Groups, { prediction }: MetricInputs): Standing {
  const level = equal(prediction, 0);
  return {
    above: totals(rows, not(add(greater(prediction, 0), level))), // a margin that is no number is no win
    level: totals(rows, level),
    counted: greater(totals(rows, fill(1, prediction.shape)), 0),
  };
}

function amongRows(rows: Groups, { prediction, target }: MetricInputs): Standing {
  const relevant = greater(toReal(target), 0);
  const key = select(relevant, prediction, -Infinity);
  const list = inLists(rows, key, { descending: true });
  const best = list.totals(select(joined(list.number), 0, list.take(key)));
  const [score, others] = [ofGroup(rows, best), not(relevant)];
  return {
    above: totals(rows, and(others, not(lessEqual(prediction, score)))),
    level: totals(rows, and(others, equal(prediction, score))),
    counted: and(greater(totals(rows, relevant), 0), isFinite(best)),
  };
}

/** F(0) = 0, F(r) = f(1) + … + f(r): [n + 1]. */
function prefixSums(f: (rank: number) => number, n: number): Node {
  const sums = [0];
  for (let rank = 1; rank <= n; rank++) sums.push(sums[rank - 1]! + f(rank));
  return constant(sums, [n + 1]);
}
