/** Rules about what objectives bind: every input of a loss has a source of its kind, and heads have the outputs it needs. */
import { tableColumns } from "../data/schema.ts";
import { formsOf } from "../losses/inputs.ts";
import type { BoundLoss, TargetFacts } from "../losses/loss.ts";
import { adversarialProblem } from "./adversarial.ts";
import { targetFacts } from "./data.ts";
import { mustKnow, type Path, type Report } from "./finding.ts";
import { lossOf } from "./goals.ts";
import { boundInputs, type InputConfig, type ObjectiveConfig } from "./objectives.ts";
import type { Experiment } from "./schema.ts";
import { acceptedKinds, isGroupInput, isModelInput, isOptional } from "./sources.ts";
import { hint } from "./suggest.ts";

type Sections = Pick<Experiment, "objectives" | "model" | "data">;

/** Where an input is written: `prediction` is the key `head`. */
const placeOf = (objective: string, input: string, { head, target }: ObjectiveConfig): Path => {
  if (input === "prediction" && head !== undefined) return ["objectives", objective, "head"];
  if (input === "target" && target !== undefined) return ["objectives", objective, "target"];
  return ["objectives", objective, "inputs", input];
};

export function objectivesNameWhatExists({ objectives, model, data }: Sections, report: Report): void {
  for (const [name, config] of Object.entries(objectives)) {
    for (const [input, source] of Object.entries(boundInputs(config))) {
      const path = placeOf(name, input, config);
      if (typeof source === "string") mustKnow(report, path, "target", source, Object.keys(data.targets));
      else if ("head" in source) {
        const place = path.at(-1) === "head" ? path : [...path, "head"];
        mustKnow(report, place, "head", source.head, Object.keys(model.heads));
        if (source.view !== undefined)
          mustKnow(report, [...path, "view"], "view", source.view, Object.keys(data.views));
      }
    }
    for (const key of ["prediction", "target"] as const) {
      const short = key === "prediction" ? "head" : "target";
      if (config[short] !== undefined && key in config.inputs)
        report(["objectives", name, "inputs", key], `and ${short} are the same input: leave out one`);
    }
  }
  const counts = Object.values(objectives).some(({ weight }) => weight > 0);
  if (!counts) report(["objectives"], "all have weight 0: nothing would be learned");
}

/** What is trained against an adversary has rows that can be moved, one by one. */
export function attacksFit({ objectives, data }: Sections, report: Report): void {
  for (const [name, { adversarial, loss: config }] of Object.entries(objectives)) {
    if (adversarial === undefined) continue;
    const path = ["objectives", name, "adversarial"];
    const loss = lossOf(config); // a module's is not loaded yet
    const problem = loss && adversarialProblem(loss, adversarial);
    if (problem !== undefined) report(path, problem);
    if (tableColumns(data).length === 0 && data.features.image === undefined)
      report(path, "moves features that are numbers: expected some, got indices alone");
  }
}

/** A curriculum is of single examples, whose loss or column says how hard they are, and its threshold is everybody's. */
export function curriculaFit(
  { objectives, data, federation }: Sections & Pick<Experiment, "federation">,
  report: Report,
): void {
  for (const [name, { curriculum, adversarial, tuned, loss: config }] of Object.entries(objectives)) {
    if (curriculum === undefined) continue;
    const path = ["objectives", name, "curriculum"];
    const loss = lossOf(config); // a module's is not loaded yet
    if (loss !== undefined && loss.kind !== "additive")
      report(path, `orders single examples: expected a loss with a value per example, got ${loss.name}`);
    for (const [other, given] of Object.entries({ adversarial, tuned }))
      if (given !== undefined) report(path, `and ${other} exclude each other: leave out one`);
    if (federation.mode === "update" && federation.multipliers === "client-local")
      report(path, "has a threshold of everybody's: multipliers must be frozen, got client-local");
    if (curriculum.by === undefined) continue;
    mustKnow(report, [...path, "by"], "target", curriculum.by, Object.keys(data.targets));
    const declared = data.targets[curriculum.by];
    if (declared !== undefined && targetFacts(declared).kind !== "number")
      report(
        [...path, "by"],
        `expects a target of the kind number, got "${curriculum.by}", a ${targetFacts(declared).kind}`,
      );
  }
}

/** Every input of a loss is bound, to a source of its kind, and nothing else is. */
export function inputsFit({ objectives, data }: Sections, report: Report): void {
  for (const [name, config] of Object.entries(objectives)) {
    const loss = lossOf(config.loss);
    if (loss === undefined) continue; // a module's, which is not loaded yet
    const bound = boundInputs(config);
    for (const [input, source] of Object.entries(bound)) {
      const path = placeOf(name, input, config);
      const forms = loss.inputs[input];
      if (forms === undefined) report(path, unknownInput(loss, input));
      else {
        const problem = sourceProblem(loss, input, source, data.targets);
        if (problem !== undefined) report(path, problem);
      }
    }
    for (const [input, forms] of Object.entries(loss.inputs)) {
      if (input in bound || (isOptional(forms) && !(isGroupInput(forms) && loss.kind === "set"))) continue;
      report(["objectives", name], missingInput(loss, input));
    }
  }
}

const unknownInput = (loss: BoundLoss, input: string): string =>
  `is no input of ${loss.name}, which takes ${Object.keys(loss.inputs).join(", ")}: ${hint(input, Object.keys(loss.inputs))}`;

function missingInput({ name, inputs }: BoundLoss, input: string): string {
  const forms = inputs[input]!;
  if (input === "prediction") return `${name} needs a head`;
  if (isModelInput(forms)) return `${name} needs inputs.${input}: { head: …, view: … }`;
  const kinds = acceptedKinds(forms).join(" or ");
  const client = isGroupInput(forms) ? ", or { by: client }" : "";
  return `${name} needs ${input === "target" ? "target" : `inputs.${input}`}: a target of the kind ${kinds}${client}`;
}

/** Why a source cannot be an input, or undefined. `target` itself has its rule in `lossesFit`. */
function sourceProblem(
  loss: BoundLoss,
  input: string,
  source: InputConfig,
  targets: Experiment["data"]["targets"],
): string | undefined {
  const forms = loss.inputs[input]!;
  if (typeof source !== "string" && "by" in source)
    return isGroupInput(forms) ? undefined : `is for the group of a set loss, and ${input} of ${loss.name} is none`;
  if (isModelInput(forms)) {
    return typeof source === "string"
      ? `comes from the model: give { head: … }, got the target "${source}"`
      : undefined;
  }
  if (typeof source !== "string") return `comes from the data: give the name of a target, got a head`;
  const declared = targets[source];
  if (declared === undefined || input === "target") return undefined; // said elsewhere
  const facts = targetFacts(declared);
  const kinds = acceptedKinds(forms);
  if (kinds.length > 0 && !kinds.includes(facts.kind)) {
    return `${input} of ${loss.name} takes targets of the kind ${kinds.join(" or ")}, got "${source}", a ${facts.kind}`;
  }
  return rankProblem(loss, input, source, facts);
}

function rankProblem(loss: BoundLoss, input: string, source: string, { shape = [] }: TargetFacts): string | undefined {
  const forms = formsOf(loss.inputs[input]!);
  const fits = forms.some(({ axes }) => axes.includes("…") || axes.length === shape.length + 1);
  if (fits) return undefined;
  const wanted = forms.map(({ axes }) => `[${axes.join(", ")}]`).join(" or ");
  return `${input} of ${loss.name} is ${wanted}, got "${source}", whose rows are [${shape.join(", ")}]`;
}

/** A loss takes its kind of target, and wants a number of outputs from its heads. */
export function lossesFit({ objectives, model, data }: Sections, report: Report): void {
  for (const [name, config] of Object.entries(objectives)) {
    const loss = lossOf(config.loss);
    const target = config.target === undefined ? undefined : data.targets[config.target];
    if (loss === undefined || (config.target !== undefined && target === undefined)) continue; // said elsewhere
    const facts: TargetFacts = target === undefined ? { kind: "number", classes: 1 } : targetFacts(target);
    const misfit =
      target === undefined || loss.inputs["target"] === undefined ? undefined : misfitOf(loss, config, facts);
    if (misfit !== undefined) report(["objectives", name, "loss"], misfit);
    else headsFit(name, config, loss, facts, model.heads, report);
  }
}

const misfitOf = (loss: BoundLoss, { target = "" }: ObjectiveConfig, facts: TargetFacts): string | undefined =>
  loss.misfit(facts) ?? rankProblem(loss, "target", target, facts);

function headsFit(
  name: string,
  config: ObjectiveConfig,
  loss: BoundLoss,
  facts: TargetFacts,
  heads: Experiment["model"]["heads"],
  report: Report,
): void {
  for (const [input, source] of Object.entries(boundInputs(config))) {
    const forms = loss.inputs[input];
    if (forms === undefined || typeof source === "string" || !("head" in source)) continue;
    const head = heads[source.head];
    const wanted = input === "prediction" ? loss.outputs(facts) : formsOf(forms).every(isOneNumber) ? 1 : "any";
    if (head === undefined || wanted === "any" || head.outputs === wanted) continue;
    const on = config.target === undefined ? "" : ` on the target "${config.target}"`;
    const place = input === "prediction" ? "" : `inputs.${input} of the objective "${name}", and `;
    report(
      ["model", "heads", source.head],
      `has ${head.outputs} outputs, but ${place}${loss.name}${on} needs ${wanted}`,
    );
  }
}

const isOneNumber = ({ axes }: { readonly axes: readonly string[] }): boolean => axes.length === 1;
