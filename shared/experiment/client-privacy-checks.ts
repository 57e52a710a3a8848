/** Privacy that each client keeps for itself: what would let anything of its rows leave it otherwise than noised. */
import type { Path } from "./finding.ts";
import { lossOf } from "./goals.ts";
import type { PrivateUpdates, Refuse } from "./private-updates.ts";

/** Draws that ask nothing of the clients. */
const unasking: ReadonlySet<string> = new Set(["uniform", "poisson", "round-robin"]);

export function clientPrivacyHolds(experiment: PrivateUpdates, refuse: Refuse): void {
  const { privacy, federation, objectives, evaluation } = experiment;
  const { clients } = federation;
  const at = (...path: string[]): Path => ["federation", ...path];
  refuse(
    clients.select !== "all" && !unasking.has(clients.draw.kind),
    at("clients", "draw"),
    `must be uniform, poisson or round-robin: a draw by ${clients.draw.kind} asks for losses or sizes, which do not leave a client`,
  );
  refuse(
    evaluation.parts.includes("train"),
    ["evaluation", "parts"],
    "must be [test]: losses on the rows that are trained on would leave the clients as they are",
  );
  for (const [name, { loss }] of Object.entries(objectives))
    refuse(
      lossOf(loss)?.kind === "two-phase",
      ["objectives", name],
      "is a function of sums, which do not leave a client: choose a loss of single rows",
    );
  if (privacy.mechanism === "local") localPrivacyHolds(experiment, refuse);
  else examplesAreHidden(experiment, refuse);
}

function localPrivacyHolds({ federation, objectives, data }: PrivateUpdates, refuse: Refuse): void {
  const { clip, normalizer } = federation;
  refuse(clip.perClient === undefined, ["federation", "clip"], "needs perClient, the most that one client may change");
  refuse(
    Object.keys(objectives).length > 1 && normalizer === "cohort",
    ["federation", "normalizer"],
    "must be a constant for each objective: the cohort's totals do not leave the clients",
  );
  refuse(data.standardize.scope === "global", ["data", "standardize"], "must be none or per-client: everybody's mean is not noised"); // prettier-ignore
}

/** One row may change nothing but its own slope. */
function examplesAreHidden({ federation, data }: PrivateUpdates, refuse: Refuse): void {
  const { clip, local } = federation;
  const at = (...path: string[]): Path => ["federation", ...path];
  refuse(clip.perExample === undefined, at("clip"), "needs perExample, the most that one row's slope may be");
  refuse(
    local.steps === undefined,
    at("local", "epochs"),
    "must be local.steps: how many steps an epoch has goes by the number of rows, and each is accounted",
  );
  refuse(
    local.continueAcrossRounds || local.dropLast,
    at("local"),
    "draws the rows of each step by themselves (privacy.mechanism dp-sgd): leave out continueAcrossRounds and dropLast",
  );
  refuse(local.normalizeSteps, at("local", "normalizeSteps"), "must be left out: every client takes the same steps");
  refuse(data.standardize.scope !== "none", ["data", "standardize"], "must be none: a row would move the mean that all others are standardized by"); // prettier-ignore
  refuse(data.negatives !== undefined, ["data", "negatives"], "must be left out: what a row's are drawn from goes by other rows"); // prettier-ignore
  refuse(data.missing.features === "mean", ["data", "missing", "features"], "must not be mean: a row would move what others' missing values are filled with"); // prettier-ignore
}
