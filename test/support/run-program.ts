/** A program on the reference engine: inputs by name in, outputs by name out. */
import type { Program } from "../../shared/graph/program.ts";
import { createReferenceEngine } from "../../shared/kernels/reference.ts";

export type Inputs = Readonly<Record<string, ArrayLike<number>>>;

/** Inputs that are not given are zeros. */
export function runProgram(program: Program, inputs: Inputs): Record<string, number[]> {
  const engine = createReferenceEngine(program);
  for (const [name, data] of Object.entries(inputs)) engine.input(name).set(data);
  engine.run();
  return Object.fromEntries(Object.keys(program.outputs).map((name) => [name, [...engine.output(name)]]));
}
