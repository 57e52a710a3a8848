/** Rules of rounds that wait for nobody: what else of an experiment counts on a cohort. */
import { TributaryError } from "../errors.ts";
import type { AsynchronyConfig } from "./asynchrony.ts";
import { isOfEverybody } from "./client-axis.ts";
import type { FederationConfig } from "./federation.ts";
import type { Report } from "./finding.ts";
import { lossOf } from "./goals.ts";
import type { Experiment } from "./schema.ts";

/** Undefined where each round waits for its cohort. */
export const asynchronyOf = (federation: FederationConfig): AsynchronyConfig | undefined =>
  federation.mode === "gradient" || federation.asynchrony.kind === "none" ? undefined : federation.asynchrony;

export function asynchronyFits({ federation, regularizers, simulation, objectives }: Experiment, report: Report): void {
  if (federation.mode === "gradient" || federation.asynchrony.kind === "none") return;
  const { asynchrony, clients, local, shares, personal, normalizer, aggregation, transport } = federation;
  const path = ["federation", "asynchrony", "kind"];
  const refuse = (when: boolean, what: string, instead: string): void => {
    if (when) report(path, `is ${asynchrony.kind}, and ${what}: ${instead}`);
  };
  refuse(
    clients.select !== "all",
    "whoever is idle may begin",
    "clients.select: all, and concurrency for how many are at work",
  );
  refuse(
    clients.quorum !== "all" || clients.overSelection > 1,
    "nobody is waited for",
    "leave out quorum and overSelection",
  );
  refuse(simulation?.availability !== undefined, "whoever begins is there until it is done", "leave out availability");
  refuse(simulation?.attack !== undefined, "attacks are on cohorts", "leave out simulation.attack");
  refuse(isOfEverybody(local.drift), `${local.drift.kind} adds up over a cohort`, "the drift proximal, or none");
  refuse(
    local.normalizeSteps || local.objectives === "separate",
    "changes count by their staleness alone",
    "leave out normalizeSteps and separate objectives",
  );
  refuse(
    shares.kind !== "denominators" || normalizer !== "cohort",
    "changes count by their staleness alone",
    "leave out shares and normalizer",
  );
  refuse(
    personal.kind === "parts" || personal.kind === "ditto",
    "what a client keeps is of rounds it was waited for",
    "personal: fine-tune, or none",
  );
  refuse(aggregation.rule !== "mean", `${aggregation.rule} compares the clients of one model`, "the rule mean");
  refuse(transport !== undefined && transport.lossScale !== "none", "a loss scale is everybody's", "lossScale: none");
  refuse(
    regularizers.some(({ kind }) => kind !== "l2"),
    "a proximal step needs the reach of one round's work",
    "use l2",
  );
  refuse(
    Object.values(objectives).some(
      ({ loss, schedule }) => schedule !== undefined || lossOf(loss)?.kind === "two-phase",
    ),
    "functions of everybody's sums and turns are of cohorts",
    "another loss, and no schedule",
  );
}

/** Throws "invalid-experiment" for a run over a network. */
export function refuseAsynchrony({ federation, name }: Experiment): void {
  if (asynchronyOf(federation) === undefined) return;
  throw new TributaryError(
    "invalid-experiment",
    `federation.asynchrony: ${name} goes by simulation.clock, and clients of a network take the time they take, which no round journals: ` +
      "simulate it, or leave it out and use clients.overSelection, where rounds wait for the quickest alone",
  );
}
