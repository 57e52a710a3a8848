/** Rules of the objective axis: which methods, bounds and priorities go with which rows and with one another. */
import { weightings } from "../objectives/catalogue.ts";
import type { Method } from "../objectives/define-weighting.ts";
import { axisOf, goalsOnly, weightsChange } from "./axis.ts";
import { mustKnow, type Report } from "./finding.ts";
import { lossOf } from "./goals.ts";
import { isOwnMethod } from "./objectives.ts";
import type { Experiment } from "./schema.ts";

type Sections = Pick<Experiment, "objectives" | "weighting" | "priorities" | "constraints" | "federation">;

/** Whether each objective has a row of its own, exact or of local work, or all have one change together. */
export const hasRows = ({ mode, ...federation }: Experiment["federation"]): boolean =>
  mode === "gradient" || ("local" in federation && federation.local.objectives === "separate");

const giveRows = "give federation.local.objectives: separate, or federation.mode: gradient";

/** Gradients for a method that needs them. One of a module's is known once that is loaded, and checked then. */
export function methodFits(
  experiment: Sections,
  { name, needs }: Pick<Method, "name" | "needs">,
  report: Report,
): void {
  const { federation } = experiment;
  const isSketched = federation.mode === "update" && federation.local.sketch !== undefined;
  if (needs !== "losses" && !hasRows(federation) && !(isSketched && needs === "gramian"))
    report(
      ["weighting", "method"],
      needs === "rows" && isSketched
        ? `is ${name}, which mixes coordinates, and a sketch has none: ${giveRows}`
        : `is ${name}, which needs the gradient of each objective: ${giveRows}, or a sketch of them in federation.local.sketch`,
    );
  if (isSketched && needs === "losses")
    report(["federation", "local", "sketch"], `is of no use to ${name}, which looks at losses alone: leave it out`);
  methodBounds(experiment, { name, needs }, report);
}

/** A bound goes with one number that is minimized, or with a projection; never with two ways to choose a direction. */
function methodBounds(
  { objectives, constraints }: Sections,
  { name, needs }: Pick<Method, "name" | "needs">,
  report: Report,
): void {
  const bounded = Object.values(objectives).some(({ bound }) => bound !== undefined);
  if (bounded && needs !== "losses" && constraints.method !== "projection")
    report(
      ["constraints", "method"],
      `is ${constraints.method}, whose multipliers need one number to be minimized, and ${name} minimizes none: use projection, or a method from losses such as fixed`,
    );
}

/** Options that fit the objectives, and what a method of the catalogue needs. */
export function weightingFits(experiment: Sections, report: Report): void {
  const { objectives, weighting, federation } = experiment;
  if (!isOwnMethod(weighting)) methodFits(experiment, weightings[weighting.method], report);
  if (federation.mode === "update" && federation.local.sketch !== undefined) sketchFits(experiment, report);
  if (goalsOnly(objectives).every(([, { weight }]) => weight === 0))
    report(["objectives"], "leave nothing to minimize: expected one without a bound and with a weight");
  else if (!isOwnMethod(weighting)) {
    try {
      axisOf(experiment, []);
    } catch (error) {
      report(["weighting"], error instanceof Error ? error.message : String(error));
    }
  }
  if (federation.mode !== "update" || federation.normalizer === "cohort") return;
  if (federation.local.objectives === "separate" || weightsChange(experiment))
    report(["federation", "normalizer"], "must be cohort where objectives are weighed anew each round");
}

/** A sketch is of gradients that can be had in one exchange, for a method that looks at them. */
function sketchFits({ objectives, federation }: Sections, report: Report): void {
  const path = ["federation", "local", "sketch"];
  if (federation.mode === "update" && federation.asynchrony.kind !== "none")
    report(path, `is of everybody at one model, and ${federation.asynchrony.kind} rounds have none: leave it out`);
  if (federation.mode === "update" && federation.personal.kind === "parts")
    report(path, "is of the model that all share, and some parts are a client's own: leave it out");
  const ofSums = Object.entries(objectives).filter(([, { loss }]) => lossOf(loss)?.kind === "two-phase");
  for (const [name] of ofSums)
    report(path, `cannot be had of ${name}, whose gradient needs everybody's sums first: ${giveRows}`);
}

/** What a bound leaves no room for. */
export function boundsFit({ objectives, constraints, federation }: Sections, report: Report): void {
  const bounded = Object.entries(objectives).flatMap(([name, config]) =>
    config.bound === undefined ? [] : [{ name, ...config, bound: config.bound }],
  );
  if (bounded.length === 0) return;
  if (constraints.method === "projection" && !hasRows(federation))
    report(["constraints", "method"], `is projection, which needs the gradient of each objective: ${giveRows}`);
  for (const { name, bound, weight, priority, loss } of bounded) {
    const path = ["objectives", name, "bound"];
    if (!hasRows(federation) && bound.atMost === undefined)
      report(path, `would count with a negative weight in local work on all objectives together: ${giveRows}`);
    if (bound.measuredBy !== undefined) {
      mustKnow(report, [...path, "measuredBy"], "objective", bound.measuredBy, Object.keys(objectives));
    }
    if (weight !== 1)
      report(["objectives", name, "weight"], "is of no use beside a bound: its multiplier says how much it counts");
    if (priority !== undefined)
      report(["objectives", name, "priority"], "and a bound exclude each other: leave out one");
    if (federation.mode === "update" && federation.multipliers === "client-local" && lossOf(loss)?.kind === "two-phase")
      report(path, "is on everybody's sums: federation.multipliers must be frozen");
  }
}

/** Priorities decide alone: for every objective or for none, and with no other method beside them. */
export function prioritiesFit({ objectives, weighting, federation }: Sections, report: Report): void {
  const goals = goalsOnly(objectives).filter(([, { weight }]) => weight > 0);
  if (goals.every(([, { priority }]) => priority === undefined)) return;
  for (const [name, { priority }] of goals) {
    if (priority === undefined) report(["objectives", name], "has no priority, but others have: give it one");
  }
  if (weighting.method !== "fixed")
    report(["weighting", "method"], `is ${weighting.method}, but priorities decide: use fixed, or leave them out`);
  if (goals.length < Object.values(objectives).filter(({ weight }) => weight > 0).length)
    report(["objectives"], "have priorities and bounds: use one or the other");
  if (!hasRows(federation))
    report(
      ["federation", "local", "objectives"],
      "is combined, and priorities need a change of the model for each objective: use separate",
    );
}

/** What acts on all objectives stacked has no place where each works by itself. */
export function separateWorkFits({ federation }: Sections, report: Report): void {
  if (federation.mode !== "update" || federation.local.objectives !== "separate") return;
  if (federation.clip.perExample !== undefined)
    report(
      ["federation", "clip", "perExample"],
      "clips a row's gradient of all objectives together: use combined, or perClient",
    );
}
