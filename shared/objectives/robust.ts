/**
 * Adversarial training: the loss where an adversary would show the rows, instead of or beside the loss where they are.
 *
 *     fgsm, pgd   ℓ(f(x′), y)                                 x′: the worst of the ball for the loss (`adversarial.ts`)
 *     trades      ℓ(f(x), y) + β·KL(f(x) ‖ f(x′))             x′: the worst of the ball for the divergence (`trades.ts`)
 */
import { stopGradient, sumAll } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { UnitLoss } from "../losses/loss.ts";
import { attacked, type Attack, type Features } from "./adversarial.ts";
import { objectiveOutputs } from "./objective.ts";
import { divergence } from "./trades.ts";

/** What an adversary can see of a batch. */
export interface Scene {
  /** The features it may move: those that are numbers. */
  readonly features: Features;
  /** The inputs of the loss with the model run on other features. */
  readonly inputsAt: (features: Features) => Readonly<Record<string, Node>>;
  readonly weights: Node;
  readonly uniform: (size: number) => Node;
}

/** The inputs of a loss under attack; a loss made by `trades` gets its `perturbed` among them. */
export function underAttack(loss: UnitLoss, attack: Attack, scene: Scene): Readonly<Record<string, Node>> {
  const { features, inputsAt, weights, uniform } = scene;
  if (attack.method !== "trades") {
    const lossAt = (shown: Features): Node => objectiveOutputs(loss, inputsAt(shown), weights).numerator;
    return inputsAt(attacked(attack, features, lossAt, uniform));
  }
  const clean = inputsAt(features);
  const answer = stopGradient(clean["prediction"]!);
  const apart = (shown: Features): Node => sumAll(divergence(loss, answer, inputsAt(shown)["prediction"]!));
  return { ...clean, perturbed: inputsAt(attacked(attack, features, apart, uniform))["prediction"]! };
}
