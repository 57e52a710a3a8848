import { TributaryError } from "../../shared/errors.ts";
import { asynchronyOf } from "../../shared/experiment/asynchrony-checks.ts";
import { methodFits } from "../../shared/experiment/axis-checks.ts";
import { robustRulesFit } from "../../shared/experiment/client-axis-checks.ts";
import { importDefault } from "../../shared/experiment/import-default.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { OwnParts, OwnStrategy } from "./define-strategy.ts";

/**
 * The parts of the strategy in this module. Throws "missing-file" or "invalid-experiment" with whatever of the experiment they cannot
 * stand beside.
 */
export async function importStrategy(path: string, options: object, experiment: Experiment): Promise<OwnParts> {
  const made = (await importDefault(path, "federation.strategy")) as OwnStrategy | undefined;
  if (made?.kind !== "strategy")
    throw new TributaryError(
      "invalid-experiment",
      `federation.strategy: expected ${path} to export a strategy made by defineStrategy as its default`,
    );
  const parts = made.bind(options);
  const problems = problemsOf(experiment, parts);
  if (problems.length === 0) return parts;
  throw new TributaryError(
    "invalid-experiment",
    problems.map((problem) => `federation.strategy: ${made.name} ${problem}`).join("\n"),
  );
}

function problemsOf(experiment: Experiment, { rule, shares, weighting, selection }: OwnParts): string[] {
  const { federation } = experiment;
  const problems: string[] = [];
  const refuse = (when: boolean, what: string): void => {
    if (when) problems.push(what);
  };
  const asynchronous = asynchronyOf(federation) !== undefined;
  if (rule !== undefined) {
    refuse(federation.aggregation.rule !== "mean", `brings the rule ${rule.name}: leave out federation.aggregation`);
    refuse(asynchronous, `brings the rule ${rule.name}, which compares the clients of one model: leave out asynchrony`);
    const asMedian = {
      ...experiment,
      federation: { ...federation, aggregation: { rule: "median" as const, before: [] } },
    };
    robustRulesFit(asMedian, (_path, message) =>
      problems.push(message.replace("is median", `brings the rule ${rule.name}`)),
    );
  }
  if (shares !== undefined) {
    refuse(
      federation.mode === "gradient" || asynchronous,
      "brings shares, which are of rounds of update mode that wait for their cohort",
    );
    refuse(federation.shares.kind !== "denominators", "brings shares: leave out federation.shares");
  }
  if (selection !== undefined) {
    refuse(federation.clients.draw.kind !== "uniform", "brings a selection: leave out federation.clients.draw");
    refuse(asynchronous, "brings a selection, and whoever is idle may begin: leave out asynchrony");
    refuse(
      selection.weights !== undefined && federation.mode === "gradient",
      "weighs its draws, and gradient mode adds up sums of rows",
    );
    refuse(selection.weights !== undefined && shares !== undefined, "weighs its draws, and so do its shares");
  }
  if (weighting !== undefined) {
    const { method } = weighting;
    refuse(experiment.weighting.method !== "fixed", `brings the weighting ${method.name}: leave out weighting`);
    methodFits(experiment, method, (_path, message) =>
      problems.push(message.replace(`is ${method.name}`, `brings the weighting ${method.name}`)),
    );
  }
  return problems;
}
