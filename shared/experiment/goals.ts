/** Objectives as declared → objectives settled: loss bound, inputs known, metrics found. What must fit was checked at decoding. */
import { TributaryError } from "../errors.ts";
import { losses } from "../losses/catalogue.ts";
import type { BoundLoss, TargetFacts } from "../losses/loss.ts";
import type { CustomLosses, Goal, GroupBy } from "./goal.ts";
import { attackOf, hardened } from "./adversarial.ts";
import { paceOf, underCurriculum } from "./curriculum.ts";
import { targetFacts } from "./data.ts";
import { measuresOf } from "./measures.ts";
import { boundInputs, type InputConfig, type LossConfig, type LossModule, type ObjectiveConfig } from "./objectives.ts";
import type { Experiment } from "./schema.ts";
import { isGroupInput, type InputSource } from "./sources.ts";

const plainNumber: TargetFacts = { kind: "number", classes: 1 };

/** Throws "unknown-name" for a metric there is not, "invalid-experiment" for one that is not for this kind of target. */
export function goalsOf(experiment: Experiment, custom: CustomLosses = {}): Goal[] {
  const { data } = experiment;
  return Object.entries(experiment.objectives).map(([name, config]) => {
    const loss = lossOf(config.loss) ?? custom[name];
    if (loss === undefined)
      throw new TributaryError(
        "invalid-experiment",
        `objectives.${name}.loss: expected its module to be loaded, got none`,
      );
    const misfit = learningMisfit(loss, config);
    if (misfit !== undefined) throw new TributaryError("invalid-experiment", `objectives.${name}: ${misfit}`);
    const { curriculum } = config;
    const difficulty = curriculum?.by === undefined ? {} : { difficulty: curriculum.by };
    const bound = Object.entries({ ...boundInputs(config), ...difficulty });
    const trained = underCurriculum(hardened(loss, config.adversarial), curriculum);
    const inputs = Object.fromEntries(bound.map(([input, given]) => [input, sourceOf(given, data)]));
    const sources = Object.values(inputs);
    const { target } = config;
    const group = groupOf(loss, inputs);
    const facts = target === undefined ? plainNumber : targetFacts(data.targets[target]!); // the decoder has checked the name
    return {
      name,
      loss: trained,
      inputs,
      head: config.head ?? sources.find((source) => source.from === "head")?.head ?? "",
      target,
      facts,
      targets: [...new Set(sources.flatMap((source) => (source.from === "target" ? [source.target] : [])))],
      group,
      parameters: config.parameters,
      attack: config.adversarial && attackOf(config.adversarial),
      tuned: config.tuned,
      paceIn: curriculum && ((round) => paceOf(curriculum, round)),
      weight: config.weight,
      ...measuresOf(name, { config, facts, loss: trained }, experiment.evaluation, group),
      trainedIn: turns(config),
      countsAt: participation(config),
    };
  });
}

/** A loss of the catalogue with its options; undefined for a module's. */
export function lossOf(config: LossConfig | LossModule): BoundLoss | undefined {
  if (isModule(config)) return undefined;
  const { kind, ...options } = config;
  return losses[kind].bind(options);
}

/** Why the parameters of a loss cannot be learned as an objective says, or undefined. */
export function learningMisfit(loss: BoundLoss, { tuned }: Pick<ObjectiveConfig, "tuned">): string | undefined {
  if (tuned === undefined)
    return loss.learnedBy === "model"
      ? undefined
      : `needs tuned: { on: … }: descended by itself ${loss.name} would only make itself small`;
  if (Object.keys(loss.parameters).length === 0) return `tuned is for the parameters of a loss: ${loss.name} has none`;
  return loss.kind === "two-phase"
    ? `tuned looks through a step on rows: ${loss.name} is a function of sums`
    : undefined;
}

export const isModule = (config: LossConfig | LossModule): config is LossModule => config.kind === "module";

function sourceOf(given: InputConfig, { targets }: Experiment["data"]): InputSource {
  if (typeof given === "string") return { from: "target", target: given, facts: targetFacts(targets[given]!) };
  return "by" in given ? { from: "client" } : { from: "head", head: given.head, view: given.view };
}

function groupOf(loss: BoundLoss, inputs: Readonly<Record<string, InputSource>>): GroupBy | undefined {
  if (loss.kind !== "set") return undefined;
  const named = Object.entries(loss.inputs).find(([, forms]) => isGroupInput(forms))?.[0];
  const source = inputs[named ?? ""];
  return source?.from === "target" ? { target: source.target } : { by: "client" };
}

function turns({ schedule }: ObjectiveConfig): (round: number) => boolean {
  if (schedule === undefined) return () => true;
  return (round) => (round - 1) % schedule.every === schedule.offset;
}

/** Whether a client's rows count for an objective. */
export function participation({ clients }: ObjectiveConfig): (client: string) => boolean {
  if (clients === undefined) return () => true;
  return "only" in clients ? (client) => clients.only.includes(client) : (client) => !clients.except.includes(client);
}
