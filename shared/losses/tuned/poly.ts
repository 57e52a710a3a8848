import { z } from "zod";
import { add, multiply, shortfall, sigmoid, softplus } from "../../graph/build.ts";
import { labelled, oneOutputPerClass } from "../classification/labels.ts";
import { defineLoss } from "../loss.ts";

/**
 * Poly-1 cross-entropy whose ε is tuned by validation.
 *
 *     ℓ(z, y) = −log p + ε·(1 − p),   p = softmax(z)_y
 *
 * Shapes  logits [batch, classes], labels [batch] → [batch]; parameter: epsilon []
 * Unit    nats
 * Facts   poly1-cross-entropy at the same ε · ∂ℓ/∂ε = 1 − p
 * Option  epsilon: where ε begins; 0 is cross-entropy. @default 0
 * When    validation says whether rows that are nearly right should keep pulling; nobody has to try values
 * Source  Leng et al. (2022) for the loss; Bechtle et al. (2021) for the tuning
 */
export const tunedPoly1CrossEntropy = defineLoss({
  name: "tuned-poly1-cross-entropy",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: labelled,
  outputs: oneOutputPerClass,
  options: z.strictObject({ epsilon: z.number().min(-1).default(0) }),
  parameters: ({ epsilon }) => ({ epsilon: { shape: [], initial: epsilon } }),
  learnedBy: "validation",
  perExample: (inputs) => {
    const d = shortfall(inputs.prediction, inputs.target);
    return add(softplus(d), multiply(inputs["epsilon"]!, sigmoid(d)));
  },
});
