/**
 * Plain gradient descent inside the program: where a parameter's gradient is one matrix product, and nothing after it reads the
 * parameter, the product is summed straight onto the parameter (assembly/descent.ts). What is left is the optimizer's.
 *
 *     matmul(…) → gradient/weight,  then  weight ← weight − rate·gradient/weight        becomes        matmulDescend(…, weight)
 *
 * Only for steps of one micro-batch whose gradients nobody else asks for: they are not written any more.
 */
import type { Heap } from "../heap.ts";
import { bytesPer } from "../module.ts";
import { at, instruction, type At, type Instruction } from "../plan/code.ts";
import type { Plan } from "../plan/plan.ts";

export interface Descent {
  /** The plan's instructions with every such product replaced; places are relative to the arena, as in the plan. */
  readonly instructions: readonly Instruction[];
  /** Names of the parameters whose step is taken on the way. */
  readonly stepped: ReadonlySet<string>;
}

/** `rate`: the address of the cell with the learning rate. */
export function descentOf({ instructions, layout, precision }: Plan, heap: Heap, rate: number): Descent {
  const size = bytesPer[precision];
  const parameters = layout.parameters
    .filter(({ name, scope }) => scope !== "buffer" && layout.outputs.has(`gradient/${name}`))
    .map(({ name, size: count }) => ({
      name,
      at: layout.inputs.get(name)!,
      gradient: layout.outputs.get(`gradient/${name}`)!,
      bytes: count * size,
    }));
  const stepped = new Set<string>();
  const replaced = instructions.map((one, index) => {
    if (one.name !== "matmul") return one;
    const [batch, m, n, k, transposeA, transposeB, a, b, y, scratch] = one.operands as MatmulOperands;
    const found = parameters.find(({ gradient }) => gradient === y.at);
    if (batch !== 1 || found === undefined) return one;
    const { name, at: parameter, gradient, bytes } = found;
    const later = instructions.slice(index + 1);
    if (later.some((other) => reads(other, parameter, bytes) || reads(other, gradient, bytes))) return one;
    stepped.add(name);
    const scaled = heap.allocate(Math.min(m, n) * k * size);
    const sizes = [m, n, k, transposeA, transposeB];
    return instruction("matmulDescend", ...sizes, rate, a, b, at(parameter), scaled, scratch);
  });
  return { instructions: replaced, stepped };
}

/** As plan/lower.ts writes them. */
type MatmulOperands = readonly [
  ...sizes: readonly [batch: number, m: number, n: number, k: number, transposeA: number, transposeB: number],
  ...places: readonly [a: At, b: At, y: At, scratch: At],
];

/** Whether an operand lies in the `bytes` from `from` on. */
const reads = ({ operands }: Instruction, from: number, bytes: number): boolean =>
  operands.some(
    (operand) => typeof operand === "object" && "at" in operand && operand.at >= from && operand.at < from + bytes,
  );
