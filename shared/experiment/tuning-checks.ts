/** Rules about `tuned`: what is tuned has parameters, and another objective to be tuned on; what must be tuned is. */
import { mustKnow, type Report } from "./finding.ts";
import { learningMisfit, lossOf } from "./goals.ts";
import type { Experiment } from "./schema.ts";
import type { TunedConfig } from "./tuned.ts";

type Sections = Pick<Experiment, "objectives" | "federation">;

export function tuningFits({ objectives, federation }: Sections, report: Report): void {
  for (const [name, { tuned, loss: config }] of Object.entries(objectives)) {
    const loss = lossOf(config); // a module's is not loaded yet
    const misfit = loss && learningMisfit(loss, { tuned });
    if (misfit !== undefined) report(["objectives", name], misfit);
  }
  const tuned = Object.entries(objectives).flatMap(([name, { tuned }]) => (tuned ? [[name, tuned] as const] : []));
  const [first, second] = tuned;
  if (second !== undefined)
    report(["objectives", second[0], "tuned"], `and that of "${first![0]}" exclude each other: tune one loss`);
  for (const [name, config] of tuned) {
    judgeFits(name, config, objectives, report);
    stepIsSeenThrough(name, config, federation, report);
  }
}

/** The objective that a loss is tuned on trains nothing itself, and has a loss of rows. */
function judgeFits(name: string, { on }: TunedConfig, objectives: Experiment["objectives"], report: Report): void {
  const path = ["objectives", name, "tuned", "on"];
  mustKnow(report, path, "objective", on, Object.keys(objectives));
  const judge = objectives[on];
  if (judge === undefined) return;
  if (on === name) {
    report(path, "is the objective itself: its loss would only make itself small");
    return;
  }
  if (judge.weight !== 0) report(["objectives", on, "weight"], `must be 0: "${name}" is tuned on its rows`);
  const loss = lossOf(judge.loss);
  if (loss?.kind === "two-phase") report(path, `needs a loss of rows, got ${loss.name}, a function of sums`);
}

/** The step is one of everybody, at one rate, with every row's gradient whole. */
function stepIsSeenThrough(
  name: string,
  { innerRate }: TunedConfig,
  federation: Experiment["federation"],
  report: Report,
): void {
  const path = ["objectives", name, "tuned"];
  const { perExample, perClient } = federation.clip;
  if (perExample !== undefined || perClient !== undefined)
    report(path, "needs whole gradients: clip globalNorm or perObjective instead of perExample and perClient");
  if (federation.mode !== "gradient") {
    report(path, "looks through one step of everybody: it needs federation.mode gradient");
    return;
  }
  if (federation.lookAhead === "extragradient")
    report(path, "and lookAhead extragradient each look at a next model: choose one");
  const { kind } = federation.serverOptimizer;
  if (innerRate === undefined && kind !== "sgd")
    report([...path, "innerRate"], `is needed: a step of ${kind} has no one rate to look through`);
}
