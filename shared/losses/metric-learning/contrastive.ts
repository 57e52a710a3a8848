/**
 * Contrastive losses over the rows of a group: each row is told apart from all others of its group. Every row is compared with
 * every other, O(n²) in the batch. Groups stay whole, and their sums are never means: what a library averages over a batch is
 * here the global quotient, whatever the number of clients.
 */
import { z } from "zod";
import {
  add,
  and,
  broadcastTo,
  divideSafe,
  equal,
  greater,
  logSumExp,
  matmul,
  multiply,
  normalize,
  not,
  notEqual,
  oneHot,
  iota,
  relu,
  select,
  softplus,
  stopGradient,
  subtract,
  sum,
  toIndex,
  unsqueeze,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { alongColumns, alongRows, inGroups, ofGroup, perGroup, together, totals, type Groups } from "../groups.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss, type Units } from "../loss.ts";

const group = fromData("group", ["batch"]);
const vector = fromModel("real", ["batch", "features"]);
const temperature = (standard: number) => z.number().positive().default(standard);

/** cos(aᵢ, bⱼ)/τ [batch, batch]. */
const similarities = (a: Node, b: Node, tau: number): Node =>
  multiply(1 / tau, matmul(normalize(a), normalize(b), { transposeB: true }));

/** [n, n] 1 off the diagonal. */
const others = (n: number): Node => not(oneHot(toIndex(iota([n])), n));

/** log Σⱼ exp s[i, j] over the chosen j; 0 for a row with none. */
function logSumOver(chosen: Node, s: Node): Node {
  const some = greater(sum(chosen, 1), 0);
  const kept = select(chosen, s, -Infinity);
  return select(some, logSumExp(select(broadcastTo(unsqueeze(some, 1), s.shape), kept, 0)), 0);
}

/** Over the positives of each anchor, the mean of LSE_{j≠i} s_ij − s_ip; one per anchor that has a positive. */
function overPositives(rows: Groups, positive: Node, s: Node): Units {
  const rivals = and(together(rows), others(s.shape[0]!));
  const chosen = and(rivals, positive);
  const count = sum(chosen, 1);
  const pulled = divideSafe(sum(select(chosen, s, 0), 1), count);
  const some = greater(count, 0);
  const value = select(some, subtract(logSumOver(rivals, s), pulled), 0);
  return perGroup(rows, totals(rows, value), totals(rows, some));
}

const same = (x: Node): Node => equal(alongRows(x), alongColumns(x));

/**
 * NT-Xent: a view is to find the other view of its own example among all views of its group.
 *
 *     ℓ(group) = Σᵢ LSE_{j≠i} sᵢⱼ − sᵢ,ₚₐᵢᵣ₍ᵢ₎,   s = cos(zᵢ, zⱼ)/τ        den: anchors that have a positive
 *
 * Shapes  embeddings [batch, features], pair and group [batch]; rows of one pair in one group are views of one example
 * Unit    nats
 * Facts   equal embeddings → log(n − 1) · independent of lengths · groups without a pair are ignored · O(n²)
 * Option  temperature τ > 0. @default 0.5
 * When    representations are learned without labels, from two views of each example
 * Source  Chen, Kornblith, Norouzi & Hinton (2020)
 */
export const ntXent = defineLoss({
  name: "nt-xent",
  version: 1,
  kind: "set",
  unit: "anchor",
  measure: "nats",
  inputs: { prediction: vector, pair: fromData("member", ["batch"]), group },
  outputs: () => "any",
  options: z.strictObject({ temperature: temperature(0.5) }),
  perExample: ({ prediction, pair, group: of }, { temperature: tau }, weights) =>
    overPositives(inGroups(of, weights), same(pair), similarities(prediction, prediction, tau)),
});

/**
 * Supervised contrast: a row is to find all rows of its class among those of its group.
 *
 *     ℓ(group) = Σᵢ mean_{p: yₚ=yᵢ} (LSE_{j≠i} sᵢⱼ − sᵢₚ),   s = cos(zᵢ, zⱼ)/τ        den: anchors that have a positive
 *
 * Shapes  embeddings [batch, features], classes and group [batch]
 * Unit    nats
 * Facts   classes of two rows: nt-xent · groups without a positive are ignored · O(n²)
 * Option  temperature τ > 0. @default 0.1
 * When    classes are known and embeddings, not scores, are wanted
 * Source  Khosla et al. (2020), L_out
 */
export const supCon = defineLoss({
  name: "sup-con",
  version: 1,
  kind: "set",
  unit: "anchor",
  measure: "nats",
  inputs: { prediction: vector, target: fromData("class", ["batch"], { below: "classes" }), group },
  outputs: () => "any",
  options: z.strictObject({ temperature: temperature(0.1) }),
  perExample: ({ prediction, target, group: of }, { temperature: tau }, weights) =>
    overPositives(inGroups(of, weights), same(target), similarities(prediction, prediction, tau)),
});

/**
 * InfoNCE: a query is to find its own key among the keys of its group.
 *
 *     ℓ(group) = Σᵢ LSEⱼ sᵢⱼ − sᵢᵢ,   s = cos(queryᵢ, keyⱼ)/τ        symmetric: the average with keys that look for queries
 *
 * Shapes  query and key [batch, features], group [batch]; row i's key belongs to row i's query
 * Unit    nats
 * Facts   a group of one costs 0 · independent of lengths · O(n²)
 * Options temperature τ > 0. @default 0.07
 *         symmetric: both directions, averaged, as of images and their captions. @default false
 * When    two kinds of things are to meet in one space
 * Source  van den Oord, Li & Vinyals (2018); Radford et al. (2021) for the symmetric form
 */
export const infoNce = defineLoss({
  name: "info-nce",
  version: 1,
  kind: "set",
  unit: "anchor",
  measure: "nats",
  inputs: { query: vector, key: vector, group },
  outputs: () => "any",
  options: z.strictObject({ temperature: temperature(0.07), symmetric: z.boolean().default(false) }),
  perExample: ({ query, key, group: of }, { temperature: tau, symmetric }, weights) => {
    const rows = inGroups(of, weights);
    const found = (a: Node, b: Node): Node => {
      const s = similarities(a, b, tau);
      const own = sum(select(others(s.shape[0]!), 0, s), 1);
      return subtract(logSumOver(together(rows), s), own);
    };
    const forth = found(query, key);
    const value = symmetric ? multiply(0.5, add(forth, found(key, query))) : forth;
    return perGroup(rows, totals(rows, value), totals(rows, notEqual(rows.present, 0)));
  },
});

/**
 * Circle loss: similarities to positives above 1 − m, to negatives below m, each pulled in proportion to how far off it is.
 *
 *     ℓ(group) = sp(LSE_n γαₙ(sₙ − m) + LSE_p −γαₚ(sₚ − 1 + m)),   αₙ = max(0, sₙ + m), αₚ = max(0, 1 + m − sₚ) held constant
 *
 * Shapes  similarities [batch], target 1 for a positive and 0 for a negative [batch], group [batch]: the rows of one anchor
 * Unit    nats
 * Facts   one unit per group · groups without both a positive and a negative are ignored
 * Options margin m. @default 0.25
 *         scale γ > 0. @default 256
 * When    similarities of an anchor to positives and negatives are at hand
 * Source  Sun et al. (2020)
 */
export const circle = defineLoss({
  name: "circle",
  version: 1,
  kind: "set",
  unit: "anchor",
  held: true,
  measure: "nats",
  inputs: { prediction: fromModel("real", ["batch"]), target: fromData("binary", ["batch"]), group },
  options: z.strictObject({ margin: z.number().default(0.25), scale: z.number().positive().default(256) }),
  perExample: ({ prediction: s, target, group: of }, { margin, scale }, weights) => {
    const rows = inGroups(of, weights);
    const negative = multiply(scale, multiply(stopGradient(relu(add(s, margin))), subtract(s, margin)));
    const slack = stopGradient(relu(subtract(1 + margin, s)));
    const positive = multiply(-scale, multiply(slack, subtract(s, 1 - margin)));
    const joined = together(rows);
    const over = (mark: Node, x: Node): Node => logSumOver(and(joined, alongColumns(mark)), alongColumns(x));
    const [ups, downs] = [target, not(target)].map((mark) => totals(rows, mark));
    const both = and(greater(ups!, 0), greater(downs!, 0));
    const cost = softplus(add(over(not(target), negative), over(target, positive)));
    const share = divideSafe(1, ofGroup(rows, totals(rows, rows.present))); // every row of the group has the group's cost
    return perGroup(rows, totals(rows, multiply(share, select(ofGroup(rows, both), cost, 0))), both);
  },
});
