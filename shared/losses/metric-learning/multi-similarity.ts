import { z } from "zod";
import { add, and, greater, less, logSumExp, multiply, select, softplus, subtract } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { inGroups, perGroup, totals } from "../groups.ts";
import { defineLoss } from "../loss.ts";
import { cosines } from "./distance.ts";
import { kinship, labelled, largest, smallest } from "./kinship.ts";

/** Stands for log 0: finite, so that what flows back through an empty sum is 0 and not NaN. */
const NEVER = -1e30;

/**
 * Multi-similarity: of an anchor's pairs those that tell something, each weighed by itself and by the others of its kind.
 *
 *     ℓ(i) = (1/α)·log(1 + Σ_P exp(−α(sᵢⱼ − λ))) + (1/β)·log(1 + Σ_N exp(β(sᵢⱼ − λ))),   s = cos
 *     P: the others of i's class with sᵢⱼ < max_{other classes} s + ε      N: of other classes with sᵢⱼ > min_{its class} s − ε
 *
 * Shapes  embeddings [batch, features], target (class) and group [batch] (index): pairs are within a group
 * Unit    cosine, per anchor
 * Facts   lengths do not matter · an anchor without own or without other class does not count · nothing is left of a group
 *         whose classes are ε apart · which pairs tell something is held constant
 * Options alpha α > 0: of positives. @default 2
 *         beta β > 0: of negatives. @default 50
 *         base λ: the cosine that parts them. @default 0.5
 *         epsilon ε ≥ 0. @default 0.1
 * Cost    O(n²) pairs of a batch
 * When    embeddings from labels for retrieval, where triplets converge slowly
 * Source  Wang, Han, Huang, Dong & Scott (2019), equations 10–12; λ as in the authors' code, the paper has 1
 */
export const multiSimilarity = defineLoss({
  name: "multi-similarity",
  version: 1,
  kind: "set",
  unit: "anchor",
  measure: "cosine",
  inputs: labelled,
  outputs: () => "any",
  options: z.strictObject({
    alpha: z.number().positive().default(2),
    beta: z.number().positive().default(50),
    base: z.number().default(0.5),
    epsilon: z.number().min(0).default(0.1),
  }),
  perExample: ({ prediction, target, group }, { alpha, beta, base, epsilon }, weights) => {
    const rows = inGroups(group, weights);
    const { positive, negative, anchor } = kinship(rows, target);
    const s = cosines(prediction, prediction);
    const nearest = largest(negative, s, -2);
    const furthest = smallest(positive, s, 2);
    const near = pull(and(positive, less(s, add(nearest, epsilon))), subtract(base, s), alpha);
    const far = pull(and(negative, greater(s, subtract(furthest, epsilon))), subtract(s, base), beta);
    return perGroup(rows, totals(rows, select(anchor, add(near, far), 0)), totals(rows, anchor));
  },
});

/** (1/k)·log(1 + Σ exp(k·x)) over the chosen columns of each row. */
const pull = (chosen: Node, x: Node, k: number): Node =>
  multiply(1 / k, softplus(logSumExp(select(chosen, multiply(k, x), NEVER))));
