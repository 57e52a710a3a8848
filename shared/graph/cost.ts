/** What a program costs to run once, known before it runs. */
import type { Precision } from "../kernels/engine-interface.ts";
import { sizeOf } from "../tensor/shape.ts";
import { isAlias, rowOf } from "./operations.ts";
import type { Node } from "./graph.ts";
import type { Program } from "./program.ts";

export interface Cost {
  /** Arithmetic operations; a transcendental function counts as ten. */
  readonly flops: number;
  readonly nodes: number;
  /** Bytes of the inputs with the role of parameters, and of all others. */
  readonly parameterBytes: number;
  readonly inputBytes: number;
  readonly constantBytes: number;
  /** Bytes of results held at once at the worst moment, every node computed in order and freed after its last use. */
  readonly activationBytes: number;
  /** All of the above bytes. */
  readonly memoryBytes: number;
}

/** The cost of one run. Reals take 4 bytes in float32, 8 in float64; indices take 4. */
export function costOf(program: Pick<Program, "inputs" | "nodes" | "outputs">, precision: Precision = "float32"): Cost {
  const { inputs, nodes, outputs } = program;
  const bytesOf = ({ shape, dtype }: Pick<Node, "shape" | "dtype">): number =>
    sizeOf(shape) * (dtype === "real" && precision === "float64" ? 8 : 4);
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

  const flops = total(
    nodes.map((node) => {
      const from = node.inputs.map((i) => nodes[i] as unknown as Node); // a FLOP count reads shapes only
      const counted = rowOf(node.operation).flops;
      return counted === undefined ? sizeOf(node.shape) : counted(node, ...from);
    }),
  );
  const parameterBytes = total(inputs.filter(({ role }) => role === "parameter").map(bytesOf));
  const inputBytes = total(inputs.filter(({ role }) => role !== "parameter").map(bytesOf));
  const constantBytes = total(nodes.filter(({ operation }) => operation === "constant").map(bytesOf));
  const activationBytes = peakOf({ nodes, outputs }, bytesOf);
  const memoryBytes = parameterBytes + inputBytes + constantBytes + activationBytes;
  return { flops, nodes: nodes.length, parameterBytes, inputBytes, constantBytes, activationBytes, memoryBytes };
}

/** The largest sum of living results, nodes computed in order. An alias keeps the node it names alive. */
function peakOf(
  { nodes, outputs }: Pick<Program, "nodes" | "outputs">,
  bytesOf: (node: Program["nodes"][number]) => number,
): number {
  const owner = nodes.map((_, i) => i);
  const lastUse = nodes.map((_, i) => i);
  nodes.forEach(({ operation, inputs }, i) => {
    if (isAlias(operation)) owner[i] = owner[inputs[0]!]!;
    for (const from of inputs) lastUse[owner[from]!] = i;
  });
  for (const output of Object.values(outputs)) lastUse[owner[output]!] = nodes.length;

  const freedAfter = new Map<number, number>();
  let living = 0;
  let peak = 0;
  nodes.forEach((node, i) => {
    if (owner[i] === i && rowOf(node.operation).kernel !== "leaf") {
      living += bytesOf(node);
      peak = Math.max(peak, living);
      freedAfter.set(lastUse[i]!, (freedAfter.get(lastUse[i]!) ?? 0) + bytesOf(node));
    }
    living -= freedAfter.get(i) ?? 0;
  });
  return peak;
}
