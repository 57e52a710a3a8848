/**
 * The graph: what a model, a loss or a gradient computes, as data.
 *
 * A node is one operation applied to other nodes; its shape and dtype are known when it is built. Layers, models and
 * losses are plain functions from nodes to nodes:
 *
 *     const x = input("x", [16, 4]), w = input("w", [4, 1]);
 *     const numerator = sumAll(square(matmul(x, w)));
 *     const [dw] = gradient(numerator, [w]);
 *
 * Nodes are immutable and form a directed acyclic graph; sharing a node is sharing its result. The operations are the
 * rows of one table (`operations.ts`); what is not in the table cannot be built, shipped or run. `build.ts` has a
 * function per operation (with NumPy's broadcasting), `gradient.ts` differentiates, `simplify.ts` shortens,
 * `program.ts` turns a graph with named inputs and outputs into something that can be sent and run.
 */
import type { Shape } from "../tensor/shape.ts";

/** `real` is float32 or float64, as the engine that runs it decides; `index` is int32 (labels, row numbers, ranks). */
export type DType = "real" | "index";

export type Attribute = number | boolean | string | readonly number[];

export interface Node {
  readonly operation: string;
  readonly inputs: readonly Node[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Nodes that the outputs need, each after its inputs. Iterative: a recurrent graph is deeper than the call stack. */
export function inOrder(outputs: Iterable<Node>): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, "open" | "done">();
  const stack = [...outputs].reverse();
  while (stack.length > 0) {
    const node = stack[stack.length - 1]!;
    if (state.get(node) === undefined) {
      state.set(node, "open");
      for (let i = node.inputs.length - 1; i >= 0; i--) if (!state.has(node.inputs[i]!)) stack.push(node.inputs[i]!);
    } else {
      stack.pop();
      if (state.get(node) === "open") order.push(node);
      state.set(node, "done");
    }
  }
  return order;
}
