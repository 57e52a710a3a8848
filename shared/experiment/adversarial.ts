/**
 * `adversarial` of an objective: its rows are moved against it while it is trained, never while it is evaluated.
 *
 *     adversarial: { method: pgd, epsilon: 0.1 }
 */
import { z } from "zod";
import type { BoundLoss } from "../losses/loss.ts";
import type { Attack } from "../objectives/adversarial.ts";
import { knowsDivergence, trades } from "../objectives/trades.ts";
import { count, nonNegative, object, positive } from "./strict.ts";

export const adversarialSchema = object({
  method: z
    .enum(["fgsm", "pgd", "trades"])
    .describe("fgsm: one step. pgd: several. trades: pgd against the answers, whose change is weighed by beta."),
  epsilon: positive.describe("How far a row may be moved, in units of the features as the model sees them."),
  norm: z
    .enum(["inf", "2"])
    .default("inf")
    .describe("inf: every feature by at most epsilon. 2: the row, all its features together."),
  steps: count.default(10),
  stepSize: positive.optional().describe("2.5 · epsilon / steps when left out. fgsm takes epsilon."),
  start: z
    .enum(["random", "clean"])
    .default("random")
    .describe("Where pgd and trades begin; keyed by example and step."),
  beta: nonNegative.default(6).describe("Of trades: what a change of the answers costs beside the loss."),
}).refine(({ method, start }) => method !== "trades" || start === "random", {
  path: ["start"],
  error: "expected random for trades: at the row itself its answers do not differ, and nothing says where to go",
});
export type AdversarialConfig = z.output<typeof adversarialSchema>;

export const attackOf = ({ stepSize, ...config }: AdversarialConfig): Attack => ({
  ...config,
  stepSize: stepSize ?? (2.5 * config.epsilon) / config.steps,
});

/** The loss that is descended: for trades with its divergence. */
export const hardened = (loss: BoundLoss, config: AdversarialConfig | undefined): BoundLoss =>
  config?.method === "trades" && loss.kind !== "two-phase" ? trades(loss, config.beta) : loss;

/** Why such a loss cannot be trained so, or undefined. */
export function adversarialProblem(loss: BoundLoss, { method }: AdversarialConfig): string | undefined {
  if (loss.kind !== "additive") return `moves rows one by one: expected a loss of single rows, got ${loss.name}`;
  if (method === "trades" && !knowsDivergence(loss))
    return `trades compares answers: expected softmax-cross-entropy or bce-with-logits, got ${loss.name}`;
  return undefined;
}
