/** How clients work and count in update mode: what keeps local steps together, and what each client's change counts for. */
import { z } from "zod";
import { choice, nonNegative, object, positive } from "./strict.ts";

/**
 * The local gradient becomes ∇ℓ(y) + μ·(y − x) + shift, x being the model the round began with:
 *
 *     proximal   μ, no shift                     Li et al. (2020), FedProx
 *     scaffold   shift = c − cₖ                  Karimireddy et al. (2020): cₖ at the client, c at the coordinator
 *     dynamic    μ = α, shift = −λₖ              Acar et al. (2021), FedDyn: λₖ at the client, h at the coordinator
 *
 * Or (1 − β)·∇ℓ(y) + β·m, m being held fixed while clients work:
 *
 *     mime-lite  m ← β·m + (1 − β)·∇F(x)         Karimireddy et al. (2021), MimeLite with momentum: ∇F over all rows of the cohort, which
 *                                                costs a pass over them and a second vector each round; clients keep nothing
 */
export const driftSchema = choice("kind", [
  object({ kind: z.literal("none") }),
  object({ kind: z.literal("proximal"), mu: nonNegative }),
  object({ kind: z.literal("scaffold") }),
  object({ kind: z.literal("dynamic"), alpha: positive }),
  object({ kind: z.literal("mime-lite"), momentum: nonNegative.lt(1).default(0.9).describe("β.") }),
]);

/**
 * F is a client's loss num/den at the model the round began with; asking for it costs an exchange before the round learns.
 *
 * In update mode they weigh clients' changes; in gradient mode their mean gradients ∇Fₖ, and the loss that is told is Σ sₖFₖ/Σ sₖ. One full
 * local step of everybody is gradient mode under either.
 *
 *     denominators   pₖ, its share of the denominators
 *     uniform        1
 *     q-fair         Fₖ^q, with the step of q-FedAvg: update mode            Li et al. (2020)
 *     agnostic       λₖ, moved towards those with large F        Mohri, Sivek & Suresh (2019), AFL: every client, every round
 *     tilted         pₖ·exp(t·Fₖ): t > 0 towards the worst        Li et al. (2021), TERM
 */
export const sharesSchema = choice("kind", [
  object({ kind: z.literal("denominators") }),
  object({ kind: z.literal("uniform") }),
  object({ kind: z.literal("q-fair"), q: nonNegative.default(0.1) }),
  object({ kind: z.literal("agnostic"), learningRate: positive.default(0.1).describe("Of λ.") }),
  object({ kind: z.literal("tilted"), t: z.number() }),
]);

export type DriftConfig = z.output<typeof driftSchema>;

/** Whether what corrects local steps is added up over the clients of one model. */
export const isOfEverybody = ({ kind }: Pick<DriftConfig, "kind">): boolean => kind !== "none" && kind !== "proximal";
export type SharesConfig = z.output<typeof sharesSchema>;
