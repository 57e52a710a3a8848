import { graphOf, numbered } from "./define-program.ts";
import type { Program } from "./program.ts";

/** The program with these outputs alone, and no more than they need. Its inputs stay, so that its model is laid out as before. */
export function withOutputs(program: Program, wanted: (output: string) => boolean): Program {
  const kept = Object.entries(graphOf(program).outputs).filter(([output]) => wanted(output));
  return numbered(program.inputs, Object.fromEntries(kept));
}
