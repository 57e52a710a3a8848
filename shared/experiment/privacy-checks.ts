/**
 * What cannot be right together with differential privacy: whatever would let a model depend on a client otherwise than through what is
 * noised. Every combination that is not known to keep the guarantee is refused, with what to do instead.
 */
import { releasesWithin } from "../privacy/accountant.ts";
import { mechanismOf, releasesPerRound, spentAfter } from "../privacy/privacy.ts";
import { weightsChange } from "./axis.ts";
import { centralPrivacyHolds } from "./central-privacy-checks.ts";
import { isOfEverybody } from "./client-axis.ts";
import { clientPrivacyHolds } from "./client-privacy-checks.ts";
import type { Path, Report } from "./finding.ts";
import { lossOf } from "./goals.ts";
import type { PrivateUpdates, Refuse } from "./private-updates.ts";
import type { Experiment } from "./schema.ts";

export function privacyHolds(experiment: Experiment, report: Report): void {
  const { privacy, federation } = experiment;
  if (privacy === undefined) return;
  const refuse: Refuse = (wrong, path, why) => {
    if (wrong) report(path, `${why} (privacy)`);
  };
  if (federation.mode !== "update") {
    refuse(true, ["federation", "mode"], "must be update: a client's change is what is shortened and noised");
    return;
  }
  const declared = { ...experiment, privacy, federation };
  if (privacy.mechanism === "central") centralPrivacyHolds(declared, refuse);
  else clientPrivacyHolds(declared, refuse);
  nothingElseLeaves(declared, refuse);
  if (privacy.mostEpsilon !== undefined) budgetSuffices(experiment, privacy.mostEpsilon, report);
}

/** Whoever adds the noise: nothing of a client may reach the model beside its one change. */
function nothingElseLeaves(
  { federation, objectives, stop, evaluation, ...rest }: PrivateUpdates,
  refuse: Refuse,
): void {
  const { clients, local, shares } = federation;
  const at = (...path: string[]): Path => ["federation", ...path];
  refuse(
    shares.kind !== "denominators",
    at("shares"),
    "must be left out: every client counts alike, whatever its rows and its loss",
  );
  refuse(
    clients.joining === "open",
    at("clients", "joining"),
    "must be closed: noise and sampling are for a number of clients that stays",
  );
  refuse(isOfEverybody(local.drift), at("local", "drift"), `is ${local.drift.kind}, whose sums are not noised: use proximal`); // prettier-ignore
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
  const changing = weightsChange({ ...rest, objectives });
  refuse(changing, ["weighting"], "must be fixed, and objectives without bounds: weights would go by exact losses");
  refuse(stop?.watch !== undefined, ["stop", "watch"], "must be left out: when to stop would go by exact losses");
  refuse(evaluation.calibrate !== undefined, ["evaluation", "calibrate"], "must be left out: a temperature is found on exact losses"); // prettier-ignore
  for (const [name, { loss, tuned }] of Object.entries(objectives)) {
    const summed = lossOf(loss)?.kind === "two-phase" && federation.multipliers === "frozen";
    refuse(
      summed && rest.privacy.mechanism === "central",
      ["objectives", name],
      "is a function of everybody's sums, which are not noised: multipliers: client-local",
    );
    refuse(tuned !== undefined, ["objectives", name, "tuned"], "must be left out: it is tuned on exact losses");
  }
}

function budgetSuffices(experiment: Experiment, mostEpsilon: number, report: Report): void {
  const { rounds, ...federation } = experiment.federation;
  const goesByRows = experiment.privacy?.mechanism === "dp-sgd" && federation.mode === "update" && federation.local.batchSize !== "full"; // prettier-ignore
  if (goesByRows) return; // it is kept round by round, once the clients have said how many rows they have
  const spent = spentAfter(rounds, experiment);
  const mechanism = mechanismOf(experiment);
  if (spent === undefined || mechanism === undefined || spent.epsilon <= mostEpsilon) return;
  const fit = Math.floor(releasesWithin(mostEpsilon, mechanism, spent.delta) / releasesPerRound(experiment));
  report(
    ["federation", "rounds"],
    `are ${rounds}, which cost ε = ${spent.epsilon.toPrecision(4)}, and privacy.mostEpsilon is ${mostEpsilon}: that is spent after ${fit}; give it fewer rounds, or more noise`,
  );
}
