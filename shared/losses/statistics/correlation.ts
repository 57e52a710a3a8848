/** Agreement of predictions and targets as a correlation, from six sums. */
import { z } from "zod";
import {
  add,
  and,
  divideSafe,
  equal,
  fill,
  greater,
  multiply,
  not,
  select,
  sqrtSafe,
  square,
  subtract,
  sumAll,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss, type Outcome } from "../loss.ts";

type Moments = Readonly<Record<"w" | "wp" | "wy" | "wpp" | "wyy" | "wpy", Node>>;

const declared = {
  kind: "two-phase",
  version: 1,
  unit: "batch",
  measure: "1 − correlation",
  inputs: { prediction: fromModel("real", ["batch", "…"]), target: fromData("real", ["batch", "…"]) },
  outputs: (): "any" => "any",
  options: z.strictObject({ origin: z.number().default(0) }),
  terms: (
    { prediction, target }: { readonly prediction: Node; readonly target: Node },
    { origin }: { readonly origin: number },
  ): Moments => {
    const [p, y] = [subtract(prediction, origin), subtract(target, origin)];
    const one = fill(1, p.shape);
    return { w: one, wp: p, wy: y, wpp: square(p), wyy: square(y), wpy: multiply(p, y) };
  },
} as const;

/** Means, variances and covariance. A variance below a millionth of the mean square is rounding in float32, and taken for none. */
function momentsOf({ w, wp, wy, wpp, wyy, wpy }: Moments) {
  const mean = (sum: Node): Node => divideSafe(sum, w);
  const [p, y] = [mean(wp), mean(wy)];
  const variance = (squares: Node, average: Node): { readonly value: Node; readonly exists: Node } => {
    const value = subtract(mean(squares), square(average));
    const exists = greater(value, multiply(1e-6, mean(squares)));
    return { value: select(exists, value, 0), exists };
  };
  return { p, y, ofP: variance(wpp, p), ofY: variance(wyy, y), covariance: subtract(mean(wpy), multiply(p, y)) };
}

/** The mean over the outputs where the statistic exists. */
function overOutputs(loss: Node, exists: Node): Outcome {
  const outputs = sumAll(exists);
  return {
    value: divideSafe(sumAll(select(exists, loss, 0)), outputs),
    empty: equal(outputs, 0),
    details: { notEstimable: not(exists) },
  };
}

/**
 * Correlation loss: 1 − Pearson's r of predictions and targets.
 *
 *     F = 1 − r,   r = (E[py] − E[p]E[y])/√(V[p]·V[y]),   E[x] = Σ w·x/Σ w
 *
 * Shapes  predictions p and targets y [batch] or [batch, …], alike; the mean over outputs
 * Unit    1 − a correlation, in [0, 2]
 * Facts   y = a + b·p → 0 for b > 0, 2 for b < 0 · blind to offset and scale of p · an output whose predictions or targets do
 *         not vary is left out and reported as not estimable; all → empty
 * Option  origin: what p and y are counted from, near their mean. Variances are differences of sums: further away than 1000
 *         standard deviations, none is left to see. @default 0
 * When    only the order and proportion of predictions matter. Add mse if their level matters too, or use concordance.
 * Source  Pearson (1895)
 */
export const pearson = defineLoss({
  ...declared,
  name: "pearson",
  of: (sums) => {
    const { ofP, ofY, covariance } = momentsOf(sums);
    const spread = multiply(sqrtSafe(ofP.value), sqrtSafe(ofY.value));
    return overOutputs(subtract(1, divideSafe(covariance, spread)), and(ofP.exists, ofY.exists));
  },
});

/**
 * Concordance loss: 1 − Lin's coefficient, a correlation that offset and scale lower.
 *
 *     F = 1 − 2(E[py] − E[p]E[y])/(V[p] + V[y] + (E[p] − E[y])²)
 *
 * Shapes  predictions p and targets y [batch] or [batch, …], alike; the mean over outputs
 * Unit    1 − a correlation, in [0, 2]
 * Facts   p = y → 0 · at least 1 − |r| · constant predictions → 1 · an output whose targets do not vary is left out and
 *         reported as not estimable; all → empty
 * Option  origin: what p and y are counted from, near their mean (see pearson). @default 0
 * When    predictions should agree with the target itself, on a scale that does not depend on its unit.
 * Source  Lin (1989)
 */
export const concordance = defineLoss({
  ...declared,
  name: "concordance",
  of: (sums) => {
    const { p, y, ofP, ofY, covariance } = momentsOf(sums);
    const spread = add(add(ofP.value, ofY.value), square(subtract(p, y)));
    return overOutputs(subtract(1, divideSafe(multiply(2, covariance), spread)), ofY.exists);
  },
});
