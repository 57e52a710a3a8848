import { sizeOf } from "../../tensor/shape.ts";
import type { Compute } from "./tensor.ts";
import { compute } from "./tensor.ts";

const inside = (index: number, size: number): boolean => index >= 0 && index < size;

export const indexing = {
  gather: compute((y, _values, x, index) => {
    const width = sizeOf(x.shape.slice(1));
    index.data.forEach((from, i) => {
      for (let k = 0; k < width; k++)
        y.data[i * width + k] = inside(from, x.shape[0]!) ? x.data[from * width + k]! : NaN;
    });
  }),
  scatterAdd: compute<{ size: number }>((y, { size }, v, index) => {
    const width = sizeOf(y.shape.slice(1));
    y.data.fill(0);
    index.data.forEach((to, i) => {
      if (!inside(to, size)) return;
      for (let k = 0; k < width; k++) y.data[to * width + k]! += v.data[i * width + k]!;
    });
  }),
  takeLast: compute((y, _values, x, index) => {
    const [n, k] = [x.shape.at(-1)!, index.shape.at(-1)!];
    index.data.forEach((from, i) => {
      y.data[i] = inside(from, n) ? x.data[Math.floor(i / k) * n + from]! : NaN;
    });
  }),
  scatterLast: compute<{ size: number }>((y, { size }, v, index) => {
    const k = index.shape.at(-1)!;
    y.data.fill(0);
    index.data.forEach((to, i) => {
      if (inside(to, size)) y.data[Math.floor(i / k) * size + to]! += v.data[i]!;
    });
  }),
  oneHot: compute<{ size: number }>((y, { size }, index) => {
    y.data.fill(0);
    index.data.forEach((to, i) => {
      if (inside(to, size)) y.data[i * size + to] = 1;
    });
  }),
  argSort: compute<{ descending: boolean }>((y, { descending }, x) => {
    const n = x.shape.at(-1)!;
    for (let start = 0; start < x.data.length; start += n) {
      const row = x.data.subarray(start, start + n);
      const order = [...row.keys()].sort((a, b) => {
        const [left, right] = [row[a]!, row[b]!];
        if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
        return descending ? right - left || 0 : left - right || 0; // ∞ − ∞ is NaN: equals keep their order
      });
      y.data.set(order, start);
    }
  }),
} satisfies Record<string, Compute>;
