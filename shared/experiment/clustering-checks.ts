/** Rules of runs with several models: what else of an experiment counts on there being one. */
import { weightsChange } from "./axis.ts";
import { isOfEverybody } from "./client-axis.ts";
import type { ClusteringConfig } from "./clustering.ts";
import type { FederationConfig } from "./federation.ts";
import type { Report } from "./finding.ts";
import { lossOf } from "./goals.ts";
import type { Experiment } from "./schema.ts";
import { weighsItsDraws } from "./selection-checks.ts";

/** Undefined where there is one model for all. */
export const clusteringOf = (federation: FederationConfig): ClusteringConfig | undefined =>
  federation.mode === "gradient" || federation.clustering.kind === "none" ? undefined : federation.clustering;

export function clustersFit(experiment: Experiment, report: Report): void {
  const { federation, objectives, model, simulation, stop, evaluation } = experiment;
  const clustering = clusteringOf(federation);
  if (clustering === undefined || federation.mode === "gradient") return;
  const { local, shares, normalizer, aggregation, personal, asynchrony, clients, transport } = federation;
  const path = ["federation", "clustering", "kind"];
  const refuse = (when: boolean, what: string, instead: string): void => {
    if (when) report(path, `is ${clustering.kind}, and ${what}: ${instead}`);
  };
  if (clustering.clusters > 1) {
    refuse("file" in model.initial, "models of one file would be one for ever", "a rule in model.initial");
    refuse(
      "kind" in model.initial && model.initial.kind === "zeros",
      "models that begin at 0 would be one for ever",
      "model.initial: glorot-uniform",
    );
  }
  refuse(asynchrony.kind !== "none", "whoever comes first has seen other models", "leave out asynchrony");
  refuse(personal.kind !== "none", "a client has its cluster's model", "leave out personal");
  refuse(isOfEverybody(local.drift), `${local.drift.kind} corrects towards one model`, "the drift proximal, or none");
  refuse(
    shares.kind !== "denominators" && shares.kind !== "uniform",
    `shares that are ${shares.kind} compare the clients of one model`,
    "shares: uniform, or leave them out",
  );
  refuse(normalizer !== "cohort", "nobody knows a cluster's totals beforehand", "normalizer: cohort");
  refuse(weighsItsDraws(federation), "a draw that weighs clients weighs a whole cohort", "draw uniformly");
  refuse(
    aggregation.rule !== "mean",
    `${aggregation.rule} counts on so many clients, and nobody knows a cluster's`,
    "the rule mean",
  );
  refuse(
    weightsChange(experiment) || local.sketch !== undefined,
    "each model would have weights of its own",
    "the weighting fixed, without bounds",
  );
  refuse(
    Object.values(objectives).some(({ priority }) => priority !== undefined),
    "each model would be at a priority of its own",
    "leave out priorities",
  );
  refuse(
    Object.values(objectives).some(({ loss }) => lossOf(loss)?.kind === "two-phase"),
    "a function of everybody's sums is no client's own loss",
    "another loss",
  );
  refuse(transport !== undefined && transport.lossScale !== "none", "a loss scale is everybody's", "lossScale: none");
  refuse(clients.overSelection > 1, "who answers first is asked k times", "leave out overSelection");
  refuse(
    simulation?.test !== undefined,
    "rows that belong to nobody have no cluster",
    "data.split, or simulation.clientTests",
  );
  refuse(stop?.watch !== undefined, "the best of several models is not kept", "leave out stop.watch");
  refuse(evaluation.calibrate !== undefined, "a temperature is of one model", "leave out evaluation.calibrate");
}
