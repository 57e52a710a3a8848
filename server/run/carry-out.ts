/**
 * One run over any fleet, from its first event to its model: a simulation gives it threads, a daemon clients of a network.
 *
 *     started → preparation → rounds → model and summary
 *
 * The same experiment and seed give the same model, bit for bit, whatever carries the work, and after any interruption and resumption.
 */
import type { Preprocessing } from "../../shared/data/schema.ts";
import { encodeModelFile } from "../../shared/experiment/model-file.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { scheduleOf } from "../../shared/optimizers/schedules.ts";
import { discretionOf } from "../../shared/privacy/discretion.ts";
import type { Random } from "../../shared/random.ts";
import { firstScale } from "../../shared/updates/loss-scale.ts";
import { runRounds, type CoordinatorParts, type RunEnd } from "../coordinator.ts";
import type { RunEvent } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { scaleSpecOf } from "../round/in-half.ts";
import type { Clock } from "../round/clock.ts";
import type { RoundHistory } from "../round/history.ts";
import type { Roster } from "../round/roster.ts";
import type { RunState } from "../round/learning-parts.ts";
import { startWatching } from "../stopping.ts";
import type { RunDirectory } from "../store/run-directory.ts";
import { strategyOf } from "../strategy/recipes.ts";
import type { Logger } from "../telemetry/logger.ts";
import { conclude, preparedEvent, startedEvent, tensorsOf } from "./conclude.ts";
import { Evaluator } from "./evaluator.ts";
import { countsOfLate, type Admission, type LateJoiners } from "./late-joiners.ts";
import { prepareClients, prepareOne, type Prepared } from "./preparation.ts";
import { rosterOf, withLate } from "./roster-of.ts";
import { adjusted, changedWeights, type Adjustment } from "./adjustment.ts";
import { writeOwnModels } from "./personal-models.ts";
import type { RunResult } from "./result.ts";
import { heldOutClient, type Setting } from "./setting.ts";

export interface RunParts {
  readonly id: string;
  readonly experiment: Experiment;
  readonly setting: Setting;
  readonly fleet: Fleet;
  /** The run's own stream of chance, seeded with the experiment's seed. */
  readonly random: Random;
  /** Where the run is written; nothing is when left out. */
  readonly directory: RunDirectory | undefined;
  /** Where rounds are kept as they go, and each of them is committed; they are not when left out. */
  readonly durable?: { readonly history: RoundHistory; readonly commit: (state: RunState) => Promise<void> };
  /** The checkpoint to go on from. */
  readonly resumed: RunState | undefined;
  /** Who comes once the run has begun; nobody when left out. */
  readonly late?: Pick<LateJoiners, "open" | "seat" | "admit"> | undefined;
  /** Of a simulation: how long clients take. */
  readonly clock?: Clock;
  /** What clients on this machine keep between rounds, to be kept with a checkpoint; elsewhere they keep it themselves. */
  readonly kept?: (state: RunState) => Pick<RunState, "kept">;
  readonly onEvent: (event: RunEvent) => void;
  /** Told where a round stands, whenever that changes. */
  readonly onState?: CoordinatorParts["onState"];
  /** Told how the file of the newest model is made, whenever a round has been kept. */
  readonly onModel?: (encode: () => Uint8Array) => void;
  /** Threads of this machine that carry the work; 0 where it is done elsewhere. */
  readonly threads: number;
  /** What has been adjusted so far, asked for before each round; nothing when left out. */
  readonly adjustments?: () => readonly Adjustment[];
  /** `secret` and `charge` of `round/learn.ts`: needed where the experiment declares privacy. */
  readonly secret?: Uint8Array;
  readonly charge?: CoordinatorParts["charge"];
  /** Where the clients' own models are written at the end, one file each; nowhere when left out. */
  readonly personal?: string | undefined;
  /** When the caller began, on the clock of `performance`. */
  readonly began: number;
  readonly log: Logger;
}

export async function carryOut(run: RunParts, signal: AbortSignal): Promise<RunResult> {
  const { experiment, setting, fleet, directory, resumed, threads, onEvent } = run;
  const emit = (event: RunEvent): void => {
    directory?.appendEvent(event);
    onEvent(event);
  };
  const evaluator = new Evaluator(experiment, setting, fleet);
  let preprocessing: Preprocessing = { schema: experiment.data }; // and everybody's statistics, once they are known
  const onSaved = ({ model }: RunState): void => {
    const encode = (): Uint8Array =>
      encodeModelFile({
        tensors: tensorsOf(setting.compiled.layout, model.parameters, experiment),
        experiment,
        preprocessing,
      });
    run.onModel?.(encode);
  };
  const onPrepared = ({ standardization }: Prepared): void => {
    preprocessing = { schema: experiment.data, ...(standardization && { standardization }) };
    if (resumed !== undefined) onSaved(resumed);
  };
  const parts = partsOf(run, { evaluator, emit, onSaved });
  const start = resumed ?? beginning(setting, parts);
  if (run.durable !== undefined) directory?.forgetEventsAfter(start.model.version);
  emit(startedEvent(experiment, setting, { threads, resumedFrom: start.model.version, directory }));

  const end = await work(start, parts, { setting, evaluator, late: run.late, onPrepared }, signal);
  const seconds = (performance.now() - run.began) / 1000;
  if (run.personal !== undefined)
    writeOwnModels(
      { ...end.state, ...run.kept?.(end.state) },
      { folder: run.personal, experiment, setting, preprocessing },
    );
  const result = conclude(end, { experiment, setting, preprocessing, evaluator, directory, seconds });
  const { clients: _, ...finished } = result;
  onEvent(finished);
  return result;
}

/** Prepares the clients, runs the rounds, and evaluates the model once more if that has not been done. */
async function work(
  start: RunState,
  parts: Omit<CoordinatorParts, "roster">,
  {
    setting: { clients, heldOutRows },
    evaluator,
    late,
    onPrepared,
  }: Pick<RunParts, "setting" | "late"> & { evaluator: Evaluator; onPrepared: (prepared: Prepared) => void },
  signal: AbortSignal,
): Promise<RunEnd> {
  const { experiment, fleet, now, log, emit } = parts;
  const heldOut = heldOutRows === undefined ? undefined : heldOutClient;
  const names = clients.map(({ client }) => client);
  let end: RunEnd = { state: start, reason: "interrupted", explanation: "interrupted before the first round" };
  try {
    const { secureSums } = experiment.federation;
    const countsClasses =
      discretionOf(experiment) === undefined && secureSums?.inTheClear.includes("statistics") !== false;
    const given = { fleet, clients: names, schema: experiment.data, countsClasses, heldOut, now, log };
    const prepared = await prepareClients(given, signal);
    onPrepared(prepared);
    emit(preparedEvent(prepared));
    let roster = rosterOf(clients, prepared.denominators);
    const seated = (come: readonly Admission[]): void => {
      roster = withLate(roster, come);
      evaluator.add(come.map(countsOfLate));
    };
    seated(late?.seat(start.model.version) ?? []);
    late?.open((client) => prepareOne(fleet, client, prepared.standardization, signal));
    const rosterIn = async (round: number): Promise<Roster> => {
      const come = (await late?.admit(round)) ?? [];
      seated(come);
      for (const { client, trainRows, testRows } of come)
        emit({ event: "joined", round, client, trainRows, testRows, clients: fleet.members.length });
      return roster;
    };
    end = await runRounds(start, { ...parts, roster, ...(late && { rosterIn }) }, signal);
    await parts.evaluate(end.state, signal);
  } catch (error) {
    if (!signal.aborted) throw error; // told to stop: what has been done so far is the result
  }
  return end;
}

function partsOf(
  {
    id,
    experiment,
    setting: { compiled, outers, assignment, own },
    fleet,
    directory,
    durable,
    kept,
    random,
    clock,
    adjustments,
    onState,
    secret,
    charge,
    log,
  }: RunParts,
  {
    evaluator,
    emit,
    onSaved,
  }: { evaluator: Evaluator; emit: (event: RunEvent) => void; onSaved: (state: RunState) => void },
): Omit<CoordinatorParts, "roster"> {
  const { goals, layout } = compiled;
  const { federation, precision, checkpoint } = experiment;
  const localSchedule = federation.mode === "update" ? federation.local.schedule : ({ kind: "constant" } as const);
  return {
    run: id,
    experiment,
    goals,
    outers,
    strategy: strategyOf(experiment, compiled, own),
    localSchedule: scheduleOf(localSchedule, federation.rounds),
    fleet,
    random: random.fork("rounds"),
    clock,
    layout,
    trained: layout.ranges.shared[1],
    round: (vector) => (precision === "float32" ? new Float64Array(new Float32Array(vector)) : vector),
    ...(adjustments && { inRound: (round) => partsInRound(experiment, { compiled, own }, adjustments(), round) }),
    evaluate: (state, signal) => evaluator.evaluate(state, signal),
    keeps: assignment.keeps,
    ...(durable && { history: durable.history, saveEvery: 1 }),
    ...(onState && { onState }),
    ...(secret && { secret }),
    ...(charge && { charge }),
    save: async (state) => {
      const whole = { ...state, ...kept?.(state) };
      if (durable === undefined) return directory?.saveCheckpoint(whole, checkpoint.keep);
      await durable.commit(whole);
      onSaved(whole);
      return undefined; // the store has it
    },
    emit,
    now: () => performance.now(),
    log,
  };
}

/** What an adjustment reaches in a round: weights, bounds, learning rates and the deadline; nothing while there is none. */
function partsInRound(
  submitted: Experiment,
  { compiled, own }: Pick<Setting, "compiled" | "own">,
  adjustments: readonly Adjustment[],
  round: number,
): ReturnType<NonNullable<CoordinatorParts["inRound"]>> {
  const experiment = adjusted(submitted, adjustments, round);
  if (experiment === submitted) return {};
  const goals = compiled.goals.map((goal) => ({ ...goal, weight: experiment.objectives[goal.name]!.weight }));
  const strategy = strategyOf(experiment, compiled, own);
  return { experiment, goals, strategy, weights: changedWeights(submitted, experiment) };
}

function beginning(
  { compiled }: Setting,
  { experiment, strategy, trained, round }: Omit<CoordinatorParts, "roster">,
): RunState {
  const modelOf = (first: Float64Array): RunState["model"] => ({
    version: 0,
    parameters: round(first),
    optimizer: strategy.optimizer.init(trained),
    objectives: strategy.objectives.init(),
  });
  const models = compiled.clusters.map(modelOf);
  return {
    model: modelOf(compiled.initial),
    watch: startWatching,
    best: undefined,
    turns: {},
    committed: {},
    lossScale: firstScale(scaleSpecOf(experiment.federation)),
    ...(models.length > 0 && { clusters: { models, seats: {} } }),
  };
}
