/**
 * Random applications of every operation: shapes, attributes and inputs that its shape rule accepts, away from kinks.
 *
 *     const one = caseOf("matmul", drawOf(seed, "odd"));
 *     const program = programOf(one);                       // inputs "0", "1", …; output "y"
 *     feed(createReferenceEngine(program), one);
 *
 * The contract of the table (derivatives against finite differences) and that of the kernels (both engines agree) walk the
 * same cases. A row of the table without a case does not compile.
 */
import { input } from "../../shared/graph/build.ts";
import type { Node } from "../../shared/graph/graph.ts";
import type { OperationName } from "../../shared/graph/operations.ts";
import { node } from "../../shared/graph/operations.ts";
import type { Program } from "../../shared/graph/program.ts";
import { defineProgram } from "../../shared/graph/define-program.ts";
import type { Engine } from "../../shared/kernels/engine-interface.ts";
import type { Draw } from "./draw.ts";
import type { Drawn } from "./operation-draws.ts";
import { generators } from "./operation-draws.ts";

export interface OperationCase extends Drawn {
  readonly operation: OperationName;
}

export const caseOf = (operation: OperationName, draw: Draw): OperationCase => ({
  operation,
  ...generators[operation](draw),
});

/** The case's inputs as nodes named "0", "1", …, and the operation applied to them. */
export function nodesOf({ operation, inputs, attributes }: OperationCase): { inputs: Node[]; y: Node } {
  const nodes = inputs.map(({ shape, dtype }, i) => input(String(i), shape, dtype));
  return { inputs: nodes, y: node(operation, nodes, attributes) };
}

/** A program of the case's inputs; its output is "y", the operation applied to them, unless others are given. */
export function programOf(
  one: OperationCase,
  outputs: Readonly<Record<string, Node>> = { y: nodesOf(one).y },
): Program {
  const inputs = one.inputs.map(({ shape, dtype }, i) => ({ name: String(i), role: "batch" as const, shape, dtype }));
  const named =
    one.operation === "input"
      ? [{ name: "x", role: "batch" as const, shape: outputs["y"]!.shape, dtype: "real" as const }]
      : [];
  return defineProgram({ inputs: [...inputs, ...named], outputs });
}

/** Writes the case's values into an engine of one of its programs. */
export function feed(engine: Engine, { inputs }: OperationCase): Engine {
  inputs.forEach(({ values }, i) => {
    engine.input(String(i)).set(values);
  });
  return engine;
}
