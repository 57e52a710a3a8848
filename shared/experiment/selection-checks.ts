/** Rules of selection: a draw and the weights that go with it, and what else of an experiment they can stand beside. */
import type { Report } from "./finding.ts";
import type { Experiment } from "./schema.ts";

export function drawsFit({ federation, simulation }: Experiment, report: Report): void {
  const { select, draw, overSelection, available } = federation.clients;
  const path = ["federation", "clients"];
  if (draw.kind !== "uniform" && select === "all")
    report(
      [...path, "draw", "kind"],
      `is ${draw.kind}, and select is all: say how many are drawn, with count or fraction`,
    );
  if (draw.kind === "power-of-choice" && select !== "all" && "count" in select && draw.candidates < select.count)
    report(
      [...path, "draw", "candidates"],
      `are ${draw.candidates}, of whom ${select.count} are to be taken: expected at least as many`,
    );
  if (draw.kind === "by-size" && !draw.replacement && available === "only")
    report(
      [...path, "available"],
      "is only, and the weights of draws without replacement are of all clients: replacement: true",
    );
  if (weighsItsDraws(federation)) weightsStandAlone(federation, report);
  if (
    overSelection > 1 &&
    (draw.kind === "poisson" || draw.kind === "round-robin" || (draw.kind === "by-size" && !draw.replacement))
  )
    report(
      [...path, "overSelection"],
      `takes those who report first, and ${draw.kind} takes whom it has drawn: leave it out, or draw uniformly`,
    );
  const shifts = simulation?.availability;
  if (shifts?.kind === "shifts" && shifts.on >= shifts.period)
    report(["simulation", "availability", "on"], `is ${shifts.on} of ${shifts.period} rounds: expected fewer`);
}

/** Whether clients count by how they were drawn, and no longer by their denominators. */
export function weighsItsDraws({ clients: { draw } }: Experiment["federation"]): boolean {
  return (
    draw.kind === "by-size" ||
    draw.kind === "power-of-choice" ||
    (draw.kind === "poisson" && draw.divisor === "expected")
  );
}

/** Never both a weighted draw and a weighted average. */
function weightsStandAlone(federation: Experiment["federation"], report: Report): void {
  const { kind } = federation.clients.draw;
  const path = ["federation", "clients", "draw", "kind"];
  const refuse = (why: string, instead: string): void => {
    report(path, `is ${kind}, which says what each change counts for, and ${why}: ${instead}`);
  };
  if (federation.mode === "gradient")
    refuse("gradient mode adds up sums of rows", "draw uniformly, poisson by the cohort's divisor, or use update mode");
  else if (federation.shares.kind !== "denominators") refuse("so do shares", "leave out shares");
  else if (federation.normalizer !== "cohort") refuse("so does a declared normalizer", "normalizer: cohort");
  else if (federation.local.objectives === "separate")
    refuse("separate objectives add up rows", "objectives: combined");
  else if (federation.aggregation.rule !== "mean")
    refuse(`${federation.aggregation.rule} weighs all alike`, "draw uniformly, or choose the rule mean");
}
