/**
 * Whether probabilities mean what they say. All parts are sums over rows, so the calibration of many clients is that of all
 * their rows. A single score is a logit, several are a softmax's.
 */
import {
  add,
  argMax,
  constant,
  equal,
  exp,
  floor,
  logSumExp,
  max,
  minimum,
  multiply,
  notEqual,
  oneHot,
  scatterAdd,
  select,
  sigmoid,
  softmax,
  square,
  subtract,
  sum,
  toIndex,
  toReal,
  unsqueeze,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import * as math from "../kernels/math.ts";
import { meanMetric, type Metric, type MetricInputs } from "./metric.ts";

const targets = ["binary", "class"] as const;

/** The mean of the squared distance between the probabilities and what came: (p − y)² of a yes or no, Σ_c (p_c − 1_y)² of classes. Brier (1950). */
export const brier: Metric = meanMetric(
  { name: "brier", measure: "squared probability", better: "lower", targets },
  ({ prediction, target }) =>
    prediction.shape.length === 1
      ? square(subtract(sigmoid(prediction), target))
      : sum(square(subtract(softmax(prediction), oneHot(toIndex(target), prediction.shape[1]!))), 1),
);

/** Bins of equal width in the probability; p = 1 falls into the last. */
const bins = 10;

/**
 * The expected calibration error: how far the probabilities of a bin are, on average, from the share that came true.
 *
 *     ECE = Σ_b |Σ_{i∈b} wᵢ·pᵢ − Σ_{i∈b} wᵢ·yᵢ| / Σ wᵢ
 *
 * p is the probability of yes, or of the most probable class; y is whether it came. The parts are the three histograms of a
 * reliability diagram, and shown beside the value: weight, Σ p and Σ y of each bin.
 *
 * Source  Guo, Pleiss, Sun & Weinberger (2017)
 */
export const ece: Metric = {
  name: "ece",
  measure: "probability",
  better: "lower",
  targets,
  parts(inputs) {
    const { confidence, correct } = confidenceOf(inputs);
    const { weights } = inputs;
    const bin = toIndex(minimum(floor(multiply(confidence, bins)), bins - 1));
    const histogram = (x: Node): Node => scatterAdd(select(notEqual(weights, 0), multiply(weights, x), 0), bin, bins);
    return {
      weight: scatterAdd(weights, bin, bins),
      confidence: histogram(confidence),
      correct: histogram(correct),
    };
  },
  value({ weight, confidence, correct }) {
    let [gap, all] = [0, 0];
    for (let b = 0; b < bins; b++) {
      gap += Math.abs((confidence?.[b] ?? 0) - (correct?.[b] ?? 0));
      all += weight?.[b] ?? 0;
    }
    return all === 0 ? null : gap / all;
  },
  details: (parts) => Object.fromEntries(Object.entries(parts).map(([name, sums]) => [name, Array.from(sums)])),
};

function confidenceOf({ prediction, target }: MetricInputs): { confidence: Node; correct: Node } {
  if (prediction.shape.length === 1) return { confidence: sigmoid(prediction), correct: target };
  return { confidence: max(softmax(prediction), 1), correct: equal(toReal(argMax(prediction, 1)), target) };
}

/** log β at the nodes: temperatures from e⁻³ to e³, 49 of them. */
const nodes = Array.from({ length: 49 }, (_, i) => -3 + i / 8);

/**
 * The temperature that calibrates: T with the least log loss of logits x/T. Above 1 the model is too sure of itself.
 *
 *     L(s) = Σ wᵢ·ℓ(x·eˢ, y),   s = −log T        parts: L′ and L″ at 49 nodes s = −3, −2.875, …, 3
 *
 * One pass over the rows is enough, whoever holds them: between two nodes L′ is the cubic that has its values and slopes at
 * both (Hermite; T is right to about 10⁻⁵), and T is where that cubic is 0. Without a minimum between T = e⁻³ and e³ the value is
 * the nearer end; where labels do not depend on the logits at all, null.
 *
 * Source  Guo, Pleiss, Sun & Weinberger (2017)
 */
export const temperature: Metric = {
  name: "temperature",
  measure: "ratio",
  better: "lower",
  targets,
  parts({ prediction, target, weights }) {
    const count = nodes.length;
    const scales = constant(
      nodes.map((s) => math.exp(s)),
      prediction.shape.length === 1 ? [1, count] : [1, 1, count],
    );
    const scaled = multiply(unsqueeze(prediction, -1), scales); // x·eˢ
    const { slope, curvature } = prediction.shape.length === 1 ? ofLogit(scaled, target) : ofLogits(scaled, target);
    const present = unsqueeze(notEqual(weights, 0), 1);
    const total = (x: Node): Node => sum(select(present, multiply(unsqueeze(weights, 1), x), 0), 0);
    return { slope: total(slope), curvature: total(curvature) };
  },
  value({ slope = [], curvature = [] }) {
    const at = Array.from(slope);
    if (at.length === 0 || at.every((g) => g === 0)) return null;
    const after = at.findIndex((g) => g >= 0); // L is convex in eˢ: L′ has one change of sign
    if (after === -1) return math.exp(-nodes.at(-1)!);
    if (after === 0) return math.exp(-nodes[0]!);
    const [low, high] = [nodes[after - 1]!, nodes[after]!];
    const s = rootOfCubic(high - low, [at[after - 1]!, at[after]!], [curvature[after - 1]!, curvature[after]!]);
    return math.exp(-(low + s));
  },
};

/** ∂/∂s and ∂²/∂s² of ℓ = sp(u) − y·u at u = x·eˢ: u·(σ − y), and that plus u²σ(1 − σ). */
function ofLogit(u: Node, target: Node): { slope: Node; curvature: Node } {
  const p = sigmoid(u);
  const slope = multiply(u, subtract(p, unsqueeze(target, 1)));
  return { slope, curvature: add(slope, multiply(square(u), multiply(p, subtract(1, p)))) };
}

/** The same of ℓ = LSE(u) − u_y, over the classes in axis 1: E[u] − u_y, and that plus the variance of u under softmax(u). */
function ofLogits(u: Node, target: Node): { slope: Node; curvature: Node } {
  const p = exp(subtract(u, logSumExp(u, 1, { keepAxis: true })));
  const mean = sum(multiply(p, u), 1, { keepAxis: true });
  const hot = unsqueeze(oneHot(toIndex(target), u.shape[1]!), -1);
  const slope = subtract(sum(multiply(p, u), 1), sum(multiply(hot, u), 1));
  return { slope, curvature: add(slope, sum(multiply(p, square(subtract(u, mean))), 1)) };
}

/** Where the cubic with these values and slopes at 0 and h is 0; its values have opposite signs there. By bisection. */
function rootOfCubic(h: number, [g0, g1]: readonly [number, number], [c0, c1]: readonly [number, number]): number {
  const value = (t: number): number =>
    g0 * (1 + 2 * t) * (1 - t) * (1 - t) +
    c0 * h * t * (1 - t) * (1 - t) +
    g1 * t * t * (3 - 2 * t) +
    c1 * h * t * t * (t - 1);
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (value(middle) < 0) low = middle;
    else high = middle;
  }
  return h * low;
}
