/** What an arithmetic builder accepts, and NumPy's broadcasting: shapes align at their last axes, and an axis of length 1 repeats. */
import { TributaryError } from "../../errors.ts";
import { sameShape, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import { toReal } from "../operations/elementwise.ts";
import { scalar } from "../operations/leaves.ts";
import { expand, reshape } from "../operations/structure.ts";

/** A node, or a number that stands for a constant. Labels and ranks (dtype index) count as reals: exact below 2²⁴ in float32. */
export type Operand = Node | number;

export const real = (operand: Operand): Node => {
  if (typeof operand === "number") return scalar(operand);
  return operand.dtype === "index" ? toReal(operand) : operand;
};

/** The operands as reals of one shape. Throws "shape-mismatch" when their shapes do not broadcast. */
export function broadcast(...operands: readonly Operand[]): Node[] {
  const nodes = operands.map(real);
  const shape = nodes.map((node) => node.shape).reduce(commonShape);
  return nodes.map((node) => broadcastTo(node, shape));
}

/** The shape two shapes broadcast to. Throws "shape-mismatch" when there is none. */
export function commonShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const lengthOf = (shape: Shape, axis: number): number => shape[axis - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => {
    const [m, n] = [lengthOf(a, axis), lengthOf(b, axis)];
    if (m !== n && m !== 1 && n !== 1) {
      throw new TributaryError(
        "shape-mismatch",
        `Expected shapes that broadcast, got ${showShape(a)} and ${showShape(b)}`,
      );
    }
    return m === 1 ? n : m;
  });
}

/**
 * x repeated along its axes of length 1, and along new leading ones, until it has `shape`.
 * Neighbouring axes that repeat are repeated as one: a bias [C] reaches [N, H, W, C] by a single expand.
 */
export function broadcastTo(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(commonShape(x.shape, shape), shape)) {
    throw new TributaryError(
      "shape-mismatch",
      `Expected a shape that broadcasts to ${showShape(shape)}, got ${showShape(x.shape)}`,
    );
  }
  const aligned = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape];
  let y = reshape(x, aligned);
  for (let end = shape.length; end > 0;) {
    const repeats = (axis: number): boolean => aligned[axis] !== shape[axis];
    let start = end - 1;
    while (start > 0 && repeats(start - 1) === repeats(end - 1)) start--;
    if (repeats(end - 1)) {
      const [before, after] = [aligned.slice(0, start), shape.slice(end)];
      const repeated = expand(reshape(y, [...before, 1, ...after]), start, sizeOf(shape.slice(start, end)));
      y = reshape(repeated, [...before, ...shape.slice(start)]);
    }
    end = start;
  }
  return y;
}
