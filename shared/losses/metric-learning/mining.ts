import { z } from "zod";
import {
  add,
  and,
  divideSafe,
  greater,
  less,
  relu,
  select,
  squeeze,
  subtract,
  sum,
  unsqueeze,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { inGroups, perGroup, totals } from "../groups.ts";
import { defineLoss } from "../loss.ts";
import { distance } from "./distance.ts";
import { kinship, labelled, largest, smallest, type Kinship } from "./kinship.ts";

/** Stands for a distance that nothing has: finite, so that what flows back through it is 0 and not NaN. */
const FAR = 1e30;

/**
 * Triplet margin with triplets mined in each group: an anchor ought to be nearer to its own class than to any other, by a margin.
 *
 *     ℓ(a) = mean of max(0, d(a, p) − d(a, n) + m) over a's triplets (p, n),   d(x, y) = ‖x − y‖
 *     hard         one triplet: the furthest p of a's class, the nearest n of another
 *     semi-hard    for each p the nearest n that is further away than p; where there is none, the furthest n
 *     all          every p with every n
 *
 * Shapes  embeddings [batch, features], target (class) and group [batch] (index): triplets are within a group
 * Unit    distance, per anchor
 * Facts   with one p and one n each way is triplet-margin · an anchor without p or without n does not count · of equally far
 *         rows the first is chosen · slope 0 at the margin itself · den counts anchors, not triplets that cost
 * Options mining: which triplets of a group. @default hard
 *         margin m > 0. @default 1
 * Cost    O(n²·features) for the distances of a batch of n; semi-hard and all hold O(n³) triplets
 * When    embeddings from labels; semi-hard where hard triplets are mislabelled or collapse everything into one point
 * Source  Hermans, Beyer & Leibe (2017) for hard and all; Schroff, Kalenichenko & Philbin (2015) for semi-hard. There all
 *         triplets of a batch have one mean; here each anchor has its own
 */
export const tripletMining = defineLoss({
  name: "triplet-mining",
  version: 1,
  kind: "set",
  unit: "anchor",
  measure: "distance",
  inputs: labelled,
  outputs: () => "any",
  options: z.strictObject({
    mining: z.enum(["hard", "semi-hard", "all"]).default("hard"),
    margin: z.number().positive().default(1),
  }),
  perExample: ({ prediction, target, group }, { mining, margin }, weights) => {
    const rows = inGroups(group, weights);
    const kin = kinship(rows, target);
    const apart = distance(unsqueeze(prediction, 1), unsqueeze(prediction, 0));
    const value = { hard, "semi-hard": semiHard, all }[mining](apart, kin, margin);
    return perGroup(rows, totals(rows, select(kin.anchor, value, 0)), totals(rows, kin.anchor));
  },
});

/** Each anchor's hinge, given d [batch, batch]. */
type Mining = (d: Node, kin: Kinship, margin: number) => Node;

const hinge = (near: Node, far: Node, margin: number): Node => relu(add(subtract(near, far), margin));

const hard: Mining = (d, { positive, negative }, margin) =>
  squeeze(hinge(largest(positive, d, -1), smallest(negative, d, FAR), margin), 1);

const semiHard: Mining = (d, { positive, negative }, margin) => {
  const [toPositive, toNegative] = [unsqueeze(d, 2), unsqueeze(d, 1)]; // [a, p, ·] and [a, ·, n]
  const beyond = and(greater(toNegative, toPositive), unsqueeze(negative, 1));
  const nearest = squeeze(smallest(beyond, toNegative, FAR), 2);
  const furthest = largest(negative, d, -1);
  const chosen = select(less(nearest, FAR), nearest, furthest);
  return meanOver(positive, hinge(d, chosen, margin));
};

const all: Mining = (d, { positive, negative }, margin) => {
  const cost = hinge(unsqueeze(d, 2), unsqueeze(d, 1), margin); // [a, p, n]
  const others = sum(negative, 1, { keepAxis: true });
  return meanOver(positive, divideSafe(sum(select(unsqueeze(negative, 1), cost, 0), 2), others));
};

/** For each row the mean of f over the columns that are chosen; 0 where none is. */
const meanOver = (chosen: Node, f: Node): Node => divideSafe(sum(select(chosen, f, 0), 1), sum(chosen, 1));
