/** Privacy that the coordinator keeps: what would let a model depend on a client otherwise than through its shortened, noised change. */
import { splitNoise } from "../privacy/adaptive-clip.ts";
import type { Path } from "./finding.ts";
import { countNoiseOf } from "./privacy.ts";
import type { PrivateUpdates, Refuse } from "./private-updates.ts";
import type { Experiment } from "./schema.ts";

export function centralPrivacyHolds(
  { privacy, federation, objectives, regularizers, data }: PrivateUpdates,
  refuse: Refuse,
): void {
  const { clip, clients, aggregation, transport, local, normalizer, nonFinite, strategy } = federation;
  const at = (...path: string[]): Path => ["federation", ...path];
  refuse(clip.perClient === undefined, at("clip"), "needs perClient, the most that one client may change");
  refuse(
    aggregation.rule !== "mean",
    at("aggregation", "rule"),
    "must be mean: another rule's sensitivity is not known",
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
    federation.secureSums !== undefined,
    at("secureSums"),
    "must be left out: rounding to levels would lengthen what was shortened, by more than the noise is for; or privacy.mechanism: local, whose noise comes before",
  );
  refuse(transport !== undefined, at("transport"), "must be left out: rounding would lengthen what was shortened");
  refuse(
    local.normalizeSteps,
    at("local", "normalizeSteps"),
    "must be left out: it is scaled back by the cohort's own steps",
  );
  refuse(
    typeof strategy === "object",
    at("strategy"),
    "must be one of the catalogue: what a module makes of losses and changes is not accounted",
  );
  refuse(
    clients.select !== "all" && (clients.overSelection > 1 || clients.available === "only"),
    at("clients"),
    "must be drawn from among all, and no more than are needed: who is quick, or there, is no chance",
  );
  refuse(nonFinite !== "fail", at("nonFinite"), "must be fail: who is left out would show");
  refuse(data.standardize.scope === "global", ["data", "standardize"], "must be none or per-client: everybody's mean is not noised"); // prettier-ignore
  for (const [i, { kind }] of regularizers.entries())
    refuse(
      kind !== "l2",
      ["regularizers", i],
      `is ${kind}, which the coordinator scales by the cohort's own steps: use l2`,
    );
}

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
