/**
 * What runs a program: one program, fixed shapes, nothing allocated per run.
 *
 *     const engine = createReferenceEngine(program);
 *     engine.input("feature/x").set(rows);
 *     engine.run();
 *     const loss = engine.output("objective/death/numerator")[0];
 *
 * Two implementations: `reference.ts` (plain float64 loops, the oracle of tests) and `engine.ts` (kernels over an arena).
 */
import type { Program } from "../graph/program.ts";

export type Precision = "float32" | "float64";

/** Reals in the engine's precision, or int32 for the dtype index; row-major. */
export type Values = Float32Array | Float64Array | Int32Array;

export interface Engine {
  readonly program: Program;
  readonly precision: Precision;
  /** A live view to write into. Throws "unknown-name" with the program's inputs. */
  input(name: string): Values;
  run(): void;
  /** A live view, valid until the next run. Throws "unknown-name" with the program's outputs. */
  output(name: string): Values;
}
