/**
 * The two-objective problem of CAGrad and Nash-MTL — Liu et al. (2021), appendix, with the signs of their code: a valley behind steep
 * walls, from its three standard starts, by Adam at 0.002.
 */
import { log, tanh } from "../../shared/kernels/math.ts";
import { weightings, type WeightingName } from "../../shared/objectives/catalogue.ts";
import { combine } from "../../shared/objectives/combine.ts";
import { gramian } from "../../shared/objectives/gramian.ts";
import { relativeLength, shortestInHull } from "../../shared/objectives/solvers/simplex-quadratic.ts";
import { Random } from "../../shared/random.ts";

export const starts = [
  [-8.5, 7.5],
  [-8.5, -5],
  [9, 9],
] as const;

/** [L, ∂L/∂x, ∂L/∂y] of both objectives. */
function objectives(x: number, y: number): readonly [readonly number[], readonly number[]] {
  const [up, down] = [tanh(0.5 * y), tanh(-0.5 * y)];
  const [c1, d1] = up > 0 ? [up, 0.5 * (1 - up * up)] : [0, 0];
  const [c2, d2] = down > 0 ? [down, -0.5 * (1 - down * down)] : [0, 0];
  const t = tanh(-y);
  /** log|½(a − x) + sign·tanh(−y)| + 6 */
  const wall = (a: number, sign: 1 | -1): readonly number[] => {
    const inside = 0.5 * (a - x) + sign * t;
    const size = Math.abs(inside);
    if (size < 5e-6) return [log(5e-6) + 6, 0, 0];
    return [log(size) + 6, -0.5 / inside, (-sign * (1 - t * t)) / inside];
  };
  const valley = (center: number): readonly number[] => [
    ((-x + center) * (-x + center) + 0.1 * (-y - 8) * (-y - 8)) / 10 - 20,
    (-2 * (-x + center)) / 10,
    (-0.2 * (-y - 8)) / 10,
  ];
  const mixed = (a: readonly number[], b: readonly number[]): readonly number[] => [
    a[0]! * c1 + b[0]! * c2,
    a[1]! * c1 + b[1]! * c2,
    a[2]! * c1 + a[0]! * d1 + b[2]! * c2 + b[0]! * d2,
  ];
  return [mixed(wall(-7, -1), valley(7)), mixed(wall(7, 1), valley(-7))]; // ½(3 − x) + 2 is ½(7 − x)
}

/** Both objectives train both numbers. */
const how = { scales: {}, stretches: [{ from: 0, to: 2, objectives: ["a", "b"] }], random: Random.seeded(1) };

export interface End {
  readonly loss: number;
  /** The shortest vector of the gradients' hull, beside the longest gradient: 0 on the Pareto set. */
  readonly slope: number;
}

/** The mean loss after so many steps of Adam. */
export function descend(method: WeightingName, options: object, start: readonly [number, number], steps: number): End {
  const weighting = weightings[method].bind(options, ["a", "b"]);
  let state = weighting.init();
  let [x, y] = start;
  const [m, v] = [Float64Array.of(0, 0), Float64Array.of(0, 0)];
  let [power1, power2] = [1, 1];
  const step = (slope: number, k: 0 | 1): number => {
    m[k] = 0.9 * m[k]! + 0.1 * slope;
    v[k] = 0.999 * v[k]! + 0.001 * slope * slope;
    return (-0.002 * (m[k] / (1 - power1))) / (Math.sqrt(v[k] / (1 - power2)) + 1e-8);
  };
  for (let i = 0; i < steps; i++) {
    const rows = objectives(x, y).map(([value, dx, dy], k) => ({
      objective: k === 0 ? "a" : "b",
      value: value!,
      gradient: Float64Array.of(dx!, dy!),
    }));
    const combined = combine(rows, weighting, state, how);
    ({ state } = combined);
    power1 *= 0.9;
    power2 *= 0.999;
    x += step(combined.direction[0]!, 0);
    y += step(combined.direction[1]!, 1);
  }
  const [a, b] = objectives(x, y);
  const products = gramian([a, b].map((row) => Float64Array.from(row.slice(1))));
  return { loss: (a[0]! + b[0]!) / 2, slope: relativeLength(products, shortestInHull(products)) };
}
