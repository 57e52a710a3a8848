/** The files an experiment names, made absolute: what is written relative starts from the experiment's own folder. */
import { resolve } from "node:path";
import type { Source } from "./data.ts";
import { isModule } from "./goals.ts";
import { isOwnMethod } from "./objectives.ts";
import type { Path } from "./finding.ts";
import type { Experiment } from "./schema.ts";

/** A copy whose every file path is absolute; `folderOf` tells which folder the path at that place starts from. */
export function resolvePaths(experiment: Experiment, folderOf: (path: Path) => string): Experiment {
  const file = (path: Path, written: string): string => resolve(folderOf(path), written);
  const source = (path: Path, written: Source): Source =>
    typeof written === "string"
      ? file(path, written)
      : mapEntries(written, (column, one) => file([...path, column], one));

  const { data, model, objectives, weighting, simulation, federation } = experiment;
  const { strategy, aggregation } = federation;
  const { split } = data;
  const { trunk, initial } = model;
  return {
    ...experiment,
    data: {
      ...data,
      ...(split && "file" in split && { split: { file: file(["data", "split", "file"], split.file) } }),
    },
    model: {
      ...model,
      trunk: trunk.kind === "module" ? { ...trunk, path: file(["model", "trunk", "path"], trunk.path) } : trunk,
      initial: "file" in initial ? { file: file(["model", "initial", "file"], initial.file) } : initial,
    },
    objectives: mapEntries(objectives, (name, { loss, ...rest }) => ({
      ...rest,
      loss: isModule(loss) ? { ...loss, path: file(["objectives", name, "loss", "path"], loss.path) } : loss,
    })),
    weighting: isOwnMethod(weighting) ? { ...weighting, path: file(["weighting", "path"], weighting.path) } : weighting,
    federation: {
      ...federation,
      ...(typeof strategy === "object" && {
        strategy: { ...strategy, path: file(["federation", "strategy", "path"], strategy.path) },
      }),
      ...(aggregation.rule === "module" && {
        aggregation: { ...aggregation, path: file(["federation", "aggregation", "path"], aggregation.path) },
      }),
    },
    ...(simulation && { simulation: resolveSimulation(simulation, file, source) }),
  };
}

function resolveSimulation(
  simulation: NonNullable<Experiment["simulation"]>,
  file: (path: Path, written: string) => string,
  source: (path: Path, written: Source) => Source,
): NonNullable<Experiment["simulation"]> {
  const { clients, clientTests, data, test, partition } = simulation;
  const each = (key: string, sources: Readonly<Record<string, Source>>): Record<string, Source> =>
    mapEntries(sources, (client, one) => source(["simulation", key, client], one));
  return {
    ...simulation,
    ...(clients && { clients: each("clients", clients) }),
    ...(clientTests && { clientTests: each("clientTests", clientTests) }),
    ...(data !== undefined && { data: source(["simulation", "data"], data) }),
    ...(test !== undefined && { test: source(["simulation", "test"], test) }),
    ...(partition?.kind === "file" && {
      partition: { ...partition, file: file(["simulation", "partition", "file"], partition.file) },
    }),
  };
}

const mapEntries = <Value, Result>(
  map: Readonly<Record<string, Value>>,
  change: (key: string, value: Value) => Result,
): Record<string, Result> => Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(key, value)]));
