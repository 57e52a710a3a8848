import { around, sizeOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Compute, Tensor } from "./tensor.ts";
import { compute } from "./tensor.ts";

const copy: Compute = (y, _attributes, x) => {
  y.data.set(x.data);
};

/** Copies x into y from position `start` of y's axis (`into`), or y out of x from position `start` of x's axis (`outOf`). */
function block(large: Tensor, small: Tensor, axis: number, start: number, direction: "into" | "outOf"): void {
  const { outer, length, inner } = around(large.shape, axis);
  const size = small.shape[axis]!;
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < size * inner; k++) {
      const [inSmall, inLarge] = [o * size * inner + k, (o * length + start) * inner + k];
      if (direction === "into") large.data[inLarge] = small.data[inSmall]!;
      else small.data[inSmall] = large.data[inLarge]!;
    }
  }
}

const stridesOf = (shape: Shape): number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

export const structure = {
  reshape: copy,
  stopGradient: copy,
  expand: compute<{ axis: number }>((y, { axis }, x) => {
    const { outer, length, inner } = around(y.shape, axis);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < length; i++) {
        for (let k = 0; k < inner; k++) y.data[(o * length + i) * inner + k] = x.data[o * inner + k]!;
      }
    }
  }),
  sum: compute<{ axis: number }>((y, { axis }, x) => {
    const { outer, length, inner } = around(x.shape, axis);
    y.data.fill(0);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < length; i++) {
        for (let k = 0; k < inner; k++) y.data[o * inner + k]! += x.data[(o * length + i) * inner + k]!;
      }
    }
  }),
  transpose: compute<{ permutation: readonly number[] }>((y, { permutation }, x) => {
    const [to, from] = [stridesOf(y.shape), stridesOf(x.shape)];
    for (let i = 0; i < y.data.length; i++) {
      let source = 0;
      permutation.forEach((axis, at) => (source += (Math.floor(i / to[at]!) % y.shape[at]!) * from[axis]!));
      y.data[i] = x.data[source]!;
    }
  }),
  slice: compute<{ axis: number; start: number }>((y, { axis, start }, x) => {
    block(x, y, axis, start, "outOf");
  }),
  pad: compute<{ axis: number; before: number }>((y, { axis, before }, x) => {
    y.data.fill(0);
    block(y, x, axis, before, "into");
  }),
  concatenate: compute<{ axis: number }>((y, { axis }, ...parts) => {
    let start = 0;
    for (const part of parts) {
      block(y, part, axis, start, "into");
      start += part.shape[axis]!;
    }
  }),
  reverse: compute<{ axis: number }>((y, { axis }, x) => {
    const { outer, length, inner } = around(y.shape, axis);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < length; i++) {
        for (let k = 0; k < inner; k++) {
          y.data[(o * length + i) * inner + k] = x.data[(o * length + length - 1 - i) * inner + k]!;
        }
      }
    }
  }),
} satisfies Record<string, Compute>;
