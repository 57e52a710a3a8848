import { matmul, multiply, reshape, select, softmax, transpose } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { dense } from "./layers.ts";
import type { Place } from "./model.ts";

/**
 * Scaled dot-product attention.
 *
 *     softmax(Q·Kᵀ/√width)·V
 *
 * Shapes  queries [batch, n, width], keys [batch, m, width], values [batch, m, d] → [batch, n, d]
 *         mask, broadcast to [batch, n, m]: 0 where a query may not look
 * Facts   one key: its value · equal keys: the mean of the values · a query that may look nowhere sees the mean of all
 * Source  Vaswani et al. (2017), §3.2.1
 */
export function attention(queries: Node, keys: Node, values: Node, mask?: Node): Node {
  const scale = 1 / Math.sqrt(queries.shape.at(-1)!);
  const scores = multiply(matmul(queries, keys, { transposeB: true }), scale);
  const seen = mask === undefined ? scores : select(mask, scores, FORBIDDEN);
  return matmul(softmax(seen), values);
}

/** A score whose exponential is 0 beside any other, yet finite: a row of nothing else stays a distribution, not NaN. */
const FORBIDDEN = -1e30;

/**
 * Attention in `heads` subspaces side by side.
 *
 * Shapes  x [batch, n, width] → [batch, n, width]; context [batch, m, …] is what is looked at. @default x itself
 * Parameters `query`, `key`, `value`, `output`, each a dense layer to `width`
 * Source  Vaswani et al. (2017), §3.2.2
 */
export function multiHeadAttention(
  place: Place,
  x: Node,
  heads: number,
  { context = x, mask }: { context?: Node; mask?: Node } = {},
): Node {
  const width = x.shape.at(-1)!;
  const split = (name: string, from: Node): Node => {
    const [batch, length] = from.shape as readonly [number, number];
    return transpose(reshape(dense(place.at(name), from, width), [batch, length, heads, width / heads]), [0, 2, 1, 3]);
  };
  const perHead = mask === undefined ? undefined : reshape(mask, [mask.shape[0]!, 1, ...mask.shape.slice(1)]);
  const mixed = attention(split("query", x), split("key", context), split("value", context), perHead);
  return dense(place.at("output"), reshape(transpose(mixed, [0, 2, 1, 3]), x.shape), width);
}
