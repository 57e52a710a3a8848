/** Direct preference: a policy's log-probabilities against those of a frozen reference, which are columns of the data. */
import { z } from "zod";
import { add, multiply, negate, relu, select, sigmoid, softplus, square, subtract } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

const inputs = {
  policyChosen: fromModel("log-probability", ["batch"]),
  policyRejected: fromModel("log-probability", ["batch"]),
  refChosen: fromData("log-probability", ["batch"]),
  refRejected: fromData("log-probability", ["batch"]),
};

/** Δ = (πc − refc) − (πr − refr). */
const lean = ({ policyChosen, policyRejected, refChosen, refRejected }: Readonly<Record<keyof typeof inputs, Node>>) =>
  subtract(subtract(policyChosen, refChosen), subtract(policyRejected, refRejected));

/**
 * Direct preference optimization.
 *
 *     sigmoid  ℓ(Δ) = (1 − ε)·sp(−βΔ) + ε·sp(βΔ)
 *     robust   ℓ(Δ) = ((1 − ε)·sp(−βΔ) − ε·sp(βΔ)) / (1 − 2ε)
 *     hinge    ℓ(Δ) = max(0, 1 − βΔ)
 *     Δ = (policyChosen − refChosen) − (policyRejected − refRejected)
 *
 * Shapes  log-probabilities of whole answers [batch] → [batch], a pair each
 * Unit    nats (hinge: margin)
 * Facts   policy = reference → ln 2 · ε = 0: sigmoid ≡ robust ≡ bradley-terry on βΔ · finite at ±10⁴ · robust may be negative ·
 *         hinge has slope 0 at βΔ = 1
 * Options beta β > 0: how dear it is to leave the reference. @default 0.1
 *         labelSmoothing ε in [0, ½): the share of pairs whose label is wrong. @default 0
 *         variant: which of the formulas. @default sigmoid
 * When    preference tuning with a reference model; robust where a known share of the labels is flipped
 * Source  Rafailov et al. (2023); Chowdhury, Kini & Natarajan (2024) for robust; Zhao et al. (2023) for hinge
 */
export const dpo = defineLoss({
  name: "dpo",
  version: 1,
  unit: "pair",
  measure: "nats",
  inputs,
  options: z.strictObject({
    beta: z.number().positive().default(0.1),
    labelSmoothing: z.number().min(0).lt(0.5).default(0),
    variant: z.enum(["sigmoid", "robust", "hinge"]).default("sigmoid"),
  }),
  perExample: (batch, { beta, labelSmoothing: flipped, variant }) => {
    const reward = multiply(beta, lean(batch));
    if (variant === "hinge") return relu(subtract(1, reward));
    const kept = multiply(1 - flipped, softplus(negate(reward)));
    if (flipped === 0) return kept;
    const other = multiply(flipped, softplus(reward));
    return variant === "sigmoid" ? add(kept, other) : multiply(1 / (1 - 2 * flipped), subtract(kept, other));
  },
});

/**
 * Identity preference optimization: the lean is held at 1/(2β) rather than driven to infinity.
 *
 *     ℓ(Δ) = (Δ − 1/(2β))²
 *
 * Shapes  log-probabilities of whole answers [batch] → [batch], a pair each
 * Unit    nats²
 * Facts   0 at Δ = 1/(2β) · ∂ℓ/∂Δ = 2(Δ − 1/(2β))
 * Option  beta β > 0. @default 0.1
 * When    preferences that are nearly deterministic, where dpo runs away from its reference
 * Source  Azar et al. (2024)
 */
export const ipo = defineLoss({
  name: "ipo",
  version: 1,
  unit: "pair",
  measure: "nats²",
  inputs,
  options: z.strictObject({ beta: z.number().positive().default(0.1) }),
  perExample: (batch, { beta }) => square(subtract(lean(batch), 1 / (2 * beta))),
});

/**
 * Kahneman–Tversky optimization: single answers that were found desirable or not, judged against a baseline z.
 *
 *     desirable    ℓ = λ_D·σ(−β(r − z))        undesirable    ℓ = λ_U·σ(−β(z − r)),        r = policy − ref
 *
 * Shapes  log-probabilities of whole answers, and targets (1: desirable, 0: not) [batch] → [batch], an example each
 * Unit    loss of value, 0 … λ
 * Facts   r = z → λ/2 · bounded · the weights λ are in the numerator only
 * Options beta β > 0. @default 0.1
 *         desirableWeight λ_D ≥ 0, undesirableWeight λ_U ≥ 0. @default 1
 *         klBaseline z ≥ 0, in nats: the mean of r over mismatched answers, one number for all clients. @default 0
 * When    feedback is a thumb up or down on single answers, not a comparison
 * Source  Ethayarajh et al. (2024), with their batch estimate of z replaced by a constant, which no sharding changes
 */
export const kto = defineLoss({
  name: "kto",
  version: 1,
  unit: "example",
  measure: "value",
  inputs: {
    policy: fromModel("log-probability", ["batch"]),
    ref: fromData("log-probability", ["batch"]),
    target: fromData("binary", ["batch"]),
  },
  options: z.strictObject({
    beta: z.number().positive().default(0.1),
    desirableWeight: z.number().min(0).default(1),
    undesirableWeight: z.number().min(0).default(1),
    klBaseline: z.number().min(0).default(0),
  }),
  perExample: ({ policy, ref, target }, { beta, desirableWeight, undesirableWeight, klBaseline }) => {
    const gain = multiply(beta, subtract(subtract(policy, ref), klBaseline));
    const good = multiply(desirableWeight, sigmoid(negate(gain)));
    return select(target, good, multiply(undesirableWeight, sigmoid(gain)));
  },
});
