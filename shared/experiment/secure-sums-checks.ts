/**
 * What cannot be right together with secure sums: whatever has to see one client's update or loss, and whatever would tell of it beside
 * the mask. Every combination that is not known to be of sums alone is refused, with what to do instead.
 */
import { fits } from "../secure/ring.ts";
import { fewestClients, mostClients } from "../secure/session.ts";
import type { Path, Report } from "./finding.ts";
import { lossOf } from "./goals.ts";
import type { Experiment } from "./schema.ts";
import { cohortOf } from "./selection.ts";
import { clientsIn } from "./simulated.ts";

export function secureSumsHold(experiment: Experiment, report: Report): void {
  const { federation, simulation } = experiment;
  const { secureSums, clients, transport, strategy, aggregation } = federation;
  if (secureSums === undefined) return;
  const refuse = (wrong: boolean, path: Path, why: string): void => {
    if (wrong) report(path, `${why} (federation.secureSums)`);
  };
  const at = (...path: string[]): Path => ["federation", ...path];
  refuse(
    aggregation.rule !== "mean",
    at("aggregation", "rule"),
    `is ${aggregation.rule}, which has to see each client's update: use mean`,
  );
  refuse(
    typeof strategy === "object",
    at("strategy"),
    "must be one of the catalogue: what a module asks of single clients is not known",
  );
  refuse(transport !== undefined, at("transport"), "must be left out: what is masked travels in 32-bit levels");
  refuse(
    experiment.data.placement === "coordinator",
    ["data", "placement"],
    "is coordinator, who then has every client's rows: use client",
  );
  refuse(
    clients.draw.kind === "power-of-choice" || clients.draw.kind === "oort",
    at("clients", "draw"),
    `is ${clients.draw.kind}, which goes by each client's loss: use uniform, by-size or round-robin`,
  );
  refuse(
    clients.draw.kind === "poisson",
    at("clients", "draw"),
    "is poisson, whose cohort may be too small for a sum: use uniform, by-size or round-robin",
  );
  refuse(simulation?.attack !== undefined, ["simulation", "attack"], "changes single updates, which nobody sees: leave it out"); // prettier-ignore
  refuse(federation.mode === "update" && federation.local.sketch !== undefined, at("local", "sketch"), "must be left out: a sketch tells of one client's gradients"); // prettier-ignore
  ofTheMode(experiment, refuse);
  ofTheObjectives(experiment, refuse);
  ofWhatIsTold(experiment, refuse);
  ofTheCohort(experiment, refuse);
}

type Refuse = (wrong: boolean, path: Path, why: string) => void;

function ofTheMode({ federation, regularizers }: Experiment, refuse: Refuse): void {
  const at = (...path: string[]): Path => ["federation", ...path];
  const { shares } = federation;
  refuse(
    shares.kind !== "denominators" && !(shares.kind === "uniform" && federation.mode === "update"),
    at("shares"),
    `are ${shares.kind}, which goes by each client's loss or gradient: leave them out, or use uniform in update mode`,
  );
  if (federation.mode === "gradient") {
    refuse(
      federation.lookAhead === "extragradient",
      at("lookAhead"),
      "must be none or optimistic: a round has one secure sum, and extragradient needs two",
    );
    return;
  }
  const { local, asynchrony, personal, clustering } = federation;
  const { drift } = local;
  refuse(
    drift.kind !== "none" && drift.kind !== "proximal",
    at("local", "drift"),
    `is ${drift.kind}, which needs more of each client than the mean of the changes: use proximal, or none`,
  );
  refuse(
    local.normalizeSteps,
    at("local", "normalizeSteps"),
    "must be left out: it is scaled back by each client's own steps",
  );
  refuse(
    local.objectives === "separate",
    at("local", "objectives"),
    "must be combined: rows of separate work are scaled back by each client's own steps",
  );
  refuse(
    asynchrony.kind !== "none",
    at("asynchrony"),
    "must be none: masks cancel within one cohort, which has to be there together",
  );
  refuse(personal.kind !== "none", at("personal"), "must be none: what is shared has to be all that clients tell of");
  refuse(
    clustering.kind !== "none",
    at("clustering"),
    "must be none: who trains which model goes by each client's losses",
  );
  for (const [i, { kind }] of regularizers.entries())
    refuse(
      kind !== "l2",
      ["regularizers", i],
      `is ${kind}, which the coordinator scales by each client's own steps: use l2`,
    );
}

function ofTheObjectives(experiment: Experiment, refuse: Refuse): void {
  const { objectives, federation } = experiment;
  for (const [name, { loss, tuned }] of Object.entries(objectives)) {
    refuse(
      lossOf(loss)?.kind === "two-phase" &&
        !(federation.mode === "update" && federation.multipliers === "client-local"),
      ["objectives", name],
      "is a function of sums that each client would tell: use update mode with multipliers: client-local, or another loss",
    );
    refuse(tuned !== undefined, ["objectives", name, "tuned"], "must be left out: it is tuned on further sums of each client"); // prettier-ignore
  }
}

/** What clients would tell one by one, unless the experiment says that they may. */
function ofWhatIsTold({ federation, evaluation, data, simulation }: Experiment, refuse: Refuse): void {
  const open = new Set(federation.secureSums?.inTheClear);
  if (!open.has("evaluations")) {
    const instead = "or say inTheClear: [evaluations]";
    refuse(
      evaluation.parts.includes("train"),
      ["evaluation", "parts"],
      `must be [test], of rows that belong to nobody: each client would tell its losses and metrics; ${instead}`,
    );
    refuse(
      data.split !== undefined,
      ["data", "split"],
      `would have each client tell its own losses and metrics: give simulation.test, ${instead}`,
    );
    refuse(
      simulation?.clientTests !== undefined,
      ["simulation", "clientTests"],
      `would have each client tell its own losses and metrics: give simulation.test, ${instead}`,
    );
  }
  if (open.has("statistics")) return;
  const instead = "or say inTheClear: [statistics]";
  refuse(
    data.standardize.scope === "global",
    ["data", "standardize"],
    `must be none or per-client: each client would tell its means; ${instead}`,
  );
  refuse(data.missing.features === "mean" && data.standardize.scope !== "per-client", ["data", "missing", "features"], `must not be mean of everybody: each client would tell its means; ${instead}`); // prettier-ignore
}

function ofTheCohort({ federation, simulation }: Experiment, refuse: Refuse): void {
  const { secureSums, clients } = federation;
  const all = clientsIn(simulation);
  const cohort =
    all !== undefined
      ? cohortOf(clients.select, all)
      : typeof clients.select === "object" && "count" in clients.select
        ? clients.select.count
        : undefined;
  const path = ["federation", "clients", "select"];
  if (cohort === undefined || secureSums === undefined) return;
  refuse(
    cohort < fewestClients,
    path,
    `makes a cohort of ${cohort}: expected at least ${fewestClients}, since of two each could tell the other's update from their sum`,
  );
  refuse(
    cohort > mostClients,
    path,
    `makes a cohort of ${cohort}: expected at most ${mostClients}, each of whom shares a mask with every other; draw fewer`,
  );
  refuse(
    !fits(cohort, secureSums.levels),
    ["federation", "secureSums", "levels"],
    `are ${secureSums.levels}, and sums over ${cohort} clients go beyond 2³²: expected at most ${2 * Math.floor(2_147_483_648 / cohort)}`,
  );
}
