/** What an experiment brings for its coordinator in modules of its own: a strategy, a rule of the client axis, a weighting. */
import { resolve } from "node:path";
import { TributaryError } from "../../shared/errors.ts";
import { methodFits } from "../../shared/experiment/axis-checks.ts";
import { importDefault } from "../../shared/experiment/import-default.ts";
import { isOwnMethod } from "../../shared/experiment/objectives.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Method } from "../../shared/objectives/define-weighting.ts";
import { checkWeighting } from "../../shared/objectives/weighting-laws.ts";
import { preceded } from "../aggregation/before.ts";
import { stepBefore } from "../aggregation/catalogue.ts";
import { checkAggregation } from "../aggregation/check.ts";
import type { RobustRule } from "../aggregation/rule.ts";
import type { OwnParts } from "./define-strategy.ts";
import { importStrategy } from "./own-strategy.ts";

/**
 * The parts that take the place of those of the catalogue; none where no module is named. A rule and a weighting are held to the laws they
 * claim before anything runs. Throws "missing-file", or "invalid-experiment" with whatever of the experiment they cannot stand beside.
 */
export async function ownPartsOf(experiment: Experiment, folder: string): Promise<OwnParts> {
  const { federation, weighting } = experiment;
  const { strategy, aggregation } = federation;
  return {
    ...(typeof strategy === "object" &&
      (await importStrategy(resolve(folder, strategy.path), strategy.options, experiment))),
    ...(aggregation.rule === "module" && { rule: await importRule(resolve(folder, aggregation.path), aggregation) }),
    ...(isOwnMethod(weighting) && {
      weighting: await importWeighting(resolve(folder, weighting.path), weighting.options, experiment),
    }),
  };
}

type RuleModule = Extract<Experiment["federation"]["aggregation"], { rule: "module" }>;

async function importRule(path: string, { options, before }: RuleModule): Promise<RobustRule> {
  const place = "federation.aggregation";
  const given = (await importDefault(path, place)) as RobustRule | ((options: object) => RobustRule) | undefined;
  const made = typeof given === "function" ? given(options ?? {}) : given;
  if (made === undefined || typeof made.choose !== "function")
    throw new TributaryError(
      "invalid-experiment",
      `${place}: expected ${path} to export a rule made by defineAggregation as its default, or a function of options that makes one`,
    );
  if (options !== undefined && typeof given !== "function")
    throw new TributaryError("invalid-experiment", `${place}.options: the rule of ${path} takes none`);
  held(place, () => {
    checkAggregation(made);
  });
  return preceded(before.map(stepBefore), made);
}

async function importWeighting(
  path: string,
  options: object,
  experiment: Experiment,
): Promise<NonNullable<OwnParts["weighting"]>> {
  const method = (await importDefault(path, "weighting")) as Method | undefined;
  if (typeof method?.bind !== "function" || typeof method.promises !== "function")
    throw new TributaryError(
      "invalid-experiment",
      `weighting: expected ${path} to export a weighting made by defineWeighting as its default`,
    );
  const problems: string[] = [];
  methodFits(experiment, method, (at, message) => problems.push(`${at.join(".")}: ${message}`));
  if (problems.length > 0) throw new TributaryError("invalid-experiment", problems.join("\n"));
  held("weighting", () => {
    checkWeighting(method, options);
  });
  return { method, options };
}

/** What is found is said to be found at this place of the experiment. */
function held(place: string, check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (!(cause instanceof TributaryError)) throw cause;
    throw new TributaryError("invalid-experiment", `${place}: ${cause.message}`, { cause });
  }
}
