/** The mean of the worst examples, from a histogram of losses that adds over clients. */
import { z } from "zod";
import {
  cumulativeSum,
  divideSafe,
  equal,
  minimum,
  multiply,
  relu,
  reshape,
  subtract,
  sum,
  toIndex,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { intervalOf } from "../intervals.ts";
import { defineLoss } from "../loss.ts";
import { binOf, binsOf, type Bins } from "./bins.ts";
import { around, examplesOf, innerLoss } from "./inner.ts";

interface Grid extends Bins {
  readonly edges?: readonly number[] | undefined;
}

const placesOf = (grid: Grid): number => grid.edges?.length ?? binsOf(grid);

function placeOf(value: Node, grid: Grid): Node {
  if (grid.edges === undefined) return binOf(value, grid);
  return toIndex(reshape(intervalOf(reshape(value, [sizeOf(value.shape)]), grid.edges), value.shape));
}

const ascending = (edges: readonly number[]): boolean => edges.every((edge, k) => k === 0 || edges[k - 1]! < edge);

/**
 * Conditional value at risk: the mean of the worst share of examples, whoever holds them.
 *
 *     F = Σ_b t_b·L_b/(α·W),   L_b = Σ w·ℓ and W_b = Σ w of the losses in bin b,  W = Σ_b W_b,
 *     t_b = 1 above the boundary bin, 0 below it, and in it the share that makes Σ_b t_b·W_b = α·W
 *
 * Shapes  those of the inner loss
 * Unit    the inner loss's
 * Facts   fraction 1 is the inner loss · the boundary bin counts in part, each of its examples alike, so that the order of rows
 *         and clients is nothing · exact where the bins separate unequal losses; else low by at most t(1 − t)·W_b·width/(α·W)
 *         of the boundary bin b · top half of (1, 2, 4) → 10/3
 * Options fraction α in (0, 1]: the share of the examples' weight. @default 0.1
 *         loss: the inner loss, a value per example: `mse`, or `{ kind: huber, delta: 2 }`.
 *         resolution: the width of a bin as a share of the loss. @default 0.03125
 *         scale: losses below it are resolved no finer than scale · resolution. @default 0.001
 *         edges: bins declared instead, ascending; the first reaches down to −∞, the last up to ∞. @default none
 * When    the tail matters more than the mean: rare groups nobody has named, hard examples. Not with mislabelled data.
 * Source  Rockafellar & Uryasev (2000); Levy et al. (2020); the bins are those of Masson, Rim & Lee (2019)
 */
export const cvar = defineLoss({
  ...around,
  name: "cvar",
  options: z.strictObject({
    fraction: z.number().positive().max(1).default(0.1),
    loss: innerLoss,
    resolution: z
      .number()
      .positive()
      .max(1)
      .default(1 / 32),
    scale: z.number().positive().default(1e-3),
    edges: z.array(z.number()).min(1).refine(ascending, { error: "expected edges that ascend" }).optional(),
  }),
  terms: (inputs: Readonly<Record<string, Node>>, options) => {
    const { value, counts } = examplesOf(options, inputs);
    const [place, places] = [placeOf(value, options), placesOf(options)];
    return {
      loss: { value: multiply(counts, value), place, places },
      weight: { value: counts, place, places },
    };
  },
  of: ({ loss, weight }, { fraction }) => {
    const total = sum(weight, 0);
    const wanted = multiply(fraction, total);
    const worse = cumulativeSum(weight, 0, { reverse: true, exclusive: true });
    const taken = minimum(weight, relu(subtract(wanted, worse)));
    const share = divideSafe(taken, weight);
    return { value: divideSafe(sum(multiply(share, loss), 0), wanted), empty: equal(total, 0) };
  },
});
