/** What is left of a target when a simple fit has explained what it can: its size, its tails, and how it grows with the target. */
import { log1p } from "../kernels/math.ts";
import { ExactSum, type ExactSumState } from "../sum.ts";
import { deviationOfMedian, eachResidual, fittedAt, indicatorFit, robustFit, type Regression } from "./fit.ts";
import type { Rows } from "./design.ts";
import { Sketch, type SketchState } from "./sketch.ts";

/** Rows whose fitted values are alike. */
export interface Stratum {
  readonly count: number;
  readonly sum: ExactSumState;
  readonly squares: ExactSumState;
  /** |r| of its rows. */
  readonly distances: SketchState;
}

export interface Noise {
  readonly rows: number;
  /** Numbers of a row, with the intercept. */
  readonly width: number;
  /** Σβ² of the standardized features, in squared units of the target. */
  readonly slopes: number;
  readonly residuals: SketchState;
  /** From low to high fitted values. */
  readonly strata: readonly Stratum[];
}

const strata = 16;

/** The noise about a robust fit over all clients. `logarithmic` fits log(1 + y), and says the strata of y along that fit. */
export function noiseOf(clients: readonly Regression[], logarithmic = false): Noise {
  const targets = logarithmic ? clients.map(({ rows, y }) => ({ rows, y: y.map((value) => log1p(value)) })) : clients;
  const all = new Sketch();
  for (const { y } of targets) for (const value of y) all.add(value);
  const { center, scale } = placeOf(all);
  const { coefficients } = robustFit(targets, center, scale);
  const { width } = clients[0]!.rows;
  const fitted = new Sketch();
  for (const { rows } of clients)
    for (let i = 0; i < rows.count; i++) fitted.add(fittedAt(coefficients, rows.x, i * width));
  const edges = Array.from({ length: strata - 1 }, (_, i) => fitted.quantile((i + 1) / strata));
  const residuals = new Sketch();
  const cells = Array.from({ length: strata }, () => ({
    count: 0,
    sum: new ExactSum(),
    squares: new ExactSum(),
    distances: new Sketch(),
  }));
  targets.forEach((client, k) => {
    eachResidual(client, coefficients, (r, _, i) => {
      residuals.add(r);
      const prediction = client.y[i]! - r;
      const cell = cells[edges.filter((edge) => prediction > edge).length]!;
      const value = clients[k]!.y[i]!;
      cell.count += 1;
      cell.sum.add(value);
      cell.squares.add(value * value);
      cell.distances.add(Math.abs(r));
    });
  });
  return {
    rows: all.count,
    width,
    slopes: coefficients.subarray(0, width - 1).reduce((sum, value) => sum + value * value, 0),
    residuals: residuals.toJSON(),
    strata: cells
      .filter(({ count }) => count > 0)
      .map(({ count, sum, squares, distances }) => ({
        count,
        sum: sum.toJSON(),
        squares: squares.toJSON(),
        distances: distances.toJSON(),
      })),
  };
}

/** The middle and the robust deviation of what a sketch holds; where more than half is one value, the deviation of the rest. */
export function placeOf(sketch: Sketch): { readonly center: number; readonly scale: number } {
  const center = sketch.quantile(0.5);
  const distances = sketch.distances(center);
  for (const q of [0.5, 0.75, 0.9, 0.99, 1]) {
    const distance = distances.quantile(q);
    if (distance > 0) return { center, scale: deviationOfMedian * distance };
  }
  return { center, scale: 0 };
}

/** How far the rows of a class stand apart from all others, in the score of a least-squares fit of its indicator. */
export interface Separation {
  readonly name: string;
  readonly own: SketchState;
  readonly others: SketchState;
}

export function separationOf(
  clients: readonly { readonly rows: Rows; readonly labels: Int32Array }[],
  classes: readonly string[],
): Separation[] {
  return indicatorFit(clients, classes.length).map((coefficients, c) => {
    const [own, others] = [new Sketch(), new Sketch()];
    for (const { rows, labels } of clients) {
      for (let i = 0; i < rows.count; i++) {
        (labels[i] === c ? own : others).add(fittedAt(coefficients, rows.x, i * rows.width));
      }
    }
    return { name: classes[c]!, own: own.toJSON(), others: others.toJSON() };
  });
}
