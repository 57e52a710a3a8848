/** Graph → program and back: nodes numbered and frozen, the hash of their canonical bytes, and the graph to build upon again. */
import { createHash } from "node:crypto";
import { TributaryError } from "../errors.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import { encodeText } from "./encoding.ts";
import type { Node } from "./graph.ts";
import { inOrder } from "./graph.ts";
import { input } from "./operations/leaves.ts";
import { node as applied } from "./operations.ts";
import type { Program, ProgramInput, ProgramNode } from "./program.ts";
import { simplify } from "./simplify.ts";

/**
 * Simplifies a graph, numbers its nodes and freezes it.
 *
 * Throws "invalid-program" when an input node is undeclared or declared otherwise, or when two inputs share a name.
 */
export function defineProgram({
  inputs,
  outputs,
}: {
  readonly inputs: readonly ProgramInput[];
  readonly outputs: Readonly<Record<string, Node>>;
}): Program {
  const names = Object.keys(outputs);
  const simplified = simplify(names.map((name) => outputs[name]!));
  return numbered(inputs, Object.fromEntries(names.map((name, i) => [name, simplified[i]!])));
}

/** The nodes the outputs need, as they stand, numbered after the inputs. Throws as `defineProgram` does. */
export function numbered(inputs: readonly ProgramInput[], outputs: Readonly<Record<string, Node>>): Program {
  const names = Object.keys(outputs).sort();
  const order = inOrder(names.map((name) => outputs[name]!));
  checkInputs(inputs, order);
  const nodes = inputs.map(({ name, shape, dtype }) => plain(input(name, shape, dtype), []));
  const numbers = new Map<string, number>(inputs.map(({ name }, i) => [name, i]));
  const numberOf = new Map<Node, number>();
  for (const node of order) {
    if (node.operation === "input") {
      numberOf.set(node, numbers.get(String(node.attributes["name"]))!);
    } else {
      const from = node.inputs.map((one) => numberOf.get(one)!);
      numberOf.set(node, nodes.push(plain(node, from)) - 1);
    }
  }
  return seal({
    inputs,
    nodes,
    outputs: Object.fromEntries(names.map((name) => [name, numberOf.get(outputs[name]!)!])),
  });
}

/** Freezes a program's parts and gives them their hash. */
export function seal(parts: Omit<Program, "hash">): Program {
  const hash = `sha256:${createHash("sha256").update(encodeText(parts)).digest("hex")}`;
  return Object.freeze({ ...parts, hash });
}

/** The canonical bytes, which the hash is of. */
export const encodeProgram = (program: Program): Uint8Array => new TextEncoder().encode(encodeText(program));

export interface Graph {
  readonly inputs: Readonly<Record<string, Node>>;
  readonly outputs: Readonly<Record<string, Node>>;
}

/** The program's graph again, inputs and outputs by name: to be built upon, or differentiated. */
export function graphOf({ inputs, nodes, outputs }: Program): Graph {
  const built: Node[] = [];
  for (const { operation, inputs: from, attributes } of nodes) {
    built.push(
      applied(
        operation,
        from.map((i) => built[i]!),
        attributes,
      ),
    );
  }
  return {
    inputs: Object.fromEntries(inputs.map(({ name }, i) => [name, built[i]!])),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, i]) => [name, built[i]!])),
  };
}

/** A node with its inputs by number. */
export const plain = ({ operation, attributes, shape, dtype }: Node, inputs: readonly number[]): ProgramNode =>
  Object.freeze({ operation, inputs, attributes, shape, dtype });

function checkInputs(inputs: readonly ProgramInput[], order: readonly Node[]): void {
  const declared = new Map(inputs.map((one) => [one.name, one]));
  const problems = inputs.flatMap(({ name }, i) =>
    inputs.findIndex((other) => other.name === name) < i ? [`Two inputs are named "${name}"`] : [],
  );
  for (const { operation, attributes, shape, dtype } of order) {
    if (operation !== "input") continue;
    const name = String(attributes["name"]);
    const found = declared.get(name);
    if (found === undefined) problems.push(`The graph reads "${name}", which is not declared`);
    else if (!sameShape(found.shape, shape) || found.dtype !== dtype) {
      problems.push(
        `Expected "${name}" to be ${found.dtype} ${showShape(found.shape)}, got ${dtype} ${showShape(shape)}`,
      );
    }
  }
  if (problems.length > 0) throw new TributaryError("invalid-program", problems.join("\n"));
}
