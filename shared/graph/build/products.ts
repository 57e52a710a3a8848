/** The matrix product over any leading axes. */
import { TributaryError } from "../../errors.ts";
import { sameShape, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import * as rows from "../operations/linear.ts";
import { reshape } from "../operations/structure.ts";
import { broadcastTo, commonShape } from "./operand.ts";

export type Product = Partial<rows.Transposes>;

/**
 * op(a)·op(b) over the last two axes; op transposes a matrix or not, leading axes broadcast. A plain matrix b multiplies
 * all of a's leading axes as one tall matrix: [… , K] × [K, N] → [… , N].
 *
 * Throws "shape-mismatch" when the inner lengths differ.
 */
export function matmul(a: Node, b: Node, { transposeA = false, transposeB = false }: Product = {}): Node {
  for (const { shape } of [a, b]) {
    if (shape.length < 2)
      throw new TributaryError("shape-mismatch", `matmul: Expected matrices, got ${showShape(shape)}`);
  }
  const transposes = { transposeA, transposeB };
  if (a.shape.length === 2 && b.shape.length === 2) return rows.matmul(a, b, transposes);
  if (b.shape.length === 2 && !transposeA) {
    const y = rows.matmul(reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1)!]), b, transposes);
    return reshape(y, [...a.shape.slice(0, -1), y.shape[1]!]);
  }
  const leading = commonShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const batched = (x: Node): Node => {
    const matrix = x.shape.slice(-2);
    const full = sameShape(x.shape.slice(0, -2), leading) ? x : broadcastTo(x, [...leading, ...matrix]);
    return reshape(full, [sizeOf(leading), ...matrix]);
  };
  const y = rows.matmul(batched(a), batched(b), transposes);
  return reshape(y, [...leading, ...y.shape.slice(1)]);
}
