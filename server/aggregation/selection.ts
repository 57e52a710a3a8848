/** Rules that choose clients: whose vectors lie closest together. All of them cost n²·d for the distances of n rows of length d. */
import { TributaryError } from "../../shared/errors.ts";
import { meanNearest, middleOf } from "./coordinate-wise.ts";
import { ascending, meanOf, ranked, type RobustRule } from "./rule.ts";

const laws = { permutation: true, translation: true, scaling: true } as const;

/** ‖xᵢ − xⱼ‖² for all pairs, by differences: ‖a‖² + ‖b‖² − 2⟨a, b⟩ would go below zero for rows that are nearly equal. */
export function squaredDistances(rows: readonly Float64Array[]): Float64Array[] {
  const distances = rows.map(() => new Float64Array(rows.length));
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < i; j++) distances[i]![j] = distances[j]![i] = squaredDistance(rows[i]!, rows[j]!);
  }
  return distances;
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const gap = a[i]! - b[i]!;
    sum += gap * gap;
  }
  return sum;
}

/** For each of these rows, Σ of its squared distances to its max(1, m − f − 2) nearest among the m of them. */
export function krumScores(distances: readonly Float64Array[], f: number, among: readonly number[]): Float64Array {
  const neighbours = Math.max(1, among.length - f - 2);
  return Float64Array.from(among, (i) => {
    const others = Float64Array.from(
      among.filter((j) => j !== i),
      (j) => distances[i]![j]!,
    ).sort();
    return others.subarray(0, neighbours).reduce((sum, distance) => sum + distance, 0);
  });
}

const everyone = (rows: readonly unknown[]): number[] => rows.map((_, i) => i);

/** The one row whose neighbours are nearest; ties go to the lower row. Source: Blanchard et al. (2017), with at least one neighbour. */
export const krum = (f: number): RobustRule => ({ ...multiKrum(f, 1), name: "krum" });

/** The mean of the `keep` rows (n − f when left out) with the best scores of Krum. */
export const multiKrum = (f: number, keep?: number): RobustRule => ({
  name: "multi-krum",
  fewest: 2 * f + 3,
  withstands: () => f,
  laws,
  choose(rows) {
    const scores = krumScores(squaredDistances(rows), f, everyone(rows));
    const selected = ascending(ranked(scores).slice(0, Math.max(1, keep ?? rows.length - f)));
    return { value: meanOf(rows, selected), selected };
  },
});

/**
 * Krum n − 2f times, each time without those already chosen; then, coordinate by coordinate, the mean of the n − 4f values nearest to
 * the median of the chosen. Source: El Mhamdi et al. (2018).
 */
export const bulyan = (f: number): RobustRule => ({
  name: "bulyan",
  fewest: 4 * f + 3,
  withstands: () => f,
  laws: { ...laws, permutation: false }, // the last picks go by one neighbour: two that are each other's nearest tie
  choose(rows) {
    const distances = squaredDistances(rows);
    const chosen: number[] = [];
    let left = everyone(rows);
    while (chosen.length < Math.max(1, rows.length - 2 * f)) {
      const best = left[ranked(krumScores(distances, f, left))[0]!]!;
      chosen.push(best);
      left = left.filter((i) => i !== best);
    }
    const value = new Float64Array(rows[0]!.length);
    const column = new Float64Array(chosen.length);
    for (let j = 0; j < value.length; j++) {
      chosen.forEach((i, at) => (column[at] = rows[i]![j]!));
      column.sort();
      value[j] = meanNearest(column, middleOf(column), Math.max(1, rows.length - 4 * f));
    }
    return { value, selected: ascending(chosen) };
  },
});

/** Subsets that the least diameter is looked for in; more are refused. */
const mostSubsets = 200_000;

/**
 * The mean of the n − f rows of least diameter; ties go to the first subset in lexicographic order. Throws "invalid-option" when there
 * are more than 200,000 subsets. Source: Rousseeuw (1985); El Mhamdi et al. (2018).
 */
export const minimumDiameter = (f: number): RobustRule => ({
  name: "mda",
  fewest: 2 * f + 1,
  withstands: () => f,
  laws,
  choose(rows) {
    const size = Math.max(1, rows.length - f);
    const subsets = binomial(rows.length, size);
    if (subsets > mostSubsets) {
      const found = `${rows.length} updates without ${f} are ${subsets} subsets`;
      throw new TributaryError(
        "invalid-option",
        `mda looks at no more than ${mostSubsets} subsets of updates: ${found}`,
      );
    }
    const distances = squaredDistances(rows);
    let best = { diameter: Infinity, chosen: everyone(rows).slice(0, size) };
    const extend = (chosen: readonly number[], diameter: number, next: number): void => {
      if (diameter >= best.diameter) return;
      if (chosen.length === size) best = { diameter, chosen: [...chosen] };
      for (let i = next; i <= rows.length - (size - chosen.length) && chosen.length < size; i++) {
        extend(
          [...chosen, i],
          chosen.reduce((most, j) => Math.max(most, distances[i]![j]!), diameter),
          i + 1,
        );
      }
    };
    extend([], 0, 0);
    return { value: meanOf(rows, best.chosen), selected: best.chosen };
  },
});

function binomial(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i;
  return Math.round(ways);
}

/** The mean of the n − f rows nearest to the trusted one, itself included. Source: Farhadkhani et al. (2023). */
export const monna = (f: number): RobustRule => ({
  name: "monna",
  fewest: f + 1,
  withstands: () => f,
  laws,
  choose(rows, { root = 0 }) {
    const distances = Float64Array.from(rows, (row) => squaredDistance(row, rows[root]!));
    const selected = ascending(ranked(distances).slice(0, rows.length - f));
    return { value: meanOf(rows, selected), selected };
  },
});
