/** Runs a graph on the reference engine, as it stands: nothing is simplified. */
import type { Node } from "../../shared/graph/graph.ts";
import { inOrder } from "../../shared/graph/graph.ts";
import type { ProgramInput } from "../../shared/graph/program.ts";
import { numbered } from "../../shared/graph/define-program.ts";
import { createReferenceEngine } from "../../shared/kernels/reference.ts";

/** The inputs a graph reads, as a program declares them. */
export const inputsOf = (outputs: readonly Node[]): ProgramInput[] =>
  inOrder(outputs)
    .filter(({ operation }) => operation === "input")
    .map(({ attributes, shape, dtype }) => ({ name: String(attributes["name"]), role: "batch", shape, dtype }));

/** The values of nodes, with the graph's inputs given by name; a name the graph does not read is passed over. */
export function evaluate(
  outputs: readonly Node[],
  values: Readonly<Record<string, readonly number[]>> = {},
): number[][] {
  const inputs = inputsOf(outputs);
  const named = Object.fromEntries(outputs.map((node, i) => [String(i), node]));
  const engine = createReferenceEngine(numbered(inputs, named));
  for (const { name } of inputs) engine.input(name).set(values[name] ?? []);
  engine.run();
  return outputs.map((_, i) => Array.from(engine.output(String(i))));
}
