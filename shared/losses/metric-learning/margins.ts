/** Softmax cross-entropy on the cosines of an embedding to each class, with the own class handicapped by a margin. */
import { z } from "zod";
import {
  equal,
  greater,
  iota,
  multiply,
  relu,
  select,
  softmaxCrossEntropy,
  sqrtSafe,
  square,
  subtract,
  unsqueeze,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { cos, sin } from "../../kernels/math.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss, type TargetFacts } from "../loss.ts";

const classified = {
  prediction: fromModel("cosine", ["batch", "classes"]),
  target: fromData("class", ["batch"], { below: "classes" }),
} as const;
const outputs = ({ classes }: TargetFacts): number => classes;
const scale = z.number().positive().default(64);

/** −log softmax(scale·c′)_y, where c′ is c with the own class's cosine replaced. */
function handicapped(cosines: Node, target: Node, own: Node, factor: number): Node {
  const isOwn = equal(iota(cosines.shape), unsqueeze(target, 1));
  return softmaxCrossEntropy(multiply(factor, select(isOwn, own, cosines)), target);
}

/**
 * ArcFace: an additive margin on the angle to the own class.
 *
 *     ℓ(c, y) = −log softmax(s·c′)_y,   c′_y = cos(θ_y + m), or cos θ_y − m·sin m where cos θ_y ≤ cos(π − m);   c′_j = cos θ_j
 *
 * Shapes  cosines c [batch, classes] in [−1, 1], labels y [batch] (index) → [batch]
 * Unit    nats
 * Facts   m = 0 is softmax cross-entropy on s·c · falls with cos θ_y all the way to −1 · slope of the margin 0 at cos θ_y = ±1
 * Options scale s > 0. @default 64
 *         margin m ≥ 0, in radians. @default 0.5
 * When    many classes with few examples each (faces); the head gives cosines: unit embeddings times unit class vectors
 * Source  Deng, Guo, Xue & Zafeiriou (2019)
 */
export const arcFace = defineLoss({
  name: "arcface",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: classified,
  outputs,
  options: z.strictObject({ scale, margin: z.number().min(0).max(1.5).default(0.5) }),
  perExample: ({ prediction, target }, { scale: factor, margin }) => {
    const sine = sqrtSafe(relu(subtract(1, square(prediction))));
    const turned = subtract(multiply(cos(margin), prediction), multiply(sin(margin), sine));
    const beyond = subtract(prediction, margin * sin(margin));
    return handicapped(prediction, target, select(greater(prediction, -cos(margin)), turned, beyond), factor);
  },
});

/**
 * CosFace: an additive margin on the cosine to the own class.
 *
 *     ℓ(c, y) = −log softmax(s·c′)_y,   c′_y = c_y − m,   c′_j = c_j
 *
 * Shapes  cosines c [batch, classes] in [−1, 1], labels y [batch] (index) → [batch]
 * Unit    nats
 * Facts   m = 0 is softmax cross-entropy on s·c · the slopes of a row sum to 0
 * Options scale s > 0. @default 64
 *         margin m ≥ 0, of cosine. @default 0.35
 * When    as arcface; milder where angles are already small
 * Source  Wang et al. (2018)
 */
export const cosFace = defineLoss({
  name: "cosface",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: classified,
  outputs,
  options: z.strictObject({ scale, margin: z.number().min(0).default(0.35) }),
  perExample: ({ prediction, target }, { scale: factor, margin }) =>
    handicapped(prediction, target, subtract(prediction, margin), factor),
});
