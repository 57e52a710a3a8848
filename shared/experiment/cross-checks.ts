/** Rules between the sections of an experiment: every name that is used is declared, and numbers that meet fit together. */
import { boundsFit, prioritiesFit, separateWorkFits, weightingFits } from "./axis-checks.ts";
import { asynchronyFits } from "./asynchrony-checks.ts";
import {
  attackIsAimed,
  clientsCountOnce,
  ownModelsFit,
  robustRulesFit,
  sharesOfGradientsFit,
} from "./client-axis-checks.ts";
import { clustersFit } from "./clustering-checks.ts";
import { columnsExist, negativesFit, splitFits, viewsFit } from "./data-checks.ts";
import { mustKnow, type Report } from "./finding.ts";
import { lossOf } from "./goals.ts";
import { metricsFit, watchedExists } from "./evaluation-checks.ts";
import { joiningFits } from "./joining-checks.ts";
import { attacksFit, curriculaFit, inputsFit, lossesFit, objectivesNameWhatExists } from "./objective-checks.ts";
import { privacyHolds } from "./privacy-checks.ts";
import type { Experiment } from "./schema.ts";
import { cohortOf } from "./selection.ts";
import { secureSumsHold } from "./secure-sums-checks.ts";
import { drawsFit } from "./selection-checks.ts";
import { clientsIn } from "./simulated.ts";
import { tuningFits } from "./tuning-checks.ts";

/** A rule, and the sections it reads: it can be checked as soon as those are sound, whatever is wrong elsewhere. */
interface Rule {
  readonly reads: readonly (keyof Experiment)[];
  readonly check: (experiment: Experiment, report: Report) => void;
}

const rules: readonly Rule[] = [
  { reads: ["objectives", "model", "data"], check: objectivesNameWhatExists },
  { reads: ["objectives", "model", "data"], check: inputsFit },
  { reads: ["objectives", "model", "data"], check: attacksFit },
  { reads: ["objectives", "model", "data"], check: lossesFit },
  { reads: ["objectives", "federation"], check: tuningFits },
  { reads: ["objectives", "model", "data", "federation"], check: curriculaFit },
  { reads: ["objectives", "data"], check: groupsStayWhole },
  { reads: ["objectives", "federation"], check: multipliersAreLocal },
  { reads: ["data"], check: viewsFit },
  { reads: ["objectives", "simulation"], check: objectivesNameClients },
  { reads: ["objectives", "evaluation", "data"], check: metricsFit },
  { reads: ["objectives", "federation"], check: normalizersNameObjectives },
  { reads: ["data"], check: splitFits },
  { reads: ["data", "simulation"], check: negativesFit },
  { reads: ["data"], check: columnsExist },
  { reads: ["federation", "simulation"], check: cohortFits },
  { reads: ["federation", "simulation"], check: drawsFit },
  { reads: ["stop", "objectives", "evaluation", "data", "simulation"], check: watchedExists },
  { reads: ["simulation", "data"], check: clientsAreDeclared },
  { reads: ["model", "data"], check: trunkHasFeatures },
  { reads: ["regularizers", "federation"], check: localStepsHaveAReach },
  { reads: ["regularizers", "federation", "objectives"], check: clipsFit },
  ...[weightingFits, boundsFit, prioritiesFit, separateWorkFits].map((check) => ({
    reads: ["objectives", "weighting", "priorities", "constraints", "federation"] as const,
    check,
  })),
  { reads: ["federation", "objectives"], check: robustRulesFit },
  { reads: ["federation", "simulation", "objectives", "regularizers"], check: clientsCountOnce },
  { reads: ["federation", "regularizers"], check: ownModelsFit },
  { reads: ["federation", "objectives"], check: sharesOfGradientsFit },
  { reads: ["federation", "regularizers", "simulation", "objectives"], check: asynchronyFits },
  {
    reads: ["federation", "objectives", "weighting", "model", "simulation", "stop", "evaluation"],
    check: clustersFit,
  },
  { reads: ["federation", "simulation"], check: attackIsAimed },
  { reads: ["federation", "data"], check: joiningFits },
  {
    reads: ["privacy", "federation", "objectives", "regularizers", "data", "stop", "evaluation", "weighting"],
    check: privacyHolds,
  },
  {
    reads: ["federation", "simulation", "objectives", "regularizers", "data", "evaluation"],
    check: secureSumsHold,
  },
];

/** Reports every breach, at the place that should be changed. `sound` are the sections that were decoded without a problem. */
export function crossChecks(experiment: Partial<Experiment>, sound: ReadonlySet<string>, report: Report): void {
  for (const { reads, check } of rules) {
    if (reads.every((section) => sound.has(section))) check(experiment as Experiment, report); // every section it reads is there
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

function normalizersNameObjectives({ objectives, federation }: Experiment, report: Report): void {
  if (federation.mode !== "update" || federation.normalizer === "cohort") return;
  const path = ["federation", "normalizer"];
  const taking = Object.entries(objectives).find(([, { schedule }]) => schedule !== undefined)?.[0];
  if (taking !== undefined)
    report(path, `must be cohort where "${taking}" takes turns: the totals are those of who plays`);
  for (const name of Object.keys(federation.normalizer)) {
    mustKnow(report, [...path, name], "objective", name, Object.keys(objectives));
  }
  for (const name of Object.keys(objectives)) {
    if (!(name in federation.normalizer)) report(path, `has no number for the objective "${name}"`);
  }
}

/** A split by strata would cut the groups of a set loss, which are held out whole. */
function groupsStayWhole({ objectives, data }: Experiment, report: Report): void {
  const grouped = Object.entries(objectives).find(([, { loss }]) => lossOf(loss)?.kind === "set");
  if (grouped === undefined || data.split === undefined || !("stratify" in data.split)) return;
  if (data.split.stratify !== undefined)
    report(["data", "split", "stratify"], `cannot be kept: the objective "${grouped[0]}" needs whole groups held out`);
}

/** λ of a batch's own sums is of the whole batch, which must then fit into one piece of known size. */
function multipliersAreLocal({ objectives, federation }: Experiment, report: Report): void {
  if (
    federation.mode !== "update" ||
    federation.multipliers !== "client-local" ||
    federation.local.batchSize !== "full"
  )
    return;
  const found = Object.entries(objectives).find(([, { loss }]) => lossOf(loss)?.kind === "two-phase");
  if (found !== undefined)
    report(["federation", "local", "batchSize"], `must be a number where "${found[0]}" has client-local multipliers`);
}

/** More clients than there are, or a quorum that no round can reach. */
function cohortFits({ federation, simulation }: Experiment, report: Report): void {
  const { select, quorum } = federation.clients;
  const all = clientsIn(simulation);
  if (all === undefined) return;
  if (select !== "all" && "count" in select && select.count > all) {
    report(["federation", "clients", "select", "count"], `is ${select.count}, but there are only ${all} clients`);
  }
  const cohort = cohortOf(select, all);
  if (quorum !== "all" && quorum > cohort) {
    report(["federation", "clients", "quorum"], `is ${quorum}, but a round has only ${cohort} clients`);
  }
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
function clipsFit({ federation, regularizers, objectives }: Experiment, report: Report): void {
  const { mode, clip } = federation;
  const path = ["federation", "clip"];
  if (clip.perObjective !== undefined && mode === "update" && federation.local.objectives === "combined")
    report(
      [...path, "perObjective"],
      "needs a gradient of each objective, and here they are one change; use globalNorm",
    );
  if (clip.perExample === undefined) return;
  if (mode === "update" && regularizers.some(({ kind }) => kind === "l2"))
    report(
      [...path, "perExample"],
      "would clip the l2 penalty of the local loss too: use decay or elastic-net instead",
    );
  for (const [name, { loss }] of Object.entries(objectives)) {
    if (lossOf(loss)?.kind === "set")
      report(
        [...path, "perExample"],
        `cannot tell rows apart in ${loss.kind} of the objective "${name}", which joins them`,
      );
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
