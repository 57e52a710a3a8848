/** Losses that tell what belongs together from everyone else in its group. s(a, b) = cos(a, b)/τ, LSE = log Σ exp. */
import { z } from "zod";
import { add, divideSafe, greater, logSumExp, multiply, select, subtract, sum, transpose } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { inGroups, perGroup, together, totals, type Groups } from "../groups.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss, type Units } from "../loss.ts";
import { cosine, cosines } from "./distance.ts";
import { kinship, labelled } from "./kinship.ts";

/** Stands for log 0: finite, so that what flows back through it is 0 and not NaN. */
const NEVER = -1e30;

const embedding = fromModel("real", ["batch", "features"]);
const inGroup = fromData("group", ["batch"]);
const temperature = (initial: number) => z.number().positive().default(initial);

const similarities = (a: Node, b: Node, tau: number): Node => multiply(1 / tau, cosines(a, b));

/** For each anchor the mean over its positives of LSE_{j≠i} sᵢⱼ − sᵢₚ; anchors without a positive do not count. */
function againstOthers(embeddings: Node, kin: Node, rows: Groups, tau: number): Units {
  const s = similarities(embeddings, embeddings, tau);
  const { others, positive } = kinship(rows, kin);
  const number = sum(positive, 1);
  const log = logSumExp(select(others, s, NEVER));
  const near = divideSafe(sum(select(positive, s, 0), 1), number);
  const anchor = greater(number, 0);
  return perGroup(rows, totals(rows, select(anchor, subtract(log, near), 0)), totals(rows, anchor));
}

/**
 * NT-Xent (SimCLR): of all others in its group, each view's partner is the most alike.
 *
 *     ℓ(i) = −s(i, pair(i)) + log Σ_{j≠i} exp s(i, j),   s = cos/τ
 *
 * Shapes  embeddings [batch, features], pair and group [batch] (index): the two views of one thing share `pair`
 * Unit    nats per anchor
 * Facts   lengths do not matter · n equal embeddings → ln(n − 1) · a view without partner is no anchor, but one of the others
 * Option  temperature τ > 0. @default 0.5
 * Cost    O(n²) pairs of a batch
 * When    representations without labels: two augmentations of each thing; a group is what one batch would be
 * Source  Chen, Kornblith, Norouzi & Hinton (2020)
 */
export const ntXent = defineLoss({
  name: "nt-xent",
  version: 1,
  kind: "set",
  unit: "anchor",
  measure: "nats",
  inputs: { prediction: embedding, pair: fromData("member", ["batch"]), group: inGroup },
  outputs: () => "any",
  options: z.strictObject({ temperature: temperature(0.5) }),
  perExample: ({ prediction, pair, group }, { temperature: tau }, weights) =>
    againstOthers(prediction, pair, inGroups(group, weights), tau),
});

/**
 * Supervised contrastive: all of an anchor's class in its group are more alike than the others.
 *
 *     ℓ(i) = (1/|P(i)|) Σ_{p∈P(i)} log Σ_{j≠i} exp s(i, j) − s(i, p),   s = cos/τ,   P(i): the others of i's class in its group
 *
 * Shapes  embeddings [batch, features], target (class) and group [batch] (index)
 * Unit    nats per anchor
 * Facts   with two of each class it is nt-xent · lengths do not matter · an anchor alone in its class does not count
 * Option  temperature τ > 0. @default 0.1
 * Cost    O(n²) pairs of a batch
 * When    representations from labels, to be used by a simple head afterwards
 * Source  Khosla et al. (2020), L_out
 */
export const supCon = defineLoss({
  name: "sup-con",
  version: 1,
  kind: "set",
  unit: "anchor",
  measure: "nats",
  inputs: labelled,
  outputs: () => "any",
  options: z.strictObject({ temperature: temperature(0.1) }),
  perExample: ({ prediction, target, group }, { temperature: tau }, weights) =>
    againstOthers(prediction, target, inGroups(group, weights), tau),
});

/**
 * InfoNCE: of all keys in its group, a query's own is the most alike.
 *
 *     ℓ(i) = log Σⱼ exp s(qᵢ, kⱼ) − s(qᵢ, kᵢ),   s = cos/τ
 *     symmetric: the mean of this and of the same with queries and keys exchanged
 *
 * Shapes  query q and key k [batch, features], row by row a pair, group [batch] (index)
 * Unit    nats per query
 * Facts   n equal keys → ln n · n nats at most less than the mutual information it bounds · lengths do not matter
 * Options temperature τ > 0. @default 0.07
 *         symmetric: keys look for their queries too (CLIP). @default false
 * Cost    O(n²) pairs of a batch
 * When    two views of each thing by two encoders: images and texts, questions and answers
 * Source  van den Oord, Li & Vinyals (2018); Radford et al. (2021) for symmetric
 */
export const infoNce = defineLoss({
  name: "info-nce",
  version: 1,
  kind: "set",
  unit: "anchor",
  measure: "nats",
  inputs: { query: embedding, key: embedding, group: inGroup },
  outputs: () => "any",
  options: z.strictObject({ temperature: temperature(0.07), symmetric: z.boolean().default(false) }),
  perExample: ({ query, key, group }, { temperature: tau, symmetric }, weights) => {
    const rows = inGroups(group, weights);
    const s = similarities(query, key, tau);
    const own = multiply(1 / tau, cosine(query, key));
    const among = (scores: Node): Node => subtract(logSumExp(select(together(rows), scores, NEVER)), own);
    const value = symmetric ? multiply(0.5, add(among(s), among(transpose(s)))) : among(s);
    return perGroup(rows, totals(rows, value), totals(rows, rows.present));
  },
});
