/**
 * Smooth penalties on parameters, added once to the mean loss: the same strength whatever the clients, batches or weights.
 *
 *     R(θ) = λ·Σ θ²,   ∇R = 2λθ          over the parameters whose names match a pattern
 *
 * In gradient mode the coordinator adds ∇R to the combined gradient; in update mode R is part of every local loss, and since
 * client weights sum to 1 it counts once there too. Not to be confused with weight decay, which belongs to an optimizer.
 */
import { add, multiply, scalar, square, sumAll } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { ParameterLayout } from "../tensor/parameters.ts";

export interface Penalty {
  readonly kind: "l2";
  /** λ ≥ 0 */
  readonly lambda: number;
  // Names of parameters, `*` for any text: "trunk/*/weight".
  readonly parameters: string;
}

/** Whether a name fits a pattern in which `*` stands for any text, slashes too. */
export function matches(pattern: string, name: string): boolean {
  const literal = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`).test(name);
}

/** Σ R as a node, for programs. */
export function penaltyNode(penalties: readonly Penalty[], parameters: readonly { name: string; node: Node }[]): Node {
  return penalties
    .flatMap(({ lambda, parameters: pattern }) =>
      parameters.filter(({ name }) => matches(pattern, name)).map(({ node }) => multiply(lambda, sumAll(square(node)))),
    )
    .reduce((a, b) => add(a, b), scalar(0));
}

/** Σ R and Σ ∇R of a flat vector, for the coordinator. Buffers are never penalized. */
export function penaltyOf(
  penalties: readonly Penalty[],
  layout: ParameterLayout,
  vector: Float64Array,
): { readonly value: number; readonly gradient: Float64Array } {
  const gradient = new Float64Array(vector.length);
  let value = 0;
  for (const { lambda, parameters: pattern } of penalties) {
    for (const { name, scope, offset, size } of layout.places) {
      if (scope === "buffer" || !matches(pattern, name)) continue;
      for (let i = offset; i < offset + size; i++) {
        value += lambda * vector[i]! * vector[i]!;
        gradient[i]! += 2 * lambda * vector[i]!;
      }
    }
  }
  return { value, gradient };
}
