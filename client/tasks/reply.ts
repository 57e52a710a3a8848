import type { Sums } from "../../shared/kernels/trainer.ts";
import { isFurtherSum, type Answer } from "../../shared/protocol/answer.ts";
import type { Vector } from "../../shared/protocol/task.ts";
import type { Ring } from "../../shared/secure/ring.ts";
import type { Contribution } from "../../shared/updates/update.ts";

/** A client's reply to a task: its scalars, and its vectors, which are the room's and valid until the room's next task. */
export interface Reply {
  readonly answer: Answer;
  /** ∇numerator of each objective, or the one change of the model; none where nothing was learned. */
  readonly vectors: readonly Vector[];
  /** In place of vectors and of all numbers but one: the masked answer (`shared/protocol/masked.ts`). */
  readonly masked?: Ring;
}

/** The sums of metrics, `metric/…`, and of objectives that are functions of sums, `objective/<name>/sum/…`. */
export const sumsOf = (sums: Sums): Record<string, Float64Array> =>
  Object.fromEntries(
    Object.entries(sums).flatMap(([name, values]) => (isFurtherSum(name) ? [[name, values.slice()]] : [])),
  );

/** What a program has summed up, objective by objective. */
export function contributionsOf(sums: Sums, objectives: readonly { readonly name: string }[]): Contribution[] {
  return objectives.map(({ name }) => {
    const total = (part: string): number => sums[`objective/${name}/${part}`]?.[0] ?? 0;
    return {
      objective: name,
      examples: total("count"),
      ignored: total("ignored"),
      numerator: total("numerator"),
      denominator: total("denominator"),
    };
  });
}
