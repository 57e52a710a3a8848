/** Rules that look for a centre: every row pulls at it, and none by more than it may. */
import { addScaled, distance, norm } from "../../shared/tensor/vector.ts";
import { median } from "./coordinate-wise.ts";
import { meanOf, type RobustRule, type RuleContext } from "./rule.ts";

type Start = "zeros" | "mean" | "median" | "last";

function startOf(start: Start, rows: readonly Float64Array[], context: RuleContext): Float64Array {
  if (start === "median") return median.choose(rows, context).value;
  if (start === "mean") return meanOf(rows);
  return start === "last" && context.last !== undefined ? context.last.slice() : new Float64Array(rows[0]!.length);
}

export interface GeometricMedianOptions {
  /** ν: the least distance a row counts by. */
  readonly nu: number;
  readonly iterations: number;
  /** It has settled when it moves by less than this share of its norm. */
  readonly tolerance: number;
  readonly start: "zeros" | "mean" | "median";
}

/**
 * The point of least total distance to the rows, by smoothed Weiszfeld steps from the start:
 *
 *     z ← Σ βᵢxᵢ / Σ βᵢ,   βᵢ = 1 / max(ν, ‖xᵢ − z‖)
 *
 * Facts   rows 1,2,3 · 4,5,6 · 7,8,9 with ν = .1, 3 steps from 0: 3.78788764, 4.78788764, 5.78788764 · withstands fewer than half
 * Source  Pillutla, Kakade & Harchaoui (2022), algorithm 2
 */
export const geometricMedian = ({ nu, iterations, tolerance, start }: GeometricMedianOptions): RobustRule => ({
  name: "geometric-median",
  fewest: 1,
  withstands: (n) => Math.ceil(n / 2) - 1,
  laws: { permutation: true, translation: start !== "zeros", scaling: true },
  choose(rows, context) {
    let z = startOf(start, rows, context);
    for (let step = 0; step < iterations; step++) {
      const next = new Float64Array(z.length);
      let total = 0;
      for (const row of rows) {
        const weight = 1 / Math.max(nu, distance(row, z));
        addScaled(next, weight, row);
        total += weight;
      }
      for (let j = 0; j < next.length; j++) next[j] = next[j]! / total;
      const moved = distance(next, z);
      z = next;
      if (moved <= tolerance * norm(z)) break;
    }
    return { value: z, selected: null };
  },
});

export interface CentredClippingOptions {
  /** τ: how far from the centre a row counts in full. */
  readonly tau: number;
  readonly iterations: number;
  readonly start: "zeros" | "median" | "last";
}

/**
 * From the last aggregate, so many times:   v ← v + (1/n)·Σᵢ (xᵢ − v)·min(1, τ/‖xᵢ − v‖)
 *
 * A row moves the centre by at most τ/n a step, wherever it lies. Source: Karimireddy, He & Jaggi (2021), algorithm 2.
 */
export const centredClipping = ({ tau, iterations, start }: CentredClippingOptions): RobustRule => ({
  name: "centred-clipping",
  fewest: 1,
  withstands: (n) => Math.floor(n / 10), // "a small f": the bound of the paper
  laws: { permutation: true, translation: start === "median", scaling: false },
  choose(rows, context) {
    const v = startOf(start, rows, context);
    for (let step = 0; step < iterations; step++) {
      const pull = new Float64Array(v.length);
      for (const row of rows) {
        const share = Math.min(1, tau / distance(row, v)) / rows.length;
        for (let j = 0; j < v.length; j++) pull[j] = pull[j]! + share * (row[j]! - v[j]!);
      }
      addScaled(v, 1, pull);
    }
    return { value: v, selected: null };
  },
});
