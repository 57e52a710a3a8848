/**
 * A simulation: the coordinator over a fleet of threads, with every client's data on this machine.
 *
 *     const { modelHash, metrics } = await simulate(experiment, { threads: 2, out: "runs/heart-1" });
 *
 * setting (data, programs, memory) → threads → preparation → rounds → model and summary. The same experiment and seed give the
 * same model, bit for bit, for any number of threads, and after any interruption and resumption.
 */
import { availableParallelism } from "node:os";
import { TributaryError } from "../../shared/errors.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { scheduleOf } from "../../shared/optimizers/schedules.ts";
import { Random } from "../../shared/random.ts";
import { firstScale } from "../../shared/updates/loss-scale.ts";
import { runRounds, type CoordinatorParts, type RunEnd } from "../coordinator.ts";
import type { RunEvent } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { ThreadFleet, type ThreadFleetOptions } from "../fleet/threads.ts";
import { scaleSpecOf } from "../round/in-half.ts";
import type { RunState } from "../round/learn.ts";
import { startWatching } from "../stopping.ts";
import { RunDirectory } from "../store/run-directory.ts";
import { strategyOf } from "../strategy/recipes.ts";
import { createLogger, logLevel } from "../telemetry/logger.ts";
import { conclude, preparedEvent, startedEvent } from "./conclude.ts";
import { Evaluator, heldOutClient } from "./evaluator.ts";
import { giveBack, keptIn } from "./kept.ts";
import type { RunResult, Simulate, SimulateOptions } from "./options.ts";
import { prepareClients, type Prepared } from "./preparation.ts";
import { settingOf, type Setting } from "./setting.ts";

export const simulate: Simulate = (experiment, options = {}) =>
  simulateOver((clients) => new ThreadFleet(clients), experiment, options);

/** The same over any fleet that can hold these clients: tests answer in another order, or lose someone on the way. */
export async function simulateOver(
  openFleet: (clients: ThreadFleetOptions) => Fleet,
  given: Experiment,
  options: SimulateOptions = {},
): Promise<RunResult> {
  const began = performance.now();
  const experiment = options.seed === undefined ? given : { ...given, seed: options.seed };
  const signal = options.signal ?? new AbortController().signal;
  const random = Random.seeded(experiment.seed);
  const setting = await settingOf(experiment, options.baseDirectory ?? process.cwd(), random);
  const directory = openDirectory(experiment, options);
  const resumed = options.resume === true ? directory?.resume() : undefined;
  const emit = (event: RunEvent): void => {
    directory?.appendEvent(event);
    options.onEvent?.(event);
  };

  const threads = Math.max(1, options.threads ?? experiment.simulation?.threads ?? availableParallelism());
  await using fleet = openFleet({ ...setting.fleet, threads });
  const evaluator = new Evaluator(experiment, setting, fleet);
  const parts = partsOf(experiment, setting, { fleet, evaluator, directory, emit, random });
  const start = resumed ?? beginning(setting, parts);
  if (resumed !== undefined) giveBack(setting.fleet, resumed);
  emit(startedEvent(experiment, setting, { threads, resumedFrom: start.model.version, directory }));

  const { end, prepared } = await work(start, parts, setting, signal);
  const seconds = (performance.now() - began) / 1000;
  const { standardization } = prepared;
  const preprocessing = { schema: experiment.data, ...(standardization && { standardization }) };
  const result = conclude(end, { experiment, setting, preprocessing, evaluator, directory, seconds });
  const { clients: _, ...finished } = result;
  options.onEvent?.(finished);
  return result;
}

/** Prepares the clients, runs the rounds, and evaluates the model once more if that has not been done. */
async function work(
  start: RunState,
  parts: Omit<CoordinatorParts, "roster">,
  { loaded, fleet: { clients } }: Setting,
  signal: AbortSignal,
): Promise<{ end: RunEnd; prepared: Prepared }> {
  const { experiment, fleet, now, log } = parts;
  const heldOut = clients.find(({ client }) => client === heldOutClient)?.client;
  const { blocks } = loaded;
  const trainRows = new Map(loaded.clients.map(({ client, train }) => [client, train.length]));
  const roster = { trainRows, ...(blocks && { blocks }) };
  let prepared: Prepared = { standardization: undefined, statistics: undefined, denominators: new Map() };
  let end: RunEnd = { state: start, reason: "interrupted", explanation: "interrupted before the first round" };
  try {
    prepared = await prepareClients({ fleet, schema: experiment.data, heldOut, now, log }, signal);
    parts.emit(preparedEvent(prepared));
    end = await runRounds(start, { ...parts, roster: { ...roster, denominators: prepared.denominators } }, signal);
    await parts.evaluate(end.state.model.parameters, signal);
  } catch (error) {
    if (!signal.aborted) throw error; // told to stop: what has been done so far is the result
  }
  return { end, prepared };
}

interface Around {
  readonly fleet: Fleet;
  readonly evaluator: Evaluator;
  readonly directory: RunDirectory | undefined;
  readonly emit: (event: RunEvent) => void;
  readonly random: Random;
}

function partsOf(
  experiment: Experiment,
  setting: Setting,
  { fleet, evaluator, directory, emit, random }: Around,
): Omit<CoordinatorParts, "roster"> {
  const { compiled, outers } = setting;
  const { goals, layout } = compiled;
  const { federation, precision, checkpoint } = experiment;
  const localSchedule = federation.mode === "update" ? federation.local.schedule : ({ kind: "constant" } as const);
  return {
    experiment,
    goals,
    outers,
    strategy: strategyOf(experiment, compiled),
    localSchedule: scheduleOf(localSchedule, federation.rounds),
    fleet,
    random: random.fork("rounds"),
    trained: layout.ranges.shared[1],
    round: (vector) => (precision === "float32" ? new Float64Array(new Float32Array(vector)) : vector),
    evaluate: (parameters, signal) => evaluator.scores(parameters, signal),
    keeps: setting.fleet.assignment.keeps,
    save: (state) => directory?.saveCheckpoint({ ...state, ...keptIn(setting.fleet, state) }, checkpoint.keep),
    emit,
    now: () => performance.now(),
    log: createLogger(logLevel("silent")),
  };
}

const beginning = (
  { compiled }: Setting,
  { experiment, strategy, trained, round }: Omit<CoordinatorParts, "roster">,
): RunState => ({
  model: {
    version: 0,
    parameters: round(compiled.initial),
    optimizer: strategy.optimizer.init(trained),
    weighting: strategy.weighting.init(Object.keys(experiment.objectives)),
  },
  watch: startWatching,
  best: undefined,
  turns: {},
  committed: {},
  lossScale: firstScale(scaleSpecOf(experiment.federation)),
});

function openDirectory(
  experiment: Experiment,
  { out, resume = false, source }: SimulateOptions,
): RunDirectory | undefined {
  if (out !== undefined)
    return resume ? RunDirectory.open(out, experiment) : RunDirectory.create(out, experiment, source);
  if (resume) throw new TributaryError("invalid-option", "Expected the run directory to resume from, got none");
  return undefined;
}
