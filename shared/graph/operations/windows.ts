/**
 * The geometry that convolution and pooling share: a window slides over a plane [H, W] padded by
 * [top, bottom, left, right], in steps [down, right]; along one axis
 *
 *     positions = ⌊(before + length + after − window) / step⌋ + 1
 */
import { showShape } from "../../tensor/shape.ts";
import { mismatch } from "./operation.ts";

export type Pair = readonly [height: number, width: number];
export type Padding = readonly [top: number, bottom: number, left: number, right: number];

export interface Windows {
  readonly window: Pair;
  readonly stride: Pair;
  readonly padding: Padding;
}

/** A list of exactly two integers. */
export function pairOf(name: string, values: readonly number[]): Pair {
  if (values.length !== 2) throw mismatch(`${name} of two numbers, [height, width]`, showShape(values));
  return values as unknown as Pair;
}

/** How many positions a window takes over a plane. Throws "shape-mismatch" when it does not fit, or could see padding alone. */
export function positions(
  plane: readonly number[],
  window: readonly number[],
  stride: readonly number[],
  padding: readonly number[],
): Pair {
  if (padding.length !== 4) throw mismatch("a padding of four numbers, [top, bottom, left, right]", showShape(padding));
  pairOf("a window", window);
  pairOf("a stride", stride);
  const along = (axis: 0 | 1): number => {
    const [before, after] = [padding[2 * axis]!, padding[2 * axis + 1]!];
    const [length, size, step] = [plane[axis]!, window[axis]!, stride[axis]!];
    if (step === 0 || size === 0)
      throw mismatch("a window and a stride of at least 1", `${showShape(window)} and ${showShape(stride)}`);
    if (before >= size || after >= size)
      throw mismatch(`a padding smaller than the window ${showShape(window)}`, showShape(padding));
    const room = before + length + after - size;
    if (room < 0) throw mismatch(`a window that fits the padded plane ${showShape(plane)}`, showShape(window));
    return Math.floor(room / step) + 1;
  };
  return [along(0), along(1)];
}

/** A tensor's four axes, or a refusal that says what they mean. */
export function fourAxes(shape: readonly number[], meaning: string): readonly [number, number, number, number] {
  if (shape.length !== 4) throw mismatch(meaning, showShape(shape));
  return shape as unknown as readonly [number, number, number, number];
}
