import { add, multiply, scalar, square, sumAll } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { ParameterLayout } from "../tensor/parameters.ts";
import { matches, placesOf, type Penalty } from "./regularizer.ts";

/** Σ R as a node, for programs. */
export function penaltyNode(penalties: readonly Penalty[], parameters: readonly { name: string; node: Node }[]): Node {
  return penalties
    .flatMap(({ lambda, parameters: pattern }) =>
      parameters.filter(({ name }) => matches(pattern, name)).map(({ node }) => multiply(lambda, sumAll(square(node)))),
    )
    .reduce((a, b) => add(a, b), scalar(0));
}

/** Σ R and Σ ∇R of a flat vector, for the coordinator. */
export function penaltyOf(
  penalties: readonly Penalty[],
  layout: ParameterLayout,
  vector: Float64Array,
): { readonly value: number; readonly gradient: Float64Array } {
  const gradient = new Float64Array(vector.length);
  let value = 0;
  for (const penalty of penalties) {
    for (const { offset, size } of placesOf(penalty, layout)) {
      for (let i = offset; i < offset + size; i++) {
        value += penalty.lambda * vector[i]! * vector[i]!;
        gradient[i]! += 2 * penalty.lambda * vector[i]!;
      }
    }
  }
  return { value, gradient };
}
