/** The ends of a run in words and files: what is said when it starts, and what is kept when it is over. */
import { tableColumns, type Preprocessing } from "../../shared/data/schema.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { exactnessOf } from "../../shared/experiment/exactness.ts";
import { cohortOf } from "../../shared/experiment/selection.ts";
import { encodeModelFile, type Calibration } from "../../shared/experiment/model-file.ts";
import { holderOf, scopeOf, spentAfter } from "../../shared/privacy/privacy.ts";
import { selectedIn } from "../../shared/regularizers/selected.ts";
import { modelHash } from "../../shared/tensor/model-hash.ts";
import { unflatten, type ParameterLayout } from "../../shared/tensor/parameters.ts";
import type { Tensor } from "../../shared/tensor/safetensors.ts";
import type { RunEnd } from "../coordinator.ts";
import { flatten, type FinishedEvent, type PreparedEvent, type Scores, type StartedEvent } from "../events.ts";
import type { RunDirectory } from "../store/run-directory.ts";
import type { Evaluator } from "./evaluator.ts";
import type { RunResult } from "./result.ts";
import type { Prepared } from "./preparation.ts";
import type { Setting } from "./setting.ts";

export function startedEvent(
  { name, seed, precision, federation, objectives }: Experiment,
  { compiled, clients, heldOutRows }: Setting,
  {
    threads,
    resumedFrom,
    directory,
  }: { readonly threads: number; readonly resumedFrom: number; readonly directory: RunDirectory | undefined },
): StartedEvent {
  const cohort = cohortOf(federation.clients.select, clients.length);
  return {
    event: "started",
    name,
    seed,
    mode: federation.mode,
    precision,
    threads,
    resumedFrom,
    rounds: federation.rounds,
    clients: clients.length,
    cohort,
    trainRows: clients.reduce((sum, { trainRows }) => sum + trainRows, 0),
    testRows: clients.reduce((sum, { testRows }) => sum + testRows, heldOutRows ?? 0),
    parameters: compiled.layout.size,
    objectives: Object.keys(objectives),
    programHash: compiled.programs.train.hash,
    directory: directory?.path ?? null,
  };
}

export const preparedEvent = ({ statistics }: Prepared): PreparedEvent => ({
  event: "prepared",
  targets: statistics?.targets ?? {},
});

export interface Conclusion {
  readonly experiment: Experiment;
  readonly setting: Setting;
  readonly preprocessing: Preprocessing;
  readonly evaluator: Evaluator;
  readonly directory: RunDirectory | undefined;
  readonly seconds: number;
}

/** Writes the model (and the best one, where something was watched) and the summary, and says how the run ended. */
export function conclude({ state, reason, explanation }: RunEnd, conclusion: Conclusion): RunResult {
  const { experiment, setting, preprocessing, evaluator, directory, seconds } = conclusion;
  const { layout, programs } = setting.compiled;
  const tensors = tensorsOf(layout, state.model.parameters, experiment);
  const { scores, personal } = evaluator.last();
  const models = (state.clusters?.models ?? []).map(({ parameters }, j) => ({
    tensors: tensorsOf(layout, parameters, experiment),
    file: `cluster-${j + 1}.safetensors`,
    clients: evaluator.seated()?.[j] ?? [],
  }));
  const calibration = calibrationOf(experiment, scores);
  const holder = holderOf(setting.clients.map(({ trainRows }) => trainRows));
  const spent = spentAfter(state.model.version, experiment, holder);
  const finished: FinishedEvent = {
    event: "finished",
    rounds: state.model.version,
    stopReason: reason,
    explanation,
    modelHash: modelHash(tensors),
    metrics: flatten(scores),
    objectives: scores,
    ...(personal && { personal }),
    ...(models.length > 0 && {
      clusters: models.map(({ tensors, ...cluster }) => ({ ...cluster, modelHash: modelHash(tensors) })),
    }),
    exactness: exactnessOf(experiment, setting.compiled.goals),
    ...(spent !== undefined && { privacy: { ...spent, ...scopeOf(experiment, holder) } }),
    ...(Object.keys(calibration).length > 0 && { calibration }),
    selected: selectedIn(state.model.parameters, experiment.regularizers, {
      layout,
      program: programs.predict,
      columns: tableColumns(experiment.data),
    }),
    best: state.watch.best,
    seconds,
    directory: directory?.path ?? null,
  };
  const result = { ...finished, clients: evaluator.clients() };
  if (directory === undefined) return result;
  directory.write("model.safetensors", encodeModelFile({ tensors, experiment, preprocessing, calibration }));
  for (const { tensors, file } of models)
    directory.write(file, encodeModelFile({ tensors, experiment, preprocessing, calibration }));
  if (state.best !== undefined && state.watch.best !== null) {
    const best = tensorsOf(layout, state.best, experiment);
    directory.write("best.safetensors", encodeModelFile({ tensors: best, experiment, preprocessing }));
  }
  directory.write("summary.json", `${JSON.stringify(result, null, 2)}\n`);
  directory.appendEvent(finished);
  return result;
}

/** The temperatures of the last model; none for an objective whose labels do not depend on its logits at all. */
function calibrationOf({ evaluation }: Experiment, scores: Scores): Calibration {
  const found = Object.entries(evaluation.calibrate ?? {}).flatMap(([name, on]) => {
    const temperature = scores[name]?.[on]?.metrics["temperature"] ?? null;
    return temperature === null ? [] : [[name, { temperature, on }] as const];
  });
  return Object.fromEntries(found);
}

/** What all clients share, in the experiment's precision: the parameters, and the running statistics that go with them. */
export function tensorsOf(
  layout: ParameterLayout,
  parameters: Float64Array,
  { precision }: Experiment,
): Map<string, Tensor> {
  const vector = precision === "float32" ? new Float32Array(parameters) : parameters;
  return new Map([...unflatten(layout, vector, "shared"), ...unflatten(layout, vector, "buffer")]);
}
