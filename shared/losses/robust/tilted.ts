/** Means of examples that lean towards the worst, or the best: exponential and geometric. */
import { z } from "zod";
import {
  add,
  constant,
  divide,
  divideSafe,
  equal,
  exp,
  flatten,
  floor,
  greater,
  lessEqual,
  log,
  logSumExp,
  maximum,
  minimum,
  multiply,
  relu,
  select,
  subtract,
  sum,
  toIndex,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { defineLoss } from "../loss.ts";
import type { PlacedTerm } from "../terms.ts";
import { around, examplesOf, innerLoss } from "./inner.ts";

/** Exponents are held in bins of this width: e^±half of it is harmless in float32. */
const width = 32;
/** Bins on either side of 0. */
const side = 32;
const bins = 2 * side + 1;
const centres = (): Node =>
  constant(
    Array.from({ length: bins }, (_, k) => width * (k - side)),
    [bins],
  );

/**
 * e^u as m·e^c with c the centre of a bin: m, and the bin. Past the last bins m goes on as a tangent above and as 1/(1 + distance)
 * below, so that value and slope stay finite at any u.
 */
function scaledExponential(u: Node): { readonly mantissa: Node; readonly bin: Node } {
  const reach = width * (side + 0.5);
  const held = maximum(minimum(u, reach), -reach);
  const bin = minimum(floor(multiply(add(held, reach), 1 / width)), bins - 1);
  const over = relu(subtract(u, reach));
  const under = relu(subtract(-reach, u));
  const inside = exp(subtract(held, multiply(width, subtract(bin, side))));
  return { mantissa: divide(multiply(inside, add(1, over)), add(1, under)), bin: toIndex(bin) };
}

/**
 * Tilted empirical risk: a mean of examples in which each counts e^{tℓ}.
 *
 *     F = (1/t)·log(Σ w·e^{tℓ}/Σ w)
 *
 * Shapes  those of the inner loss
 * Unit    the inner loss's
 * Facts   t → 0 is the inner loss, t → ∞ the worst example, t → −∞ the best · losses (1, 2, 4): t = −1 → 1.7496, t = 1 →
 *         3.0712 · ∂F/∂ℓᵢ = wᵢe^{tℓᵢ}/Σ w·e^{tℓ} · sums keep one exponent per bin of 32, so nothing overflows; past
 *         |t·ℓ| = 1040 the exponential goes on as its tangent (above) or as 1/x (below)
 * Options t ≠ 0: above 0 towards the worst examples, below 0 away from outliers. @default 1
 *         loss: the inner loss, a value per example: `mse`, or `{ kind: huber, delta: 2 }`.
 * When    t > 0: no example should be left behind, smoothly; t < 0: some labels are wrong. Choose t near 1 over the losses' size.
 * Source  Li et al. (2021)
 */
export const term = defineLoss({
  ...around,
  name: "term",
  options: z.strictObject({
    t: z
      .number()
      .refine((t) => t !== 0, { error: "expected a number that is not 0" })
      .default(1),
    loss: innerLoss,
  }),
  terms: (inputs: Readonly<Record<string, Node>>, options) => {
    const { value, counts } = examplesOf(options, inputs);
    const { mantissa, bin } = scaledExponential(multiply(options.t, value));
    const tilted: PlacedTerm = { value: multiply(counts, mantissa), place: bin, places: bins };
    return { tilted, weight: overRow(counts) };
  },
  of: ({ tilted, weight }, { t }) => {
    const held = greater(tilted, 0);
    const logs = select(held, add(log(select(held, tilted, 1)), centres()), -1e30);
    const empty = equal(weight, 0);
    const mean = subtract(logSumExp(logs), log(select(empty, 1, weight)));
    return { value: multiply(1 / t, mean), empty };
  },
});

/**
 * Geometric mean of examples.
 *
 *     F = exp(Σ w·log max(ℓ, floor)/Σ w)
 *
 * Shapes  those of the inner loss
 * Unit    the inner loss's
 * Facts   at most the mean · doubling one loss counts as much as doubling any other · summed as logarithms, never multiplied ·
 *         an example at or below the floor has slope 0 · losses (1, 2, 4) → 2
 * Options floor > 0. @default 1e-12
 *         loss: the inner loss, positive, a value per example: `mse`, or `{ kind: huber, delta: 2 }`.
 * When    losses of examples differ by orders of magnitude, and relative progress is what counts.
 * Source  Chennupati et al. (2019), there over tasks
 */
export const geometricMean = defineLoss({
  ...around,
  name: "geometric-mean",
  options: z.strictObject({ floor: z.number().positive().default(1e-12), loss: innerLoss }),
  terms: (inputs: Readonly<Record<string, Node>>, options) => {
    const { value, counts } = examplesOf(options, inputs);
    const low = lessEqual(value, options.floor);
    const logs = log(select(low, options.floor, value));
    return { logSum: overRow(multiply(counts, logs)), weight: overRow(counts) };
  },
  of: ({ logSum, weight }) => ({ value: exp(divideSafe(logSum, weight)), empty: equal(weight, 0) }),
});

/** The sum over the elements of each row. */
const overRow = (x: Node): Node => sum(flatten(x), 1);
