import type { Answer } from "../protocol/answer.ts";
import type { Update } from "./update.ts";
import { ExactSum, type VectorSum } from "../sum.ts";

/**
 * The sum of the updates of some clients: what a thread or a relay hands over instead of them. Order-independent and mergeable,
 * so any grouping of the clients gives the same bits. In memory it has the size of the model, whatever the number of clients.
 *
 *     gradient mode   one vector per objective, Σₖ ∇numeratorₖ           (weight 1 each)
 *     update mode     one vector, Σₖ aₖ·Δₖ, and Σₖ aₖ
 */
export interface PartialSum {
  readonly clients: number;
  /** Σₖ aₖ; in gradient mode the number of clients. */
  readonly weight: ExactSum;
  readonly objectives: readonly ObjectiveSum[];
  readonly vectors: readonly VectorSum[];
  /** Each client's own update, where a rule has to see them; empty otherwise. */
  readonly updates: readonly Update[];
}

export interface ObjectiveSum {
  readonly objective: string;
  readonly examples: number;
  readonly ignored: number;
  readonly numerator: ExactSum;
  readonly denominator: ExactSum;
}

/** The sum of these clients' answers; `vectors` are taken as they are, not copied. */
export function partialSum(
  objectives: readonly string[],
  answers: readonly Pick<Answer, "weight" | "contributions">[],
  vectors: readonly VectorSum[],
): PartialSum {
  const weight = new ExactSum();
  const sums = objectives.map((objective) => ({
    objective,
    examples: 0,
    ignored: 0,
    numerator: new ExactSum(),
    denominator: new ExactSum(),
  }));
  for (const answer of answers) {
    weight.add(answer.weight);
    answer.contributions.forEach(({ examples, ignored, numerator, denominator }, i) => {
      const sum = sums[i]!;
      sum.examples += examples;
      sum.ignored += ignored;
      sum.numerator.add(numerator);
      sum.denominator.add(denominator);
    });
  }
  return { clients: answers.length, weight, objectives: sums, vectors, updates: [] };
}
