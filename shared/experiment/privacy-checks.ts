/**
 * What cannot be right together with differential privacy: whatever would let a model depend on a client otherwise than through its
 * shortened, noised change. Every combination that is not known to keep the guarantee is refused, with what to do instead.
 */
import { releasesWithin } from "../privacy/accountant.ts";
import { mechanismOf, spentAfter } from "../privacy/privacy.ts";
import { countNoiseOf } from "./privacy.ts";
import { splitNoise } from "../privacy/adaptive-clip.ts";
import { weightsChange } from "./axis.ts";
import { isOfEverybody } from "./client-axis.ts";
import type { Report } from "./finding.ts";
import type { Path } from "./finding.ts";
import { lossOf } from "./goals.ts";
import type { Experiment } from "./schema.ts";

export function privacyHolds(experiment: Experiment, report: Report): void {
  const { privacy, federation, objectives, regularizers, data, stop, evaluation } = experiment;
  if (privacy === undefined) return;
  const refuse: Refuse = (wrong, path, why) => {
    if (wrong) report(path, `${why} (privacy)`);
  };
  const at = (...path: string[]): Path => ["federation", ...path];
  if (federation.mode !== "update") {
    refuse(true, at("mode"), "must be update: a client's change is what is shortened and noised");
    return;
  }
  const { clip, clients, aggregation, transport, local, shares, normalizer, nonFinite } = federation;
  refuse(clip.perClient === undefined, at("clip"), "needs perClient, the most that one client may change");
  refuse(
    aggregation.rule !== "mean",
    at("aggregation", "rule"),
    "must be mean: another rule's sensitivity is not known",
  );
  refuse(
    shares.kind !== "denominators",
    at("shares"),
    "must be left out: every client counts alike, whatever its rows and its loss",
  );
  refuse(
    Object.keys(objectives).length > 1 && normalizer === "cohort",
    at("normalizer"),
    "must be a constant for each objective: the cohort's totals would tell of its rows",
  );
  drawIsAccounted(clients, refuse);
  const countNoise = countNoiseOf(privacy);
  refuse(
    privacy.adaptiveClip !== undefined && splitNoise(privacy.noiseMultiplier, countNoise) === undefined,
    ["privacy", "adaptiveClip"],
    `counts with the noise ${countNoise}, which must be more than half of noiseMultiplier: set countNoise to a number above ${privacy.noiseMultiplier / 2}`,
  );
  refuse(
    clients.joining === "open",
    at("clients", "joining"),
    "must be closed: noise and sampling are for a number of clients that stays",
  );
  refuse(transport !== undefined, at("transport"), "must be left out: rounding would lengthen what was shortened");
  refuse(isOfEverybody(local.drift), at("local", "drift"), `is ${local.drift.kind}, whose sums are not noised: use proximal`); // prettier-ignore
  refuse(
    local.normalizeSteps,
    at("local", "normalizeSteps"),
    "must be left out: it is scaled back by the cohort's own steps",
  );
  refuse(
    local.objectives === "separate",
    at("local", "objectives"),
    "must be combined: one change is what is shortened",
  );
  refuse(
    federation.personal.kind !== "none",
    at("personal"),
    "must be none: what is shared has to be all of the model",
  );
  refuse(
    federation.asynchrony.kind !== "none",
    at("asynchrony"),
    "must be none: a change that counts in several rounds, or by its age, is not what is accounted",
  );
  refuse(
    federation.clustering.kind !== "none",
    at("clustering"),
    "must be none: who trains which model goes by exact losses",
  );
  refuse(
    typeof federation.strategy === "object",
    at("strategy"),
    "must be one of the catalogue: what a module makes of losses and changes is not accounted",
  );
  refuse(
    clients.select !== "all" && (clients.overSelection > 1 || clients.available === "only"),
    at("clients"),
    "must be drawn from among all, and no more than are needed: who is quick, or there, is no chance",
  );
  refuse(nonFinite !== "fail", at("nonFinite"), "must be fail: who is left out would show");
  refuse(weightsChange(experiment), ["weighting"], "must be fixed, and objectives without bounds: weights would go by exact losses"); // prettier-ignore
  refuse(data.standardize.scope === "global", ["data", "standardize"], "must be none or per-client: everybody's mean is not noised"); // prettier-ignore
  refuse(stop?.watch !== undefined, ["stop", "watch"], "must be left out: when to stop would go by exact losses");
  refuse(evaluation.calibrate !== undefined, ["evaluation", "calibrate"], "must be left out: a temperature is found on exact losses"); // prettier-ignore
  for (const [i, { kind }] of regularizers.entries())
    refuse(
      kind !== "l2",
      ["regularizers", i],
      `is ${kind}, which the coordinator scales by the cohort's own steps: use l2`,
    );
  for (const [name, { loss, tuned }] of Object.entries(objectives)) {
    const summed = lossOf(loss)?.kind === "two-phase" && federation.multipliers === "frozen";
    refuse(
      summed,
      ["objectives", name],
      "is a function of everybody's sums, which are not noised: multipliers: client-local",
    );
    refuse(tuned !== undefined, ["objectives", name, "tuned"], "must be left out: it is tuned on exact losses");
  }
  if (privacy.mostEpsilon !== undefined) budgetSuffices(experiment, privacy.mostEpsilon, report);
}

type Refuse = (wrong: boolean, path: Path, why: string) => void;

/** Uniform draws are accounted without amplification, draws of each by itself with it: where the rate is declared, and no round tells who was. */
function drawIsAccounted({ select, draw, quorum }: Experiment["federation"]["clients"], refuse: Refuse): void {
  const path: Path = ["federation", "clients"];
  if (select === "all" || draw.kind === "uniform") return;
  if (draw.kind !== "poisson") {
    const why = `must be uniform, or poisson for amplification: a draw by ${draw.kind} goes by rows or losses, or its turns are known`;
    refuse(true, [...path, "draw"], why);
    return;
  }
  refuse("count" in select, [...path, "select"], "must be a fraction under a poisson draw: it is the rate that is accounted, whoever else is there"); // prettier-ignore
  refuse(quorum !== "all", [...path, "quorum"], "must be all under a poisson draw: a round that is given up for too few of a cohort would tell who was in it"); // prettier-ignore
  refuse(draw.divisor !== "cohort", [...path, "draw", "divisor"], "must be left out: the sum is divided by privacy.expectedClients"); // prettier-ignore
}

function budgetSuffices(experiment: Experiment, mostEpsilon: number, report: Report): void {
  const { rounds } = experiment.federation;
  const spent = spentAfter(rounds, experiment);
  const mechanism = mechanismOf(experiment);
  if (spent === undefined || mechanism === undefined || spent.epsilon <= mostEpsilon) return;
  const fit = releasesWithin(mostEpsilon, mechanism, spent.delta);
  report(
    ["federation", "rounds"],
    `are ${rounds}, which cost ε = ${spent.epsilon.toPrecision(4)}, and privacy.mostEpsilon is ${mostEpsilon}: that is spent after ${fit}; give it fewer rounds, or more noise`,
  );
}
