/* eslint-disable no-restricted-properties -- the oracle must not share its approximations with the kernels it judges; it never reaches a model */
import { around, sizeOf } from "../../tensor/shape.ts";
import type { Compute, Tensor } from "./tensor.ts";
import { compute } from "./tensor.ts";

/** Visits each line of x along an axis: `at(i)` is the place of its element i, `line` its number (its place with length 1). */
function alongLines(
  x: Tensor,
  axis: number,
  visit: (at: (i: number) => number, length: number, line: number) => void,
): void {
  const { outer, length, inner } = around(x.shape, axis);
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < inner; k++) visit((i) => (o * length + i) * inner + k, length, o * inner + k);
  }
}

/** Visits each row of the last axis. */
function rows(x: Tensor, visit: (row: readonly number[], number: number) => void): void {
  const length = x.shape.at(-1)!;
  for (let r = 0; r < sizeOf(x.shape.slice(0, -1)); r++) visit([...x.data.subarray(r * length, (r + 1) * length)], r);
}

const largestOf = (row: readonly number[]): number => row.reduce((a, b) => Math.max(a, b), -Infinity);

function logSumExpOf(row: readonly number[]): number {
  const largest = largestOf(row);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(row.reduce((sum, x) => sum + Math.exp(x - largest), 0));
}

/** Whether x takes the lead from the best so far: greater, or the first NaN. */
export const leads = (x: number, best: number): boolean => x > best || (Number.isNaN(x) && !Number.isNaN(best));

export const reductions = {
  max: compute<{ axis: number }>((y, { axis }, x) => {
    alongLines(x, axis, (at, length, line) => {
      let best = -Infinity;
      for (let i = 0; i < length; i++) best = Math.max(best, x.data[at(i)]!);
      y.data[line] = best;
    });
  }),
  argMax: compute<{ axis: number }>((y, { axis }, x) => {
    alongLines(x, axis, (at, length, line) => {
      let best = 0;
      for (let i = 1; i < length; i++) if (leads(x.data[at(i)]!, x.data[at(best)]!)) best = i;
      y.data[line] = best;
    });
  }),
  cumulativeSum: compute<{ axis: number; reverse: boolean; exclusive: boolean }>(
    (y, { axis, reverse, exclusive }, x) => {
      alongLines(x, axis, (at, length) => {
        let total = 0;
        for (let step = 0; step < length; step++) {
          const i = at(reverse ? length - 1 - step : step);
          const next = total + x.data[i]!;
          y.data[i] = exclusive ? total : next;
          total = next;
        }
      });
    },
  ),
  logSumExp: compute((y, _values, x) => {
    rows(x, (row, r) => {
      y.data[r] = logSumExpOf(row);
    });
  }),
  softmax: compute((y, _values, x) => {
    rows(x, (row, r) => {
      const largest = largestOf(row);
      const powers = row.map((value) => Math.exp(value - largest));
      const total = powers.reduce((sum, power) => sum + power, 0);
      powers.forEach((power, i) => {
        y.data[r * row.length + i] = power / total;
      });
    });
  }),
  softmaxCrossEntropySlope: compute((y, _values, logits, labels, scales) => {
    rows(logits, (row, r) => {
      const total = logSumExpOf(row);
      row.forEach((value, i) => {
        const own = labels.data[r] === i ? 1 : 0;
        y.data[r * row.length + i] = scales.data[r]! * (Math.exp(value - total) - own);
      });
    });
  }),
  softmaxCrossEntropy: compute((y, _values, logits, labels) => {
    rows(logits, (row, r) => {
      const label = labels.data[r]!;
      y.data[r] = label >= 0 && label < row.length ? logSumExpOf(row) - row[label]! : NaN;
    });
  }),
  shortfall: compute((y, _values, logits, labels) => {
    rows(logits, (row, r) => {
      const label = labels.data[r]!;
      y.data[r] = label >= 0 && label < row.length ? logSumExpOf(othersOf(row, label)) - row[label]! : NaN;
    });
  }),
  shortfallSlope: compute((y, _values, logits, labels, scales) => {
    rows(logits, (row, r) => {
      const others = othersOf(row, labels.data[r]!);
      const total = logSumExpOf(others);
      others.forEach((value, i) => {
        const share = i === labels.data[r] ? -1 : Math.exp(value - total);
        y.data[r * row.length + i] = scales.data[r]! * share;
      });
    });
  }),
} satisfies Record<string, Compute>;

/** A row in which the label's own number is −∞. */
const othersOf = (row: readonly number[], label: number): number[] => row.map((x, i) => (i === label ? -Infinity : x));
