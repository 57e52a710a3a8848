/**
 * Reverse mode, graph → graph. Cotangents flow from the outputs to the inputs through each row's vjp; the result is made
 * of ordinary nodes, so it can be differentiated again.
 */
import { TributaryError } from "../errors.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import type { Node } from "./graph.ts";
import { inOrder } from "./graph.ts";
import { rowOf } from "./operations.ts";
import { add } from "./operations/elementwise.ts";
import { fill } from "./operations/structure.ts";

/**
 * For every node of `wrt`, the node that computes ∂(Σ output · seed)/∂node; the seed is 1 everywhere unless given. A node
 * the output does not depend on gets zeros.
 *
 * Throws "shape-mismatch" when the seed's shape differs from the output's, or when a node of `wrt` or the output is an index.
 */
export function gradient(output: Node, wrt: readonly Node[], seed: Node = fill(1, output.shape)): readonly Node[] {
  return gradients([output], [seed], wrt);
}

/** The same for several outputs at once: ∂(Σₖ Σ outputₖ · seedₖ)/∂node, in one sweep. */
export function gradients(outputs: readonly Node[], seeds: readonly Node[], wrt: readonly Node[]): readonly Node[] {
  outputs.forEach((output, i) => {
    checkSeed(output, seeds[i]);
  });
  for (const node of [...outputs, ...wrt]) {
    if (node.dtype === "index")
      throw new TributaryError(
        "shape-mismatch",
        `Expected real nodes to differentiate, got an index (${node.operation})`,
      );
  }
  const flows = new Map<Node, Node>();
  const flow = (node: Node, part: Node): void => {
    const before = flows.get(node);
    flows.set(node, before === undefined ? part : add(before, part));
  };
  outputs.forEach((output, i) => {
    flow(output, seeds[i]!);
  });
  const order = inOrder(outputs);
  const moving = dependents(order, wrt);
  for (const node of order.reverse()) {
    const g = flows.get(node);
    if (g === undefined || !node.inputs.some((input) => moving.has(input))) continue;
    const parts = rowOf(node.operation).vjp(g, node, node.attributes, ...node.inputs);
    node.inputs.forEach((input, i) => {
      if (parts[i] !== undefined && moving.has(input)) flow(input, parts[i]);
    });
  }
  return wrt.map((node) => flows.get(node) ?? fill(0, node.shape));
}

/** H·v: the gradient of Σₖ ⟨∂output/∂wrtₖ, directionₖ⟩, one node for each of `wrt`. */
export function hessianVectorProduct(output: Node, wrt: readonly Node[], direction: readonly Node[]): readonly Node[] {
  const slopes = gradient(output, wrt);
  return gradients(slopes, direction, wrt);
}

/** The nodes of `order` that change when one of `wrt` does; only through them anything needs to flow. */
function dependents(order: readonly Node[], wrt: readonly Node[]): ReadonlySet<Node> {
  const moving = new Set(wrt);
  for (const node of order) if (node.inputs.some((input) => moving.has(input))) moving.add(node);
  return moving;
}

function checkSeed(output: Node, seed: Node | undefined): void {
  if (seed !== undefined && sameShape(seed.shape, output.shape)) return;
  throw new TributaryError(
    "shape-mismatch",
    `Expected a seed of shape ${showShape(output.shape)}, got ${seed === undefined ? "none" : showShape(seed.shape)}`,
  );
}
