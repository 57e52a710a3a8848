/** Rules of the client axis: parts that cannot be right together are refused, with what to do instead. */
import { isOfEverybody } from "./client-axis.ts";
import type { Report } from "./finding.ts";
import { lossOf } from "./goals.ts";
import type { Experiment } from "./schema.ts";

/** Robust rules see single clients of equal weight, and one vector of each. */
export function robustRulesFit({ federation, objectives }: Experiment, report: Report): void {
  const { aggregation } = federation;
  if (aggregation.rule === "mean") return;
  const path = ["federation", "aggregation", "rule"];
  const refuse = (what: string, instead: string): void => {
    report(path, `is ${aggregation.rule}, which ${what}: ${instead}`);
  };
  const summed = Object.entries(objectives).find(([, { loss }]) => lossOf(loss)?.kind === "two-phase");
  if (summed !== undefined)
    refuse(
      `sees each client's loss, and "${summed[0]}" is a function of everybody's sums`,
      "choose mean, or another loss",
    );
  if ("root" in aggregation && federation.clients.select !== "all")
    refuse(`trusts the client ${aggregation.root}, who must be in every round`, "clients.select: all");
  if (federation.mode !== "update") return;
  const { drift, normalizeSteps } = federation.local;
  if (isOfEverybody(drift)) refuse(`does not add up what ${drift.kind} adds up`, "choose mean, or the drift proximal");
  if (federation.local.objectives === "separate")
    refuse("sees one change of each client", "local.objectives: combined");
  if (federation.shares.kind !== "denominators") refuse("weighs all clients alike", "leave out shares");
  if (normalizeSteps) refuse("weighs all clients alike", "leave out local.normalizeSteps");
  if (federation.normalizer !== "cohort") refuse("divides by no total", "normalizer: cohort");
}

/** Shares of mean gradients: what a client's loss is must be its own. */
export function sharesOfGradientsFit({ federation, objectives }: Experiment, report: Report): void {
  if (federation.mode === "update" || federation.shares.kind === "denominators") return;
  const { shares, clients, aggregation, lookAhead } = federation;
  const path = ["federation", "shares", "kind"];
  const refuse = (when: boolean, what: string, instead: string): void => {
    if (when) report(path, `is ${shares.kind}, and ${what}: ${instead}`);
  };
  const summed = Object.values(objectives).some(({ loss }) => lossOf(loss)?.kind === "two-phase");
  refuse(shares.kind === "q-fair", "its step is measured by the length of local work", "use update mode");
  refuse(
    shares.kind === "agnostic" && clients.select !== "all",
    "weighs all clients against each other",
    "clients.select: all",
  );
  refuse(aggregation.rule !== "mean", `${aggregation.rule} weighs all clients alike`, "leave out shares");
  refuse(lookAhead === "extragradient", "a look ahead would weigh clients twice", "lookAhead: none, or optimistic");
  refuse(summed, "a function of everybody's sums is no client's own loss", "leave out shares, or choose another loss");
  refuse(
    Object.values(objectives).some(({ tuned }) => tuned !== undefined),
    "losses are tuned by everybody's rows alike",
    "leave out shares, or tuned",
  );
}

/** How clients work and count in update mode. */
export function clientsCountOnce(experiment: Experiment, report: Report): void {
  const { federation, simulation } = experiment;
  if (federation.mode !== "update") return;
  const { local, shares, normalizer, clip, clients } = federation;
  const { drift, normalizeSteps, optimizer } = local;
  if (shares.kind !== "denominators" && normalizer !== "cohort")
    report(["federation", "shares"], "are of the cohort's weights: leave out normalizer");
  if (shares.kind === "agnostic" && clients.select !== "all")
    report(["federation", "shares"], "are agnostic, which weighs all clients against each other: clients.select: all");
  if ((drift.kind === "scaffold" || drift.kind === "mime-lite") && (optimizer.kind !== "sgd" || optimizer.momentum > 0))
    report(["federation", "local", "drift"], `is ${drift.kind}, which is of plain steps: local sgd without momentum`);
  if (drift.kind === "mime-lite") momentumFits(experiment, report);
  if (normalizeSteps && optimizer.kind !== "sgd")
    report(["federation", "local", "normalizeSteps"], `knows the reach of steps of sgd alone, got ${optimizer.kind}`);
  if (local.objectives === "separate" && (drift.kind !== "none" || normalizeSteps || shares.kind !== "denominators"))
    report(
      ["federation", "local", "objectives"],
      "is separate, one change for each objective: leave out drift, normalizeSteps and shares",
    );
  if (drift.kind !== "none" && clip.perExample !== undefined)
    report(
      ["federation", "clip", "perExample"],
      "would clip the correction for drift too: use perClient, or drift none",
    );
  if ((drift.kind === "scaffold" || drift.kind === "mime-lite") && clip.perClient !== undefined)
    report(
      ["federation", "clip", "perClient"],
      `would clip what ${drift.kind} adds up with the change: use globalNorm`,
    );
  if (simulation?.stragglers !== undefined && local.epochs === undefined)
    report(["simulation", "stragglers"], "make fewer epochs than asked: give local.epochs in place of steps");
}

/** The momentum is that of the cohort's mean gradient, at the model and nowhere else. */
function momentumFits({ federation, objectives, regularizers }: Experiment, report: Report): void {
  if (federation.mode !== "update") return;
  const path = ["federation", "local", "drift"];
  const refuse = (when: boolean, what: string, instead: string): void => {
    if (when) report(path, `is mime-lite, and ${what}: ${instead}`);
  };
  refuse(federation.local.normalizeSteps, "steps by momentum have no unit", "leave out normalizeSteps");
  refuse(regularizers.length > 0, "its momentum is of the losses alone", "leave out regularizers");
  refuse(
    Object.values(objectives).some(({ loss }) => lossOf(loss)?.kind === "two-phase"),
    "the gradient of a function of everybody's sums needs those first",
    "another loss",
  );
}

/** What a client has of its own has no part in what the coordinator adds up. */
export function ownModelsFit({ federation, regularizers }: Experiment, report: Report): void {
  if (federation.mode !== "update" || federation.personal.kind === "none") return;
  const { personal, local } = federation;
  const path = ["federation", "personal", "kind"];
  if (local.objectives === "separate")
    report(path, `is ${personal.kind}, and local work for each objective by itself has no model of its own: combined`);
  if (personal.kind === "fine-tune") return;
  if (isOfEverybody(local.drift))
    report(
      path,
      `is ${personal.kind}, and ${local.drift.kind} corrects the whole model: use the drift proximal, or none`,
    );
  const [acting] = regularizers.filter(({ kind }) => kind !== "l2");
  if (personal.kind === "parts" && acting !== undefined)
    report(path, `is parts, and ${acting.kind} acts at the coordinator, where own parts are not: use l2`);
}

export function attackIsAimed({ simulation, federation }: Experiment, report: Report): void {
  const attack = simulation?.attack;
  if (attack === undefined) return;
  const path = ["simulation", "attack"];
  if ((attack.share === undefined) === (attack.clients === undefined))
    report(path, "expected either share or clients, who lies");
  if (attack.kind === "nan" && federation.nonFinite === "fail")
    report(path, "sends NaN, at which the run fails: federation.nonFinite: reject");
}
