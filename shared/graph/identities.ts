/** Nodes that equal a shorter one, whatever their inputs hold. One rule per operation; undefined where it does not apply. */
import { sameShape, sizeOf } from "../tensor/shape.ts";
import { filled, splatOf, type Make } from "./folding.ts";
import type { Node } from "./graph.ts";
import type { OperationName } from "./operations.ts";

type Rule = (node: Node, make: Make) => Node | undefined;

const integer = (node: Node, name: string): number => node.attributes[name] as number; // checked when the node was built
const integers = (node: Node, name: string): readonly number[] => node.attributes[name] as readonly number[];

const itself: Rule = ({ inputs }) => inputs[0];

/** y = x when nothing moves: the shape stays, and the attributes said no more than that. */
const whenSameShape: Rule = ({ inputs: [x], shape }) => (sameShape(x!.shape, shape) ? x : undefined);

const reshape: Rule = (node, make) => {
  const [x] = node.inputs;
  if (x!.operation === "reshape") return make("reshape", x!.inputs, { shape: node.shape });
  return whenSameShape(node, make);
};

/** Two in a row are one; a permutation that keeps the order of the axes longer than 1 moves nothing. */
const transpose: Rule = (node, make) => {
  const [x] = node.inputs;
  const permutation = integers(node, "permutation");
  if (x!.operation === "transpose") {
    const inner = integers(x!, "permutation");
    return make("transpose", x!.inputs, { permutation: permutation.map((axis) => inner[axis]!) });
  }
  const long = permutation.filter((axis) => x!.shape[axis] !== 1);
  const stays = long.every((axis, i) => i === 0 || long[i - 1]! < axis) || sizeOf(node.shape) === 0;
  return stays ? make("reshape", [x!], { shape: node.shape }) : undefined;
};

/** Σ of n equal numbers is n times one of them; along an axis of length 1 it is the number. */
const sum: Rule = (node, make) => {
  const [x] = node.inputs;
  const axis = integer(node, "axis");
  const value = splatOf(x!);
  if (value !== undefined && x!.shape[axis]! > 0) return filled(value * x!.shape[axis]!, node.shape, make);
  if (x!.operation === "expand" && integer(x!, "axis") === axis && x!.shape[axis]! > 0) {
    return make("multiply", [x!.inputs[0]!, filled(x!.shape[axis]!, node.shape, make)]);
  }
  return whenSameShape(node, make);
};

const slice: Rule = (node, make) => {
  const [x] = node.inputs;
  const [axis, start, size] = [integer(node, "axis"), integer(node, "start"), integer(node, "size")];
  if (x!.operation === "slice" && integer(x!, "axis") === axis) {
    return make("slice", x!.inputs, { axis, start: start + integer(x!, "start"), size });
  }
  const undone = x!.operation === "pad" && integer(x!, "axis") === axis && integer(x!, "before") === start;
  if (undone && x!.inputs[0]!.shape[axis] === size) return x!.inputs[0];
  return whenSameShape(node, make);
};

/** Parts without elements add nothing; one part alone is the whole. */
const concatenate: Rule = ({ inputs, attributes }, make) => {
  const parts = inputs.filter((part) => sizeOf(part.shape) > 0);
  if (parts.length === inputs.length || parts.length === 0) return inputs.length === 1 ? inputs[0] : undefined;
  return make("concatenate", parts, attributes);
};

const reverse: Rule = (node) => {
  const [x] = node.inputs;
  const axis = integer(node, "axis");
  if (x!.shape[axis]! <= 1) return x;
  return x!.operation === "reverse" && integer(x!, "axis") === axis ? x!.inputs[0] : undefined;
};

const negate: Rule = ({ inputs: [x] }) => (x!.operation === "negate" ? x!.inputs[0] : undefined);

const multiply: Rule = ({ inputs: [a, b] }, make) => {
  if (splatOf(b!) === 1) return a;
  if (splatOf(a!) === 1) return b;
  if (splatOf(b!) === -1) return make("negate", [a!]);
  return splatOf(a!) === -1 ? make("negate", [b!]) : undefined;
};

const select: Rule = ({ inputs: [mask, a, b] }) => {
  const chosen = splatOf(mask!);
  if (chosen !== undefined) return chosen !== 0 ? a : b;
  return a === b ? a : undefined;
};

const ofTwins: Rule = ({ inputs: [a, b] }) => (a === b ? a : undefined);

export const identities: Readonly<Partial<Record<OperationName, Rule>>> = {
  stopGradient: itself,
  reshape,
  expand: whenSameShape,
  transpose,
  sum,
  slice,
  pad: whenSameShape,
  concatenate,
  reverse,
  negate,
  add: ({ inputs: [a, b] }) => (splatOf(b!) === 0 ? a : splatOf(a!) === 0 ? b : undefined),
  subtract: ({ inputs: [a, b] }) => (splatOf(b!) === 0 ? a : undefined),
  multiply,
  divide: ({ inputs: [a, b] }) => (splatOf(b!) === 1 ? a : undefined),
  power: ({ inputs: [a, b] }) => (splatOf(b!) === 1 ? a : undefined),
  maximum: ofTwins,
  minimum: ofTwins,
  select,
};
