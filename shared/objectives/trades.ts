/**
 * TRADES: accuracy on the data, and answers that do not change nearby, weighed by β.
 *
 *     ℓ(f(x), y) + β·KL(f(x) ‖ f(x′))        x′: the point of the ball where the answers differ most
 *
 * A loss on logits with one more input, `perturbed`: the predictions at x′. Without it, as in evaluation, it is the loss itself.
 *
 * Source  Zhang et al. (2019), eq. 5
 */
import { TributaryError } from "../errors.ts";
import { add, logSoftmax, multiply, sigmoid, softmax, softplus, subtract, sum } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { UnitLoss } from "../losses/loss.ts";

/** The divergences of answers, by the loss whose logits give them. */
const divergences: Readonly<Record<string, (clean: Node, perturbed: Node) => Node>> = {
  /** Σ_c p_c·(log p_c − log q_c), [batch]. */
  "softmax-cross-entropy": (clean, perturbed) =>
    sum(multiply(softmax(clean), subtract(logSoftmax(clean), logSoftmax(perturbed))), -1),
  /** Of two outcomes: sp(q) − sp(p) + σ(p)·(p − q) of the logits p and q, element by element. */
  "bce-with-logits": (clean, perturbed) =>
    add(subtract(softplus(perturbed), softplus(clean)), multiply(sigmoid(clean), subtract(clean, perturbed))),
};

export const knowsDivergence = ({ name }: { readonly name: string }): boolean => Object.hasOwn(divergences, name);

/** KL of the answers to x from those to x′. Throws "invalid-experiment" for a loss that is not on logits. */
export function divergence({ name }: { readonly name: string }, clean: Node, perturbed: Node): Node {
  const of = divergences[name];
  if (of !== undefined) return of(clean, perturbed);
  const known = Object.keys(divergences).join(" or ");
  throw new TributaryError("invalid-experiment", `adversarial: trades goes with ${known}, got ${name}`);
}

/** The loss with the divergence beside it. */
export const trades = (loss: UnitLoss, beta: number): UnitLoss => ({
  ...loss,
  units({ perturbed, ...inputs }, weights) {
    const units = loss.units(inputs, weights);
    if (perturbed === undefined) return units;
    return { ...units, value: add(units.value, multiply(beta, divergence(loss, inputs["prediction"]!, perturbed))) };
  },
});
