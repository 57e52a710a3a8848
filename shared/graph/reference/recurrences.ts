/* eslint-disable no-restricted-properties -- the oracle must not share its approximations with the kernels it judges; it never reaches a model */
import type { Compute } from "./tensor.ts";
import { compute } from "./tensor.ts";

export const recurrences = {
  linearScan: compute<{ reverse: boolean }>((y, { reverse }, a, b) => {
    const n = y.shape.at(-1)!;
    for (let start = 0; start < y.data.length; start += n) {
      for (let step = 0; step < n; step++) {
        const i = start + (reverse ? n - 1 - step : step);
        const before = step === 0 ? 0 : a.data[i]! * y.data[reverse ? i + 1 : i - 1]!;
        y.data[i] = b.data[i]! + before;
      }
    }
  }),
  cumulativeLogSumExp: compute((y, _values, x, segment) => {
    const n = y.shape.at(-1)!;
    let [largest, total] = [-Infinity, 0];
    for (let i = 0; i < y.data.length; i++) {
      if (i % n === 0 || segment.data[i] !== segment.data[i - 1]) [largest, total] = [-Infinity, 0];
      const before = largest;
      largest = Math.max(largest, x.data[i]!);
      total = Number.isFinite(largest) ? total * Math.exp(before - largest) + Math.exp(x.data[i]! - largest) : 0;
      y.data[i] = Number.isFinite(largest) ? largest + Math.log(total) : largest;
    }
  }),
} satisfies Record<string, Compute>;
