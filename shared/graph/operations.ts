/**
 * The table of operations: everything a program can do, one row each. What is not here cannot be built, shipped or run.
 *
 * A row (`operations/operation.ts`) holds the rule for its result's shape, its vjp as graph nodes, its kernel and its cost;
 * the files of `operations/` hold one family each. Layers, normalizations, attention, recurrent cells and losses are
 * compositions of these rows (`build.ts`).
 */
import { unknownName } from "../errors.ts";
import type { Attribute, Node } from "./graph.ts";
import { convolution } from "./operations/convolution.ts";
import { elementwise } from "./operations/elementwise.ts";
import { indexing } from "./operations/indexing.ts";
import { leaves } from "./operations/leaves.ts";
import { linear } from "./operations/linear.ts";
import type { Operation } from "./operations/operation.ts";
import { apply } from "./operations/operation.ts";
import { pooling } from "./operations/pooling.ts";
import { random } from "./operations/random.ts";
import { recurrences } from "./operations/recurrences.ts";
import { reductions } from "./operations/reductions.ts";
import { structure } from "./operations/structure.ts";

export const operations = {
  ...leaves,
  ...structure,
  ...elementwise,
  ...reductions,
  ...recurrences,
  ...indexing,
  ...linear,
  ...convolution,
  ...pooling,
  ...random,
} satisfies Record<string, Operation>;

export type OperationName = keyof typeof operations;

/** The row of a name. Throws "unknown-name" with the names that are known. */
export function rowOf(operation: string): Operation {
  if (!Object.hasOwn(operations, operation)) throw unknownName("operation", operation, Object.keys(operations));
  return operations[operation as OperationName]; // just looked up
}

/** One node by its operation's name. Throws "unknown-name", "shape-mismatch" or "invalid-program". */
export function node(
  operation: string,
  inputs: readonly Node[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Node {
  rowOf(operation);
  return apply(operations, operation, inputs, attributes);
}

/** Whether a node computes element i from the elements i of its inputs: such nodes may be fused and run in parts. */
export const isElementwise = (operation: string): boolean => rowOf(operation).elementwise === true;

/** Whether a node is its input under another name: it owns no memory. */
export const isAlias = (operation: string): boolean => rowOf(operation).kernel === "alias";
