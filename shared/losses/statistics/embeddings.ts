/**
 * Two views of one example, embedded alike without collapsing: losses of the covariances of the embeddings. The sums hold D × D
 * numbers for embeddings of length D; no row ever does.
 */
import { z } from "zod";
import {
  add,
  constant,
  divide,
  divideSafe,
  fill,
  lessEqual,
  multiply,
  relu,
  select,
  sqrt,
  square,
  subtract,
  sum,
  sumAll,
  unsqueeze,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

const declared = {
  kind: "two-phase",
  version: 1,
  unit: "batch",
  inputs: {
    first: fromModel("real", ["batch", "width"]),
    second: fromModel("real", ["batch", "width"]),
  },
  outputs: (): "any" => "any",
} as const;

const ones = (x: Node): Node => fill(1, [x.shape[0]!]);

/** [size, size] 1 on the diagonal. */
const identity = (size: number): Node =>
  constant(
    Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0)),
    [size, size],
  );

/** The diagonal of a square matrix. */
const diagonal = (x: Node): Node => sum(multiply(x, identity(x.shape[0]!)), 1);
/** Σ of the elements off the diagonal. */
const offDiagonal = (x: Node): Node => sumAll(select(identity(x.shape[0]!), 0, x));

/** [i, j] = aᵢ·bⱼ. */
const outer = (a: Node, b: Node): Node => multiply(unsqueeze(a, 1), unsqueeze(b, 0));

/**
 * VICReg: views close together (invariance), every coordinate spread out (variance), no two coordinates alike (covariance).
 *
 *     F = (λ/D)·E‖a − b‖² + μ/(2D)·Σ_d [relu(γ − s(a_d)) + relu(γ − s(b_d))] + (ν/D)·Σ_{d≠e} [C(a)²_de + C(b)²_de]
 *     s(x) = √(V[x] + ε),   V and C with the divisor Σ w − 1
 *
 * Shapes  embeddings a, b of two views [batch, width]; row i of both is one example
 * Unit    the embedding's, squared
 * Facts   weights count as repetitions · any sharding has the covariances of one batch · a collapsed coordinate has slope 0 of
 *         its own: γ and ε keep it finite · Σ w ≤ 1 → empty
 * Options invariance λ. @default 25
 *         variance μ. @default 25
 *         covariance ν. @default 1
 *         gamma γ: the spread that is enough. @default 1
 *         eps ε. @default 0.0001
 * When    learning embeddings without labels and without negatives; for small batches per client nothing better is known.
 * Source  Bardes, Ponce & LeCun (2022)
 */
export const vicreg = defineLoss({
  ...declared,
  name: "vicreg",
  measure: "embedding²",
  options: z.strictObject({
    invariance: z.number().min(0).default(25),
    variance: z.number().min(0).default(25),
    covariance: z.number().min(0).default(1),
    gamma: z.number().positive().default(1),
    eps: z.number().positive().default(1e-4),
  }),
  terms: ({ first: a, second: b }) => ({
    weight: ones(a),
    distance: sum(square(subtract(a, b)), 1),
    first: a,
    second: b,
    firstProducts: { left: a, right: a },
    secondProducts: { left: b, right: b },
  }),
  of: ({ weight, distance, first, second, firstProducts, secondProducts }, options) => {
    const width = first.shape[0]!;
    const empty = lessEqual(weight, 1);
    const rows = select(empty, 2, weight);
    const covarianceOf = (sums: Node, products: Node): Node =>
      divide(subtract(products, divide(outer(sums, sums), rows)), subtract(rows, 1));
    const covariances = [covarianceOf(first, firstProducts), covarianceOf(second, secondProducts)];
    const spread = (c: Node): Node => {
      const deviation = sqrt(add(relu(diagonal(c)), options.eps)); // rounding may leave a variance below 0
      return multiply(options.variance / (2 * width), sumAll(relu(subtract(options.gamma, deviation))));
    };
    const alike = (c: Node): Node => multiply(options.covariance / width, offDiagonal(square(c)));
    const apart = multiply(options.invariance / width, divide(distance, rows));
    return { value: covariances.flatMap((c) => [spread(c), alike(c)]).reduce(add, apart), empty };
  },
});

/**
 * Barlow Twins: the cross-correlation of two views should be the identity.
 *
 *     F = Σ_d (1 − C_dd)² + λ·Σ_{d≠e} C_de²,   C_de = Cov(a_d, b_e)/√((V[a_d] + ε)(V[b_e] + ε))
 *
 * Shapes  embeddings a, b of two views [batch, width]; row i of both is one example
 * Unit    squared correlation
 * Facts   a = b, uncorrelated coordinates → 0 (but for ε) · any sharding has the correlations of one batch · blind to the scale
 *         of a coordinate · a collapsed coordinate has correlation 0 · no rows → empty
 * Options lambda λ. @default 0.005
 *         eps ε. @default 0.00001
 * When    as for vicreg, with one number less to choose; it wants wide embeddings.
 * Source  Zbontar et al. (2021)
 */
export const barlowTwins = defineLoss({
  ...declared,
  name: "barlow-twins",
  measure: "squared correlation",
  options: z.strictObject({
    lambda: z.number().min(0).default(0.005),
    eps: z.number().positive().default(1e-5),
  }),
  terms: ({ first: a, second: b }) => ({
    weight: ones(a),
    first: a,
    second: b,
    firstSquares: square(a),
    secondSquares: square(b),
    products: { left: a, right: b },
  }),
  of: ({ weight, first, second, firstSquares, secondSquares, products }, { lambda, eps }) => {
    const empty = lessEqual(weight, 0);
    const mean = (x: Node): Node => divideSafe(x, weight);
    const [a, b] = [mean(first), mean(second)];
    const deviation = (squares: Node, average: Node): Node =>
      sqrt(add(relu(subtract(mean(squares), square(average))), eps));
    const covariance = subtract(mean(products), outer(a, b));
    const c = divide(covariance, outer(deviation(firstSquares, a), deviation(secondSquares, b)));
    const same = sumAll(square(subtract(1, diagonal(c))));
    return { value: add(same, multiply(lambda, offDiagonal(square(c)))), empty };
  },
});
