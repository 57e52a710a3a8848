/** Rules about evaluation and stopping: metrics that mean something of their objectives, and a watched value that there is. */
import type { TargetFacts } from "../losses/loss.ts";
import { targetFacts, targetKind } from "./data.ts";
import { mustKnow, type Report } from "./finding.ts";
import { lossOf } from "./goals.ts";
import { metricMisfit } from "./measures.ts";
import { watchedParts } from "./monitoring.ts";
import type { Experiment } from "./schema.ts";

/** A metric is for its objective's kind of target and loss, and has the groups it joins. */
export function metricsFit(experiment: Experiment, report: Report): void {
  const { objectives, evaluation, data } = experiment;
  groupsFit(experiment, report);
  calibrationFits(experiment, report);
  for (const [name, chosen] of Object.entries(evaluation.metrics)) {
    mustKnow(report, ["evaluation", "metrics", name], "objective", name, Object.keys(objectives));
    const objective = objectives[name];
    if (objective === undefined) continue; // said elsewhere
    const target = data.targets[objective.target ?? ""];
    if (objective.target !== undefined && target === undefined) continue; // said elsewhere
    const facts: TargetFacts = target === undefined ? { kind: "number", classes: 1 } : targetFacts(target);
    const measured = { config: objective, facts, loss: lossOf(objective.loss) };
    for (const [i, metric] of chosen.entries()) {
      const misfit = metricMisfit(metric, name, measured, evaluation.groups);
      if (misfit !== undefined) report(["evaluation", "metrics", name, i], misfit);
    }
  }
}

/** What is calibrated has probabilities to divide the logits of, and labels that they are compared with. */
function calibrationFits({ objectives, evaluation, data }: Experiment, report: Report): void {
  for (const [name, on] of Object.entries(evaluation.calibrate ?? {})) {
    const path = ["evaluation", "calibrate", name];
    mustKnow(report, path, "objective", name, Object.keys(objectives));
    if (!evaluation.parts.includes(on)) report(path, `asks for ${on} rows, which evaluation.parts leaves out`);
    const config = objectives[name];
    const target = data.targets[config?.target ?? ""];
    if (config === undefined || target === undefined) continue; // said elsewhere
    const loss = lossOf(config.loss);
    const misfit = metricMisfit("temperature", name, { config, facts: targetFacts(target), loss }, evaluation.groups);
    if (misfit !== undefined) report(path, misfit);
    else if (loss !== undefined && loss.measure !== "nats")
      report(path, `divides logits by a temperature: expected a loss on logits in nats, got ${loss.name}`);
  }
}

function groupsFit({ objectives, evaluation, data }: Experiment, report: Report): void {
  for (const [name, group] of Object.entries(evaluation.groups ?? {})) {
    const path = ["evaluation", "groups", name];
    mustKnow(report, path, "objective", name, Object.keys(objectives));
    if (typeof group !== "string") continue;
    mustKnow(report, path, "target", group, Object.keys(data.targets));
    const target = data.targets[group];
    if (target !== undefined && targetKind(target) !== "group")
      report(path, `names the target "${group}", which marks no groups: declare it with group: true`);
  }
}

export function watchedExists({ stop, objectives, evaluation, data, simulation }: Experiment, report: Report): void {
  if (stop?.watch === undefined) return;
  const path = ["stop", "watch"];
  const { objective, part, metric } = watchedParts(stop.watch);
  if (stop.watch.split("/").length !== 3) {
    report(path, `is "${stop.watch}": expected <objective>/<train|test>/<loss or metric>`);
    return;
  }
  mustKnow(report, path, "objective", objective, Object.keys(objectives));
  mustKnow(report, path, "part", part, evaluation.parts);
  if (objective in objectives)
    mustKnow(report, path, "metric", metric, ["loss", ...(evaluation.metrics[objective] ?? [])]);
  const tested = data.split !== undefined || simulation?.test !== undefined || simulation?.clientTests !== undefined;
  if (part === "test" && !tested)
    report(path, "watches test rows, but there are none: give data.split, simulation.test or simulation.clientTests");
}
