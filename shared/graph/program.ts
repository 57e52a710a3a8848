/**
 * A program: a graph with named inputs and named outputs, as data. It can be sent, inspected, bounded, refused and run; it
 * holds no code, only rows of the table of operations. `decoding.ts` reads one back, `validate.ts` bounds it, `cost.ts` prices it.
 *
 *     const program = defineProgram({ inputs: [{ name: "x", role: "batch", shape: [16, 4], dtype: "real" }, …], outputs });
 *     const bytes = encodeProgram(program);              // canonical: equal programs have equal bytes
 *     decodeProgram(bytes).hash === program.hash;        // "sha256:…", of those bytes
 */
import type { Shape } from "../tensor/shape.ts";
import type { Attribute, DType } from "./graph.ts";

/** What a program is fed with: the model, a batch of examples, a constant of the task, or the keys of chance. */
export interface ProgramInput {
  readonly name: string;
  readonly role: "parameter" | "batch" | "constant" | "key";
  readonly shape: Shape;
  readonly dtype: DType;
  /** Of a parameter: shared by all clients, a client's own, or running statistics that are carried and not trained. */
  readonly scope?: "shared" | "local" | "buffer";
}

/** A node whose inputs are numbers of earlier nodes. */
export interface ProgramNode {
  readonly operation: string;
  readonly inputs: readonly number[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly shape: Shape;
  readonly dtype: DType;
}

export interface Program {
  readonly inputs: readonly ProgramInput[];
  /** Each after its inputs; the first ones are the program's inputs, in their order, used or not. */
  readonly nodes: readonly ProgramNode[];
  /** Node numbers by name, names in order. */
  readonly outputs: Readonly<Record<string, number>>;
  /** "sha256:" and the hash of the canonical bytes. */
  readonly hash: string;
}
