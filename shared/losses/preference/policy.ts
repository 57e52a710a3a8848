/** Policy gradients from feedback, token by token: r = exp(logp − oldLogp), clipped so that no step is rewarded for going far. */
import { z } from "zod";
import { TributaryError } from "../../errors.ts";
import {
  add,
  broadcastTo,
  clamp,
  cumulativeSum,
  divideSafe,
  equal,
  exp,
  expm1,
  minimum,
  multiply,
  negate,
  not,
  notEqual,
  select,
  subtract,
  sum,
  unsqueeze,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel, type InputSpec } from "../inputs.ts";
import { defineLoss, type Units } from "../loss.ts";

/** The ratio of probabilities is an exponential: finite for log-probabilities down to −50, of either policy. */
const within = { within: 50 };
const trained = (...axes: string[]): InputSpec => fromModel("log-probability", axes, within);
const given = (...axes: string[]): InputSpec => fromData("log-probability", axes, within);

const clip = {
  epsilon: z.number().positive().lt(1).default(0.2),
  epsilonHigh: z.number().positive().optional(),
};
interface Clip {
  readonly epsilon: number;
  readonly epsilonHigh?: number | undefined;
}

/** −min(r·A, clamp(r, 1 − ε, 1 + ε′)·A). The tie inside the clip, and on its boundary, goes to r·A: the gradient passes. */
function clipped(logp: Node, oldLogp: Node, advantage: Node, { epsilon, epsilonHigh = epsilon }: Clip): Node {
  const ratio = exp(subtract(logp, oldLogp));
  const held = clamp(ratio, 1 - epsilon, 1 + epsilonHigh);
  return negate(minimum(multiply(ratio, advantage), multiply(held, advantage)));
}

/** e^d − 1 − d with d = ref − logp. */
function k3(logp: Node, refLogp: Node): Node {
  const gap = subtract(refLogp, logp);
  return subtract(expm1(gap), gap);
}

/**
 * Proximal policy optimization: the advantage of a token, gained only near the policy that sampled it.
 *
 *     ℓ = −min(r·A, clamp(r, 1 − ε, 1 + ε′)·A),   r = exp(logp − oldLogp)
 *
 * Shapes  logp, oldLogp and advantage A [batch] or [batch, …], alike; each token is a unit
 * Unit    advantage
 * Facts   logp = oldLogp → −A with slope −A · the slope is 0 beyond the clip on the side that gains (A > 0: r > 1 + ε′;
 *         A < 0: r < 1 − ε), and passes on the boundary and on the side that loses
 * Options epsilon ε in (0, 1). @default 0.2
 *         epsilonHigh ε′ > 0, for a wider way up. @default epsilon
 * When    reinforcement learning from feedback with a critic's advantages
 * Source  Schulman et al. (2017); Yu et al. (2025) for ε′
 */
export const ppoClip = defineLoss({
  name: "ppo-clip",
  version: 1,
  unit: "token",
  measure: "advantage",
  inputs: {
    logp: trained("batch", "…"),
    oldLogp: given("batch", "…"),
    advantage: fromData("real", ["batch", "…"]),
  },
  options: z.strictObject(clip),
  perExample: ({ logp, oldLogp, advantage }, options) => clipped(logp, oldLogp, advantage, options),
});

/**
 * The k3 estimate of the divergence KL(policy ‖ reference) from the tokens the policy sampled.
 *
 *     ℓ = e^d − 1 − d,   d = refLogp − logp
 *
 * Shapes  logp and refLogp [batch] or [batch, …], alike; each token is a unit
 * Unit    nats
 * Facts   ≥ 0, and 0 at logp = refLogp · ≈ d²/2 for small d · ∂ℓ/∂logp = 1 − e^d
 * When    a penalty that keeps a policy near its reference, as an objective of its own
 * Source  Schulman, Approximating KL divergence (2020)
 */
export const klK3 = defineLoss({
  name: "kl-k3",
  version: 1,
  unit: "token",
  measure: "nats",
  inputs: { logp: trained("batch", "…"), refLogp: given("batch", "…") },
  options: z.strictObject({}),
  perExample: ({ logp, refLogp }) => k3(logp, refLogp),
});

const grpoOptions = z
  .strictObject({
    ...clip,
    klBeta: z.number().min(0).default(0.04),
    normalizer: z.enum(["token", "sequence", "constant"]).default("token"),
    maxLength: z.int().positive().optional(),
  })
  .refine(({ normalizer, maxLength }) => (normalizer === "constant") === (maxLength !== undefined), {
    path: ["maxLength"],
    error: "expected a length with the normalizer constant, and with no other",
  });

/**
 * Group-relative policy optimization: ppo-clip with one advantage for a whole answer, and a pull towards the reference.
 *
 *     ℓ = ppo-clip(logp, oldLogp, A) + κ·k3(logp, refLogp)        for each token that the mask keeps
 *     token      num = Σ wᵢ Σₜ ℓᵢₜ                 den = Σ wᵢ·Tᵢ              (Tᵢ: the tokens of answer i)
 *     sequence   num = Σ wᵢ·(1/Tᵢ) Σₜ ℓᵢₜ          den = Σ wᵢ over answers with Tᵢ > 0
 *     constant   num = Σ wᵢ Σₜ ℓᵢₜ                 den = Σ wᵢ·maxLength over answers with Tᵢ > 0
 *
 * Shapes  logp, oldLogp, refLogp and mask (1: a token of the answer) [batch, time], advantage A [batch]; each token is a unit
 * Unit    advantage
 * Facts   κ = 0 on one token is ppo-clip · masked tokens are ignored, and an answer without any adds nothing · with answers of
 *         one length, token ≡ sequence
 * Options epsilon, epsilonHigh: as for ppo-clip. @default 0.2
 *         klBeta κ ≥ 0; 0 needs no refLogp. @default 0.04
 *         normalizer: over what ℓ is a mean. @default token
 *         maxLength, in tokens, for constant: the longest answer there may be
 * When    advantages are rewards standardized within a group of answers to one question; token or constant unless short
 *         answers ought to count as much as long ones
 * Source  Shao et al. (2024) is `sequence`; Yu et al. (2025) `token`; Liu et al. (2025) `constant`
 */
export const grpo = defineLoss({
  name: "grpo",
  version: 1,
  unit: "token",
  measure: "advantage",
  inputs: {
    logp: trained("batch", "time"),
    oldLogp: given("batch", "time"),
    refLogp: { ...given("batch", "time"), optional: true },
    advantage: fromData("real", ["batch"]),
    mask: fromData("binary", ["batch", "time"]),
  },
  options: grpoOptions,
  perExample: ({ logp, oldLogp, refLogp, advantage, mask }, { klBeta, ...options }, weights) => {
    const kept = notEqual(mask, 0);
    const one = (node: Node): Node => select(kept, node, 0); // what padding holds reaches nothing
    const [here, old] = [one(logp), one(oldLogp)];
    let value = clipped(here, old, unsqueeze(advantage, 1), options);
    if (klBeta > 0) value = add(value, multiply(klBeta, k3(here, one(referenceOf(refLogp)))));
    return { value, ignored: not(kept), ...normalized(kept, weights, options) };
  },
});

function normalized(
  kept: Node,
  weights: Node,
  { normalizer, maxLength = 1 }: Pick<z.output<typeof grpoOptions>, "normalizer" | "maxLength">,
): Pick<Units, "normalizer" | "weight"> {
  if (normalizer === "token") return {};
  const first = equal(cumulativeSum(kept, 1, { exclusive: true }), 0); // up to the first token that is kept
  if (normalizer === "constant") return { normalizer: multiply(maxLength, first) };
  const length = sum(kept, 1, { keepAxis: true });
  const share = divideSafe(unsqueeze(weights, 1), length);
  return { normalizer: multiply(length, first), weight: broadcastTo(share, kept.shape) };
}

function referenceOf(refLogp: Node | undefined): Node {
  if (refLogp !== undefined) return refLogp;
  throw new TributaryError("shape-mismatch", 'grpo: expected the input "refLogp" with klBeta > 0, got none');
}
