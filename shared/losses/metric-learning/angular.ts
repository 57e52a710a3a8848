/** Softmax cross-entropy on cosines between a row and the centre of each class, with a margin for its own class. */
import { z } from "zod";
import {
  greater,
  multiply,
  oneHot,
  select,
  softmaxCrossEntropy,
  sqrtSafe,
  subtract,
  add,
  maximum,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { cos, sin } from "../../kernels/math.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

const inputs = {
  prediction: fromModel("cosine", ["batch", "classes"]),
  target: fromData("class", ["batch"], { below: "classes" }),
};
const outputs = ({ classes }: { readonly classes: number }): number => classes;

/** Cross-entropy of scaled cosines, the label's own replaced. */
function withOwn(cosine: Node, label: Node, own: Node, scale: number): Node {
  const mine = oneHot(label, cosine.shape[1]!);
  return softmaxCrossEntropy(multiply(scale, select(mine, own, cosine)), label);
}

const PI = 3.141592653589793;

/**
 * ArcFace: the angle to the own class must win by a margin.
 *
 *     ℓ = CE(s·(cos(θ_y + m), cos θ_j), y)        cos θ_y ≤ cos(π − m): cos θ_y − m·sin m instead, so that it keeps falling
 *     cos(θ + m) = cos θ·cos m − √(1 − cos²θ)·sin m
 *
 * Shapes  cosines [batch, classes], labels [batch] → [batch]
 * Unit    nats
 * Facts   m = 0 is softmax cross-entropy of s·cos θ · at cos θ = ±1 the root's slope is taken as 0
 * Options scale s > 0. @default 64
 *         margin m in radians, in [0, π). @default 0.5
 * When    many classes with few rows each are to be told apart by angle, as faces are
 * Source  Deng, Guo, Xue & Zafeiriou (2019)
 */
export const arcface = defineLoss({
  name: "arcface",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs,
  outputs,
  options: z.strictObject({
    scale: z.number().positive().default(64),
    margin: z.number().min(0).lt(PI).default(0.5),
  }),
  perExample: ({ prediction: cosine, target }, { scale, margin: m }) => {
    const sine = sqrtSafe(maximum(multiply(subtract(1, cosine), add(1, cosine)), 0));
    const turned = subtract(multiply(cos(m), cosine), multiply(sin(m), sine));
    const own = select(greater(cosine, -cos(m)), turned, subtract(cosine, m * sin(m)));
    return withOwn(cosine, target, own, scale);
  },
});

/**
 * CosFace: the cosine of the own class must win by a margin.
 *
 *     ℓ = CE(s·(cos θ_j − m·1[j = y]), y)
 *
 * Shapes  cosines [batch, classes], labels [batch] → [batch]
 * Unit    nats
 * Facts   m = 0 is softmax cross-entropy of s·cos θ
 * Options scale s > 0. @default 64
 *         margin m, of the cosine. @default 0.35
 * When    as arcface; easier to train
 * Source  Wang et al. (2018)
 */
export const cosface = defineLoss({
  name: "cosface",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs,
  outputs,
  options: z.strictObject({
    scale: z.number().positive().default(64),
    margin: z.number().min(0).default(0.35),
  }),
  perExample: ({ prediction: cosine, target }, { scale, margin: m }) =>
    withOwn(cosine, target, subtract(cosine, m), scale),
});
