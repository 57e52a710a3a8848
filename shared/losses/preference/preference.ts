/**
 * Losses on pairs of answers, of which one was preferred. What they are given are numbers of the user's own models: a reward
 * for each answer, or the log-probability of each answer under the policy that is trained and under a frozen reference.
 *
 *     Δ = (policyChosen − refChosen) − (policyRejected − refRejected)          how far the policy leans towards the chosen one
 *
 * Log-probabilities are sums over an answer's tokens (dpo, ipo, kto) or their means (orpo, simpo), in nats and below 0. Each
 * pair is a unit. sp(x) = log(1 + eˣ). Read next: `direct.ts`, `policy.ts`.
 */
import { z } from "zod";
import { add, log1mExp, multiply, negate, softplus, subtract } from "../../graph/build.ts";
import { fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { dpo, ipo, kto } from "./direct.ts";
import { grpo, klK3, ppoClip } from "./policy.ts";

/**
 * Bradley–Terry: the preferred of two answers ought to have the larger reward.
 *
 *     ℓ(c, r) = sp(−(c − r − m))
 *
 * Shapes  rewards chosen c and rejected r [batch] → [batch], a pair each
 * Unit    nats
 * Facts   c = r → ln 2 (m = 0) · depends on c − r alone · finite at ±10⁴ · ∂ℓ/∂c = −σ(m + r − c) = −∂ℓ/∂r
 * Option  margin m ≥ 0, in units of reward. @default 0
 * When    reward models, and ratings from comparisons of any kind
 * Source  Bradley & Terry (1952); Ouyang et al. (2022)
 */
export const bradleyTerry = defineLoss({
  name: "bradley-terry",
  version: 1,
  unit: "pair",
  measure: "nats",
  inputs: { chosen: fromModel("real", ["batch"]), rejected: fromModel("real", ["batch"]) },
  pair: ["chosen", "rejected"],
  options: z.strictObject({ margin: z.number().min(0).default(0) }),
  perExample: ({ chosen, rejected }, { margin }) => softplus(add(subtract(rejected, chosen), margin)),
});

/**
 * Odds-ratio preference: the likelihood of the chosen answer, and beside it the log of the ratio of the odds.
 *
 *     ℓ(c, r) = −c + λ·sp(−o),   o = (c − r) − (log(1 − eᶜ) − log(1 − eʳ))
 *
 * Shapes  mean log-probabilities per token, chosen c < 0 and rejected r < 0 [batch] → [batch], a pair each
 * Unit    nats
 * Facts   c = r → −c + λ·ln 2 · λ = 0 is the negative log-likelihood · needs no reference model
 * Option  lambda λ ≥ 0: how much the odds count beside the likelihood. @default 0.1
 * When    preference tuning and supervised tuning in one run
 * Source  Hong, Lee & Thorne (2024)
 */
export const orpo = defineLoss({
  name: "orpo",
  version: 1,
  unit: "pair",
  measure: "nats",
  inputs: {
    chosen: fromModel("log-mass", ["batch"]),
    rejected: fromModel("log-mass", ["batch"]),
  },
  pair: ["chosen", "rejected"],
  options: z.strictObject({ lambda: z.number().min(0).default(0.1) }),
  perExample: ({ chosen, rejected }, { lambda }) => {
    const logOdds = subtract(subtract(chosen, rejected), subtract(log1mExp(chosen), log1mExp(rejected)));
    return subtract(multiply(lambda, softplus(negate(logOdds))), chosen);
  },
});

/**
 * Simple preference optimization: the mean log-probability itself is the reward.
 *
 *     ℓ(c, r) = sp(−(β(c − r) − γ))
 *
 * Shapes  mean log-probabilities per token, chosen c and rejected r [batch] → [batch], a pair each
 * Unit    nats
 * Facts   β = 1 is bradley-terry with margin γ · β(c − r) = γ → ln 2 · needs no reference model
 * Options beta β > 0: reward per nat. @default 2
 *         gamma γ ≥ 0: the margin of reward. @default 1
 * When    preference tuning where answers differ much in length, without a reference model
 * Source  Meng, Xia & Chen (2024)
 */
export const simpo = defineLoss({
  name: "simpo",
  version: 1,
  unit: "pair",
  measure: "nats",
  inputs: {
    chosen: fromModel("log-probability", ["batch"]),
    rejected: fromModel("log-probability", ["batch"]),
  },
  pair: ["chosen", "rejected"],
  options: z.strictObject({
    beta: z.number().positive().default(2),
    gamma: z.number().min(0).default(1),
  }),
  perExample: ({ chosen, rejected }, { beta, gamma }) =>
    softplus(subtract(gamma, multiply(beta, subtract(chosen, rejected)))),
});

/** The losses of preference and of learning from feedback, by name. */
export const preferenceLosses = {
  "bradley-terry": bradleyTerry,
  dpo,
  ipo,
  kto,
  orpo,
  simpo,
  "ppo-clip": ppoClip,
  "kl-k3": klK3,
  grpo,
} as const;
