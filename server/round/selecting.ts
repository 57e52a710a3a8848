/** Who takes part in an attempt: a cohort that is drawn, or, where rounds wait for nobody, those who begin. */
import { asynchronyOf } from "../../shared/experiment/asynchrony-checks.ts";
import type { Vector } from "../../shared/protocol/task.ts";
import type { Random } from "../../shared/random.ts";
import type { Window } from "../asynchrony/schedule.ts";
import { measure } from "../evaluation.ts";
import { lossOf } from "./client-axis.ts";
import { cohortIn, type Cohort } from "./cohort.ts";
import { windowAfter } from "./flights.ts";
import type { LearningParts, RunState } from "./learning-parts.ts";
import type { RoundParts } from "./run-round.ts";

/** Filled in once it is known. */
export interface Drawn {
  cohort?: Cohort;
  window?: Window;
}

export interface Selecting {
  readonly round: number;
  /** The attempt's own fork. */
  readonly random: Random;
  readonly drawn: Drawn;
  /** The model as clients receive it. */
  readonly sent: (parameters: Float64Array) => Vector;
}

export function selecting(
  before: RunState,
  parts: LearningParts,
  { round, random, drawn, sent }: Selecting,
  signal: AbortSignal,
): RoundParts["select"] {
  const { experiment, strategy, fleet, roster, goals, clock, random: run, secret } = parts;
  const asynchrony = asynchronyOf(experiment.federation);
  const objectiveWeights = goals.map(({ weight }) => weight);
  const ask = async (clients: readonly string[]): Promise<ReadonlyMap<string, number>> => {
    const parameters = sent(before.model.parameters);
    const answers = await measure(fleet, { parameters, part: "train", clients }, signal);
    return new Map(answers.map((answer) => [answer.client, lossOf(answer, objectiveWeights)]));
  };
  return async (known) => {
    if (asynchrony !== undefined) {
      drawn.window = windowAfter(before, parts, { asynchrony, random: random.fork("asynchrony") });
      return drawn.window.starters.map(({ client }) => client);
    }
    const { selection } = strategy;
    const { selection: state } = before;
    const given = { experiment, selection, fleet, roster, objectiveWeights, run, clock, state, ask, secret };
    drawn.cohort = await cohortIn(round, random, known, given);
    return drawn.cohort.clients;
  };
}
