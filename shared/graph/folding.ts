/** Nodes whose value is known: computed once, when the graph is simplified, by operations that are exact everywhere. */
import { elementwise } from "./reference/elementwise.ts";
import { structure } from "./reference/structure.ts";
import type { Compute, Tensor } from "./reference/tensor.ts";
import type { Shape } from "../tensor/shape.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Attribute, Node } from "./graph.ts";
import type { OperationName } from "./operations.ts";

/** Builds the shortest node known for this application. */
export type Make = (
  operation: OperationName,
  inputs: readonly Node[],
  attributes?: Readonly<Record<string, Attribute>>,
) => Node;

/** Operations that IEEE 754 defines to the last bit, and those that only move: no engine's `exp` may reach a program's hash. */
const { negate, abs, sign, sqrt, reciprocal, square, floor, relu, isFinite, toReal, toIndex } = elementwise;
const { add, subtract, multiply, divide, maximum, minimum, less, lessEqual, equal, select } = elementwise;
const exact: Readonly<Record<string, Compute>> = {
  ...{ negate, abs, sign, sqrt, reciprocal, square, floor, relu, isFinite, toReal, toIndex },
  ...{ add, subtract, multiply, divide, maximum, minimum, less, lessEqual, equal, select },
};
const moves: Readonly<Record<string, Compute>> = structure;

/** Constants may grow to this many elements; more are computed when the program runs. */
const MOST_ELEMENTS = 64;

/** The constant this node equals, if its inputs are constants and its operation is exact. */
export function folded(node: Node, make: Make): Node | undefined {
  const { operation, inputs, shape } = node;
  const run = Object.hasOwn(exact, operation) ? exact[operation] : undefined;
  const values = inputs.map(splatOf);
  if (run !== undefined && sizeOf(shape) > 0 && values.every((value) => value !== undefined)) {
    const [value] = computed(
      node,
      run,
      values.map((one) => tensor([one], [])),
      [],
    );
    return node.dtype === "real" ? filled(value!, shape, make) : undefined;
  }
  const compute = run ?? (Object.hasOwn(moves, operation) ? moves[operation] : undefined);
  if (compute === undefined || sizeOf(shape) > MOST_ELEMENTS) return undefined;
  if (!inputs.every((input) => input.operation === "constant")) return undefined;
  const tensors = inputs.map((input) => tensor(dataOf(input), input.shape));
  return make("constant", [], { data: computed(node, compute, tensors, shape), shape, dtype: node.dtype });
}

/** The number that every element of a constant is, through whatever only repeats or moves it. */
export function splatOf(node: Node): number | undefined {
  let from = node;
  while (["reshape", "expand", "transpose", "slice", "reverse"].includes(from.operation)) from = from.inputs[0]!;
  if (from.operation !== "constant" || from.dtype !== "real") return undefined;
  const data = dataOf(from);
  return data.every((value) => Object.is(value, data[0])) ? data[0] : undefined;
}

/** One number everywhere, as the shortest nodes for it. */
export function filled(value: number, shape: Shape, make: Make): Node {
  const size = sizeOf(shape);
  if (size === 1) return make("constant", [], { data: [value], shape, dtype: "real" });
  const one = make("constant", [], { data: [value], shape: [1], dtype: "real" });
  return make("reshape", [make("expand", [one], { axis: 0, size })], { shape });
}

const dataOf = (constant: Node): readonly number[] => constant.attributes["data"] as readonly number[]; // checked when built

const tensor = (data: readonly number[], shape: Shape): Tensor => ({ data: Float64Array.from(data), shape });

function computed({ attributes }: Node, compute: Compute, inputs: readonly Tensor[], shape: Shape): number[] {
  const y = { data: new Float64Array(sizeOf(shape)), shape };
  compute(y, attributes, ...inputs);
  return Array.from(y.data);
}
