import type { Statistics } from "../data/summary.ts";
import type { Contribution } from "../updates/update.ts";
import type { SecureAnswer } from "./secure.ts";

/** What one client answers to a task, but for its vectors: numbers only, sums over rows, never means. */
export interface Answer {
  readonly client: string;
  /** aₖ in update mode; 1 otherwise. */
  readonly weight: number;
  /** Steps of the local optimizer in update mode; 0 otherwise. */
  readonly steps: number;
  /** Rows whose gradient was clipped, and 1 when the update was. */
  readonly clipped: { readonly examples: number; readonly update: number };
  /** Numbers of its vectors that are not finite at the task's loss scale: more than 0, and it was added to nothing. */
  readonly overflow: number;
  /** Numbers that are NaN or infinite among its sums and vectors: more than 0, and it was added to nothing. */
  readonly nonFinite: number;
  /** The L2 norm of its vectors as they were sent, taken together; 0 where there are none. */
  readonly norm: number;
  /** Whether it lacked what it should have kept from its last committed round, and began anew. */
  readonly lost: boolean;
  /** One for each objective, in the experiment's order. */
  readonly contributions: readonly Contribution[];
  /**
   * `metric/<objective>/<metric>/<part>` and, of an objective that is a function of sums, `objective/<objective>/sum/<sum>`: empty
   * where nothing but contributions was asked for.
   */
  readonly sums: Readonly<Record<string, Float64Array>>;
  /** What a statistics task found. */
  readonly statistics?: Statistics;
  /** What it says to a secure task. */
  readonly secure?: SecureAnswer;
}

/** Where the sketch of an objective's gradient stands among the sums. */
export const sketchOf = (objective: string): string => `objective/${objective}/sum/sketch`;

/** Whether an output of a program is such a sum. */
export const isFurtherSum = (output: string): boolean => /^(metric\/|objective\/[^/]+\/sum\/)/.test(output);

export const emptyAnswer = (
  client: string,
  objectives: readonly { readonly name: string }[],
  weight: number,
): Answer => ({
  client,
  weight,
  steps: 0,
  clipped: { examples: 0, update: 0 },
  overflow: 0,
  nonFinite: 0,
  norm: 0,
  lost: false,
  contributions: objectives.map(({ name }) => ({
    objective: name,
    examples: 0,
    ignored: 0,
    numerator: 0,
    denominator: 0,
  })),
  sums: {},
});

/** Whether an answer's vectors may be added to those of others. */
export const isSound = ({ nonFinite, overflow }: Pick<Answer, "nonFinite" | "overflow">): boolean =>
  nonFinite === 0 && overflow === 0;

/** Whether its vectors have a part in the sum over clients. */
export const isPartOfSum = (answer: Pick<Answer, "nonFinite" | "overflow" | "weight">): boolean =>
  isSound(answer) && answer.weight > 0;

/** Two answers over disjoint rows as one: sums add, client and weight are those of `a`. */
export function addAnswers(a: Answer, b: Answer): Answer {
  return {
    ...a,
    nonFinite: a.nonFinite + b.nonFinite,
    contributions: a.contributions.map((one, i) => {
      const other = b.contributions[i]!;
      return {
        objective: one.objective,
        examples: one.examples + other.examples,
        ignored: one.ignored + other.ignored,
        numerator: one.numerator + other.numerator,
        denominator: one.denominator + other.denominator,
      };
    }),
    sums: Object.fromEntries(
      Object.entries(b.sums).map(([name, sums]) => {
        const before = a.sums[name];
        return [name, before === undefined ? sums : sums.map((sum, i) => before[i]! + sum)];
      }),
    ),
  };
}
