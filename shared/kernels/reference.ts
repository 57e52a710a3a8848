/**
 * The reference engine: plain float64 loops, one per operation. It is the oracle every kernel is tested against, and the
 * arithmetic behind constant folding; it is written to be read, not to be fast, and never trains a model.
 */
import { unknownName } from "../errors.ts";
import type { OperationName } from "../graph/operations.ts";
import type { Program, ProgramNode } from "../graph/program.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Engine } from "./engine-interface.ts";
import { elementwise } from "../graph/reference/elementwise.ts";
import { indexing } from "../graph/reference/indexing.ts";
import { linear } from "../graph/reference/linear.ts";
import { random } from "../graph/reference/random.ts";
import { recurrences } from "../graph/reference/recurrences.ts";
import { reductions } from "../graph/reference/reductions.ts";
import { structure } from "../graph/reference/structure.ts";
import type { Compute, Tensor } from "../graph/reference/tensor.ts";
import { windows } from "../graph/reference/windows.ts";

/** The loop of every operation that computes: a row of the graph's table without one does not compile. */
export const referenceRows = {
  ...elementwise,
  ...structure,
  ...reductions,
  ...recurrences,
  ...indexing,
  ...linear,
  ...windows,
  ...random,
} satisfies Record<Exclude<OperationName, "input" | "constant">, Compute>;

/** Runs a program in float64, one array per node. */
export function createReferenceEngine(program: Program): Engine {
  const tensors = program.nodes.map(tensorFor);
  const steps = program.nodes.flatMap(({ operation, inputs, attributes }, i) => {
    if (operation === "input" || operation === "constant") return [];
    const row = referenceRows[operation as keyof typeof referenceRows]; // a program holds only rows of the table
    const from = inputs.map((number) => tensors[number]!);
    return [
      () => {
        row(tensors[i]!, attributes, ...from);
      },
    ];
  });
  return {
    program,
    precision: "float64",
    input: (name) => {
      const at = program.inputs.findIndex((input) => input.name === name);
      if (at < 0)
        throw unknownName(
          "program input",
          name,
          program.inputs.map((input) => input.name),
        );
      return tensors[at]!.data;
    },
    run: () => {
      for (const step of steps) step();
    },
    output: (name) => {
      if (!Object.hasOwn(program.outputs, name))
        throw unknownName("program output", name, Object.keys(program.outputs));
      return tensors[program.outputs[name]!]!.data;
    },
  };
}

function tensorFor({ operation, attributes, shape, dtype }: ProgramNode): Tensor {
  const size = sizeOf(shape);
  const data = dtype === "index" ? new Int32Array(size) : new Float64Array(size);
  if (operation === "constant") data.set(attributes["data"] as readonly number[]); // checked by the shape rule
  return { data, shape };
}
