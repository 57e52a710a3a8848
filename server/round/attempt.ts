/** What an attempt at a round is made of, beside its learning: the client axis, the policy, and what is made of sums. */
import type { OuterFunctions } from "../../shared/evaluation/evaluation.ts";
import { asynchronyOf } from "../../shared/experiment/asynchrony-checks.ts";
import { cohortOf } from "../../shared/experiment/selection.ts";
import { addEach, keepEach, weighEach, type ClientAxis } from "./client-axis.ts";
import type { Cohort } from "./cohort.ts";
import type { LearningParts, RunState } from "./learning-parts.ts";
import type { Learning } from "./learning.ts";
import type { RoundPolicy } from "./round.ts";

/** What is made of sums in this round: a curriculum goes by the round. */
export const pacedOuters = ({ outers, goals }: LearningParts, round: number): OuterFunctions =>
  new Map(
    [...outers].map(([name, outer]) => {
      const pace = goals.find((goal) => goal.name === name)?.paceIn?.(round);
      return [name, (sums) => outer(sums, pace)];
    }),
  );

/** The client axis of an attempt; `drawn` is filled in once the cohort is known. */
export function axisOf(
  { model: { clients } }: RunState,
  { strategy, goals, experiment }: LearningParts,
  drawn: { readonly cohort?: Cohort },
): ClientAxis {
  const { shares, drift, aggregation, selection } = strategy;
  return {
    asksLosses: shares?.asksLosses ?? false,
    reweighs: shares !== undefined || selection.weights !== undefined,
    weights: (counted) =>
      shares?.weights(counted, clients?.shares ?? {}) ?? drawn.cohort?.weights ?? new Map<string, number>(),
    objectiveWeights: goals.map(({ weight }) => weight),
    get work() {
      const control = drift.kind === "scaffold" || drift.kind === "mime-lite" ? clients?.drift : undefined;
      const epochs = drawn.cohort?.epochs;
      const clipNorm = clients?.clipNorm;
      return { ...(epochs && { epochs }), ...(control && { control }), ...(clipNorm !== undefined && { clipNorm }) };
    },
    absorb:
      shares !== undefined && strategy.rows === "gradients"
        ? weighEach
        : aggregation.remembers === true || asynchronyOf(experiment.federation) !== undefined
          ? keepEach
          : addEach,
  };
}

export function policyOf(
  { experiment, strategy, fleet }: LearningParts,
  { policies: exchanges, secured }: Pick<Learning, "policies" | "secured">,
): RoundPolicy {
  const { quorum, deadlineMs, late, overSelection, select } = experiment.federation.clients;
  return {
    exchanges,
    quorum,
    late,
    ...(secured && { secured }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(overSelection > 1 && { enough: cohortOf(select, fleet.members.length) }),
    ...(strategy.selection.mayBeEmpty === true && { nobody: "step" as const }),
  };
}
