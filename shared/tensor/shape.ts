import { TributaryError } from "../errors.ts";

/** The lengths of a tensor's axes, outermost first; tensors are row-major and contiguous. `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements: the product of the axes, 1 for a scalar. */
export const sizeOf = (shape: Shape): number => shape.reduce((size, axis) => size * axis, 1);

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((axis, i) => axis === b[i]);

export const showShape = (shape: Shape): string => `[${shape.join(", ")}]`;

/** The row-major split of a shape around one axis: index = (outer · length + position) · inner + rest. */
export function around(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

/** An axis counted from the end when negative. Throws "shape-mismatch" when there is no such axis. */
export function axisOf(axis: number, shape: Shape): number {
  const positive = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(positive) || positive < 0 || positive >= shape.length) {
    throw new TributaryError("shape-mismatch", `Expected an axis of the shape ${showShape(shape)}, got ${axis}`);
  }
  return positive;
}
