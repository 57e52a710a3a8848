/**
 * What the rows of a two-phase loss add to its sums S = Σ wᵢ·sᵢ, in the three shapes that keep a batch small.
 *
 *     sᵢ [batch, …]                                     S [ … ]          a number per row: Σ w·p
 *     { value [batch, …], place [batch, …], places }    S [places]       each element adds to one of many: groups, bins, times
 *     { left [batch, A], right [batch, B] }             S [A, B]         second moments: Σ w·aᵢbᵢᵀ, never [batch, A, B]
 *
 * All three are sums over rows, so they add over clients; and the gradient of Σ λ·S reaches a row through its own term only.
 */
import {
  add,
  broadcastTo,
  isFinite,
  matmul,
  multiply,
  not,
  notEqual,
  reshape,
  scatterAdd,
  select,
  sum,
  sumAll,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { Shape } from "../tensor/shape.ts";

/** Element by element, `value` is added at `place` (index, 0 … places − 1); a place outside adds nowhere. */
export interface PlacedTerm {
  readonly value: Node;
  readonly place: Node;
  readonly places: number;
}

/** The sum of the outer products of two vectors per row. */
export interface ProductTerm {
  readonly left: Node;
  readonly right: Node;
}

export type Term = Node | PlacedTerm | ProductTerm;

/** S of one term: only rows whose weight is not 0 are selected into it. */
export function addUp(term: Term, weights: Node): Node {
  const weighted = (x: Node): Node => {
    const w = perRow(weights, x.shape);
    return select(notEqual(w, 0), multiply(w, x), 0);
  };
  if ("left" in term) return matmul(weighted(term.left), present(term.right, weights), { transposeA: true });
  if ("place" in term) return scatterAdd(weighted(term.value), term.place, term.places);
  return sum(weighted(term), 0);
}

/** How many numbers of the rows that are there are NaN or ±∞. */
export function nonFiniteIn(term: Term, weights: Node): Node {
  const parts = "left" in term ? [term.left, term.right] : ["place" in term ? term.value : term];
  return parts.map((x) => sumAll(present(not(isFinite(x)), weights))).reduce(add);
}

const present = (x: Node, weights: Node): Node => select(notEqual(perRow(weights, x.shape), 0), x, 0);

/** A number per row [batch], laid out beside every element of the row [batch, …]. */
export function perRow(perRowValue: Node, shape: Shape): Node {
  const aligned = reshape(perRowValue, [shape[0]!, ...shape.slice(1).map(() => 1)]);
  return broadcastTo(aligned, shape);
}
