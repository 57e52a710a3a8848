/** Rules between the sections of an experiment: every name that is used is declared, and numbers that meet fit together. */
import type { Metric } from "../metrics/metric.ts";
import { losses } from "../losses/catalogue.ts";
import { metrics } from "./catalogue.ts";
import { targetFacts, targetKind, type FeaturesConfig } from "./data.ts";
import type { Path } from "./finding.ts";
import { watchedParts } from "./monitoring.ts";
import type { Experiment } from "./schema.ts";
import { hint } from "./suggest.ts";

type Report = (path: Path, message: string) => void;

/** A rule, and the sections it reads: it can be checked as soon as those are sound, whatever is wrong elsewhere. */
interface Rule {
  readonly reads: readonly (keyof Experiment)[];
  readonly check: (experiment: Experiment, report: Report) => void;
}

const rules: readonly Rule[] = [
  { reads: ["objectives", "model", "data"], check: objectivesNameWhatExists },
  { reads: ["objectives", "model", "data"], check: lossesFit },
  { reads: ["objectives", "simulation"], check: objectivesNameClients },
  { reads: ["objectives", "evaluation", "data"], check: metricsNameObjectives },
  { reads: ["objectives", "federation"], check: normalizersNameObjectives },
  { reads: ["data"], check: splitFits },
  { reads: ["data"], check: columnsExist },
  { reads: ["federation", "simulation"], check: cohortFits },
  { reads: ["stop", "objectives", "evaluation", "data", "simulation"], check: watchedExists },
  { reads: ["simulation", "data"], check: clientsAreDeclared },
  { reads: ["model", "data"], check: trunkHasFeatures },
  { reads: ["regularizers", "federation"], check: localStepsHaveAReach },
  { reads: ["regularizers", "federation", "objectives"], check: clipsFit },
];

/** Reports every breach, at the place that should be changed. `sound` are the sections that were decoded without a problem. */
export function crossChecks(experiment: Partial<Experiment>, sound: ReadonlySet<string>, report: Report): void {
  for (const { reads, check } of rules) {
    if (reads.every((section) => sound.has(section))) check(experiment as Experiment, report); // every section it reads is there
  }
}

function mustKnow(report: Report, path: Path, kind: string, given: string, known: Iterable<string>): void {
  const names = [...known];
  if (!names.includes(given))
    report(path, `names the ${kind} "${given}", which is not declared: ${hint(given, names)}`);
}

function objectivesNameWhatExists({ objectives, model, data }: Experiment, report: Report): void {
  for (const [name, { head, target }] of Object.entries(objectives)) {
    mustKnow(report, ["objectives", name, "head"], "head", head, Object.keys(model.heads));
    mustKnow(report, ["objectives", name, "target"], "target", target, Object.keys(data.targets));
  }
  const counts = Object.values(objectives).some(({ weight }) => weight > 0);
  if (!counts) report(["objectives"], "all have weight 0: nothing would be learned");
}

/** A loss takes its kind of target, and wants a number of outputs from its head. */
function lossesFit({ objectives, model, data }: Experiment, report: Report): void {
  for (const [name, objective] of Object.entries(objectives)) {
    const { kind, ...options } = objective.loss;
    const [head, target] = [model.heads[objective.head], data.targets[objective.target]];
    if (head === undefined || target === undefined) continue; // said elsewhere
    const loss = losses[kind].bind(options);
    const facts = targetFacts(target);
    const misfit = loss.misfit(facts);
    if (misfit !== undefined) report(["objectives", name, "loss"], misfit);
    else if (head.outputs !== loss.outputs(facts)) {
      report(
        ["model", "heads", objective.head],
        `has ${head.outputs} outputs, but ${kind} on the target "${objective.target}" needs ${loss.outputs(facts)}`,
      );
    }
  }
}

/** Only where the clients are listed by name; a partition names them later. */
function objectivesNameClients({ objectives, simulation }: Experiment, report: Report): void {
  if (simulation?.clients === undefined) return;
  const known = Object.keys(simulation.clients);
  for (const [name, { clients }] of Object.entries(objectives)) {
    if (clients === undefined) continue;
    const [which, listed] =
      "only" in clients ? (["only", clients.only] as const) : (["except", clients.except] as const);
    for (const [i, client] of listed.entries()) {
      mustKnow(report, ["objectives", name, "clients", which, i], "client", client, known);
    }
  }
}

function metricsNameObjectives({ objectives, evaluation, data }: Experiment, report: Report): void {
  for (const [name, chosen] of Object.entries(evaluation.metrics)) {
    mustKnow(report, ["evaluation", "metrics", name], "objective", name, Object.keys(objectives));
    const target = data.targets[objectives[name]?.target ?? ""];
    if (target === undefined) continue; // said elsewhere
    const { kind } = targetFacts(target);
    for (const [i, metric] of chosen.entries()) {
      const { targets }: Metric = metrics[metric];
      if (!targets.includes(kind)) {
        report(
          ["evaluation", "metrics", name, i],
          `${metric} is for targets of the kind ${targets.join(" or ")}, got a ${kind}`,
        );
      }
    }
  }
}

function normalizersNameObjectives({ objectives, federation }: Experiment, report: Report): void {
  if (federation.mode !== "update" || federation.normalizer === "cohort") return;
  const path = ["federation", "normalizer"];
  for (const name of Object.keys(federation.normalizer)) {
    mustKnow(report, [...path, name], "objective", name, Object.keys(objectives));
  }
  for (const name of Object.keys(objectives)) {
    if (!(name in federation.normalizer)) report(path, `has no number for the objective "${name}"`);
  }
}

function splitFits({ data }: Experiment, report: Report): void {
  if (data.split === undefined || !("stratify" in data.split) || data.split.stratify === undefined) return;
  const path = ["data", "split", "stratify"];
  mustKnow(report, path, "target", data.split.stratify, Object.keys(data.targets));
  const target = data.targets[data.split.stratify];
  if (target !== undefined && targetKind(target) === "number")
    report(path, "needs a target with above, equals, classes or levels, not a number");
}

/** A declared header must hold every column that is used; no column may be a feature twice. */
function columnsExist({ data }: Experiment, report: Report): void {
  const { header, features, targets, missing, standardize, weights } = data;
  const used = featureColumns(features);
  const seen = new Set<string>();
  for (const { column, path } of used) {
    if (seen.has(column)) report(path, `uses the column "${column}" a second time`);
    seen.add(column);
  }
  if (Array.isArray(standardize.columns)) {
    for (const [i, column] of standardize.columns.entries()) {
      mustKnow(report, ["data", "standardize", "columns", i], "numeric feature", column, features.numeric);
    }
  }
  if (header === true) return;
  for (const [name, { column }] of Object.entries(targets))
    used.push({ column, path: ["data", "targets", name, "column"] });
  if (weights !== undefined) used.push({ column: weights, path: ["data", "weights"] });
  for (const column of Object.keys(missing.columns))
    used.push({ column, path: ["data", "missing", "columns", column] });
  for (const { column, path } of used) mustKnow(report, path, "column", column, header);
}

/** Every column that is read as a feature, and where the experiment says so. */
function featureColumns(features: FeaturesConfig): { column: string; path: Path }[] {
  const below = (...path: Path): Path => ["data", "features", ...path];
  const columns = features.numeric.map((column, i) => ({ column, path: below("numeric", i) }));
  for (const kind of ["categorical", "index"] as const) {
    for (const column of Object.keys(features[kind])) columns.push({ column, path: below(kind, column) });
  }
  for (const kind of ["vector", "image"] as const) {
    const column = features[kind]?.column;
    if (column !== undefined) columns.push({ column, path: below(kind, "column") });
  }
  return columns;
}

/** More clients than there are, or a quorum that no round can reach. */
function cohortFits({ federation, simulation }: Experiment, report: Report): void {
  const { select, quorum } = federation.clients;
  const all = clientsIn(simulation);
  if (all === undefined) return;
  if (select !== "all" && "count" in select && select.count > all) {
    report(["federation", "clients", "select", "count"], `is ${select.count}, but there are only ${all} clients`);
  }
  const cohort =
    select === "all" ? all : "count" in select ? select.count : Math.max(1, Math.ceil(select.fraction * all));
  if (quorum !== "all" && quorum > cohort) {
    report(["federation", "clients", "quorum"], `is ${quorum}, but a round has only ${cohort} clients`);
  }
}

/** How many clients a simulation will have, where the experiment alone can tell. */
function clientsIn(simulation: Experiment["simulation"]): number | undefined {
  if (simulation?.clients !== undefined) return Object.keys(simulation.clients).length;
  const partition = simulation?.partition;
  return partition !== undefined && "clients" in partition ? partition.clients : undefined;
}

function watchedExists({ stop, objectives, evaluation, data, simulation }: Experiment, report: Report): void {
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

function clientsAreDeclared({ simulation, data }: Experiment, report: Report): void {
  if (simulation === undefined) return;
  const { clients, clientTests, partition, test } = simulation;
  if ((clients === undefined) === (simulation.data === undefined))
    report(["simulation"], "expected either clients or data with a partition");
  if (simulation.data !== undefined && partition === undefined)
    report(["simulation", "data"], "needs a partition that cuts it into clients");
  if (simulation.data === undefined && partition !== undefined)
    report(["simulation", "partition"], "has no data to cut: give simulation.data");
  if (partition !== undefined && "by" in partition && partition.by !== undefined) {
    mustKnow(report, ["simulation", "partition", "by"], "target", partition.by, Object.keys(data.targets));
  }
  if (data.split !== undefined && (test !== undefined || clientTests !== undefined)) {
    report(["data", "split"], "and separate test files exclude each other: leave out one");
  }
  for (const client of Object.keys(clientTests ?? {}))
    mustKnow(report, ["simulation", "clientTests", client], "client", client, Object.keys(clients ?? {}));
}

/** A proximal step at the coordinator is scaled by how far local steps carry a slope, which adaptive ones do not say. */
function localStepsHaveAReach({ regularizers, federation }: Experiment, report: Report): void {
  if (federation.mode !== "update" || federation.local.optimizer.kind === "sgd") return;
  for (const [i, { kind }] of regularizers.entries()) {
    if (kind !== "l2")
      report(
        ["regularizers", i, "kind"],
        `is ${kind}, which acts at the coordinator and needs local steps of sgd, got ${federation.local.optimizer.kind}: use it as serverOptimizer, or l2`,
      );
  }
}

/** A clip needs what it clips: one objective's gradient, or one row's, that no other row and no penalty has a part in. */
function clipsFit({ federation: { mode, clip }, regularizers, objectives }: Experiment, report: Report): void {
  const path = ["federation", "clip"];
  if (clip.perObjective !== undefined && mode === "update")
    report([...path, "perObjective"], "is for gradient mode: in update mode objectives are one change; use globalNorm");
  if (clip.perExample === undefined) return;
  if (mode === "update" && regularizers.some(({ kind }) => kind === "l2"))
    report(
      [...path, "perExample"],
      "would clip the l2 penalty of the local loss too: use decay or elastic-net instead",
    );
  for (const [name, { loss }] of Object.entries(objectives)) {
    const { kind, ...options } = loss;
    if (losses[kind].bind(options).kind === "set")
      report([...path, "perExample"], `cannot tell rows apart in ${kind} of the objective "${name}", which joins them`);
  }
}

/** Convolutions need an image; an embedding's tables need their index features. */
function trunkHasFeatures({ model: { trunk }, data: { features } }: Experiment, report: Report): void {
  const path = ["model", "trunk"];
  if (trunk.kind === "embedding") {
    for (const name of Object.keys(trunk.tables)) {
      mustKnow(report, [...path, "tables", name], "index feature", name, Object.keys(features.index));
    }
  }
  if ((trunk.kind === "cnn" || trunk.kind === "residual-cnn") && features.image === undefined) {
    report(path, `${trunk.kind} needs an image: give data.features.image`);
  }
}
