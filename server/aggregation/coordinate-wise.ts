import type { RobustRule } from "./rule.ts";

const laws = { permutation: true, translation: true, scaling: true } as const;

/** A rule that looks at one coordinate at a time: its n values, ascending → one. */
const coordinateWise = (
  rule: Omit<RobustRule, "choose" | "laws">,
  ofSorted: (values: Float64Array) => number,
): RobustRule => ({
  ...rule,
  laws,
  choose(rows) {
    const value = new Float64Array(rows[0]!.length);
    const column = new Float64Array(rows.length);
    for (let j = 0; j < value.length; j++) {
      for (let i = 0; i < rows.length; i++) column[i] = rows[i]![j]!;
      value[j] = ofSorted(column.sort());
    }
    return { value, selected: null };
  },
});

/** The middle of ascending values; the mean of the two in the middle for an even number. */
export function middleOf(sorted: Float64Array): number {
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The median of any values. */
export const medianOf = (values: ArrayLike<number>): number => middleOf(Float64Array.from(values).sort());

/** The median of each coordinate. Withstands fewer than half of the rows. Source: Yin et al. (2018), definition 1. */
export const median: RobustRule = coordinateWise(
  { name: "median", fewest: 1, withstands: (n) => Math.ceil(n / 2) - 1 },
  middleOf,
);

/**
 * The mean of each coordinate without its f lowest and f highest values, or without ⌊βn⌋ at each end. Example counts have no say.
 *
 * Facts   [.5], [1], [2], [100] without a quarter at each end: 1.5 · f = 0: the mean
 * Source  Yin et al. (2018), definition 2
 */
export function trimmedMean(trim: { readonly f: number } | { readonly fraction: number }): RobustRule {
  const cut = (n: number): number => ("f" in trim ? trim.f : Math.floor(trim.fraction * n));
  return coordinateWise({ name: "trimmed-mean", fewest: "f" in trim ? 2 * trim.f + 1 : 1, withstands: cut }, (values) =>
    meanBetween(values, cut(values.length), values.length - cut(values.length)),
  );
}

/** The mean, coordinate by coordinate, of the n − f values nearest to the median; ties go to the lower value. Source: Xie et al. (2018). */
export const meanAroundMedian = (f: number): RobustRule =>
  coordinateWise({ name: "mean-around-median", fewest: 2 * f + 1, withstands: () => f }, (values) =>
    meanNearest(values, middleOf(values), values.length - f),
  );

/** The mean of the `count` values nearest to `centre`: a window of ascending values, from which the farther end is dropped. */
export function meanNearest(sorted: Float64Array, centre: number, count: number): number {
  let [from, to] = [0, sorted.length];
  while (to - from > count) {
    if (centre - sorted[from]! > sorted[to - 1]! - centre) from++;
    else to--;
  }
  return meanBetween(sorted, from, to);
}

function meanBetween(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]!;
  return sum / (to - from);
}
