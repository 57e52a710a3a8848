/**
 * What a model is worth: the losses and metrics of every objective on one part of the clients' rows (federated evaluation) or on
 * rows that belong to nobody. Clients send sums; only here are they divided, for all clients together and for each.
 */
import { scoresOf as scores, type OuterFunctions } from "../shared/evaluation/evaluation.ts";
import type { Goal } from "../shared/experiment/goal.ts";
import { addAnswers, emptyAnswer, type Answer } from "../shared/protocol/answer.ts";
import type { EvaluateTask } from "../shared/protocol/task.ts";
import type { Score } from "./events.ts";
import type { Fleet } from "./fleet/fleet.ts";

/** Every client's sums over its rows of `part`, sorted by client. Throws `signal.reason` when told to stop. */
export async function measure(
  fleet: Fleet,
  { clients, ...asked }: Omit<EvaluateTask, "kind"> & { readonly clients: readonly string[] },
  signal: AbortSignal,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for await (const report of fleet.run({ kind: "evaluate", ...asked }, undefined, clients, signal)) {
    if (report.type === "accepted") answers.push(...report.answers);
  }
  signal.throwIfAborted();
  return answers.sort((a, b) => (a.client < b.client ? -1 : 1));
}

/** The sums of several clients as one, added in the given order. */
export const together = (answers: readonly Answer[], goals: readonly Goal[]): Answer =>
  answers.reduce(addAnswers, emptyAnswer("", goals, 1));

/** Objective → score. A number that does not exist, or is not finite, is null. */
export function scoresOf(
  { contributions, sums: further }: Answer,
  goals: readonly Goal[],
  outers: OuterFunctions,
): Record<string, Score> {
  const sums: Record<string, ArrayLike<number>> = { ...further };
  for (const { objective, examples, numerator, denominator } of contributions) {
    sums[`objective/${objective}/count`] = [examples];
    sums[`objective/${objective}/numerator`] = [numerator];
    sums[`objective/${objective}/denominator`] = [denominator];
  }
  return mapValues(scores(goals, sums, outers), ({ loss, examples, metrics: values, details }) => ({
    loss: finite(loss),
    ...(loss !== null && !Number.isFinite(loss) && { nonFinite: true as const }),
    examples,
    metrics: mapValues(values, finite),
    ...(Object.keys(details).length > 0 && { details }),
  }));
}

const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);

const mapValues = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
