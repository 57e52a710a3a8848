/**
 * The coordinator: rounds until done. It wires a strategy, a fleet and a store together and knows none of them from the inside.
 *
 *     prepare → (round → step → evaluate → watch → checkpoint)* → end
 *
 * A run ends after its last round, when the watched value is good enough or has stopped improving, when a number is no longer
 * finite or a loss has grown beyond all measure, or when it is told to stop. In each case `state` is the last good one: a round that was begun and not committed has
 * left no trace.
 */
import { TributaryError } from "../shared/errors.ts";
import { watchedParts } from "../shared/experiment/monitoring.ts";
import type { Experiment } from "../shared/experiment/schema.ts";
import { flatten, type Evaluation, type Scores, type StopReason } from "./events.ts";
import { diverged } from "./round/diverged.ts";
import type { LearningParts, RunState } from "./round/learning-parts.ts";
import { learn } from "./round/learn.ts";
import type { Roster } from "./round/roster.ts";
import { excessOf, observe, verdict, type Verdict } from "./stopping.ts";

export interface CoordinatorParts extends LearningParts {
  /** The scores of a state's model on the parts that the experiment asks for. */
  readonly evaluate: (state: RunState, signal: AbortSignal) => Promise<Evaluation>;
  /** What is otherwise in a round than in the experiment as it was submitted: what has been adjusted since. */
  readonly inRound?: (round: number) => Partial<Pick<LearningParts, "experiment" | "goals" | "strategy" | "weights">>;
  /** The clients of a round, where more may come as the run goes on. @default the roster */
  readonly rosterIn?: (round: number) => Promise<Roster>;
  /** Keeps a checkpoint and says where; undefined when nothing is kept. */
  readonly save: (state: RunState) => Promise<string | undefined>;
  /** Rounds from one checkpoint to the next, where they are not for the experiment to say. */
  readonly saveEvery?: number;
}

export interface RunEnd {
  readonly state: RunState;
  readonly reason: StopReason;
  readonly explanation: string;
}

export async function runRounds(start: RunState, parts: CoordinatorParts, signal: AbortSignal): Promise<RunEnd> {
  const { rounds } = parts.experiment.federation;
  const everyRounds = parts.saveEvery ?? parts.experiment.checkpoint.everyRounds;
  let state = start;
  let saved = start.model.version;
  const keep = async (): Promise<void> => {
    if (saved === state.model.version) return;
    const file = await parts.save(state);
    saved = state.model.version;
    if (file !== undefined) parts.emit({ event: "checkpoint", round: saved, file });
  };
  const end = async (reason: StopReason, explanation: string): Promise<RunEnd> => {
    await keep();
    return { state, reason, explanation };
  };
  try {
    for (;;) {
      const enough = decide(state, parts.experiment);
      if (enough !== undefined) return await end(enough.reason, enough.explanation);
      const { version } = state.model;
      if (version >= rounds) return await end("rounds", `all ${rounds} rounds are done`);
      state = await oneRound(state, parts, signal);
      if (state.model.version % everyRounds === 0) await keep();
    }
  } catch (error) {
    if (signal.aborted) return await end("interrupted", `interrupted after round ${state.model.version}`);
    if (error instanceof TributaryError && error.code === "diverged") return await end("diverged", error.message);
    await keep();
    throw error;
  }
}

const decide = ({ watch }: RunState, { stop }: Experiment): Verdict | undefined =>
  stop === undefined ? undefined : verdict(watch, stop);

/** The state after the next round. Throws "diverged" when a number is not finite or a loss beyond its bound, "quorum-not-reached" when too few take part. */
async function oneRound(before: RunState, submitted: CoordinatorParts, signal: AbortSignal): Promise<RunState> {
  const round = before.model.version + 1;
  const roster = (await submitted.rosterIn?.(round)) ?? submitted.roster;
  const parts = { ...submitted, roster, ...submitted.inRound?.(round) };
  const { experiment } = parts;
  const learned = await learn(before, parts, signal);
  const isLast = round >= experiment.federation.rounds;
  if (!isLast && round % experiment.evaluation.everyRounds !== 0) return learned;
  const began = parts.now();
  const { scores, ...others } = await parts.evaluate(learned, signal);
  const { state, best } = watched(learned, scores, parts);
  const seconds = (parts.now() - began) / 1000;
  parts.emit({ event: "evaluated", round, scores, ...others, best, seconds });
  return state;
}

/** The state with the watched value taken note of. Throws "diverged" when a loss is not finite though there are rows, or beyond its bound. */
function watched(
  state: RunState,
  scores: Scores,
  { experiment, goals }: CoordinatorParts,
): { state: RunState; best: boolean | null } {
  const round = state.model.version;
  const { stop } = experiment;
  for (const [objective, seen] of Object.entries(scores)) {
    for (const [part, { loss, nonFinite }] of Object.entries(seen)) {
      if (nonFinite === true) throw diverged(round, `the ${part} loss of ${objective} is not a finite number`);
      const excess = excessOf({ [objective]: loss }, state.watch, stop?.divergence);
      if (excess !== undefined) throw diverged(round, `the ${part} loss of ${excess}`);
    }
  }
  if (stop?.watch === undefined) return { state, best: null };
  const { objective, metric } = watchedParts(stop.watch);
  const chosen = goals.find(({ name }) => name === objective)?.metrics.find(({ name }) => name === metric);
  const smallerIsBetter = chosen === undefined || chosen.better === "lower";
  const watch = observe(state.watch, { round, value: flatten(scores)[stop.watch] ?? null, smallerIsBetter }, stop);
  const best = watch.best?.round === round;
  return { state: { ...state, watch, best: best ? state.model.parameters : state.best }, best };
}
