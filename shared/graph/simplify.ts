/**
 * Shortens a graph without changing what it computes. Four things happen at once, from the inputs up:
 *
 * - equal nodes become one (same operation, inputs and attributes);
 * - what is known is computed (`folding.ts`), with exact arithmetic only: a program's constants must not depend on whose
 *   `exp` folded them;
 * - aliases, and moves that undo each other, vanish (`identities.ts`);
 * - what no output needs is left out.
 *
 * Not folded: x·0, x − x, x/x, which are NaN where x is not finite. What may change: the sign of a zero (x + 0 becomes x),
 * and the rounding of a sum of equal numbers (which becomes a product). `stopGradient` vanishes too, so differentiate
 * first. Elementwise neighbours are joined later, by the engine's plan.
 */
import { encodeAttribute } from "./encoding.ts";
import { folded, type Make } from "./folding.ts";
import type { Node } from "./graph.ts";
import { inOrder } from "./graph.ts";
import { identities } from "./identities.ts";
import type { OperationName } from "./operations.ts";
import { node as applied } from "./operations.ts";

/** The same outputs, in order, computed by fewer nodes. */
export function simplify(outputs: readonly Node[]): readonly Node[] {
  const known = new Map<string, Node>();
  const numbers = new Map<Node, number>();
  const make: Make = (operation, inputs, attributes = {}) => {
    const values = Object.keys(attributes)
      .sort()
      .map((name) => [name, encodeAttribute(attributes[name]!)]);
    const key = JSON.stringify([operation, inputs.map((input) => numbers.get(input)), values]);
    const found = known.get(key);
    if (found !== undefined) return found;
    const plain = applied(operation, inputs, attributes);
    const shortest = identities[operation]?.(plain, make) ?? folded(plain, make) ?? plain;
    known.set(key, shortest);
    if (!numbers.has(shortest)) numbers.set(shortest, numbers.size);
    return shortest;
  };

  const shorter = new Map<Node, Node>();
  for (const node of inOrder(outputs)) {
    const inputs = node.inputs.map((input) => shorter.get(input)!);
    shorter.set(node, make(node.operation as OperationName, inputs, node.attributes)); // a node is a row of the table
  }
  return outputs.map((output) => shorter.get(output)!);
}
