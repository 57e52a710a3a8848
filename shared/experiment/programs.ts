/**
 * The programs of an experiment: what clients run to train, to evaluate and to predict.
 *
 *     train      gradient mode: per objective its sums and the gradient of its numerator, over every trained parameter
 *                update mode: per objective its sums, and one gradient of Σᵢ scaleᵢ·numᵢ + penalty share · R(θ)
 *     sums       per objective that is a function F of sums S: those sums, at the model it is trained from
 *     slopes     update mode, where a round begins with sketches: what gradient mode trains by
 *     tuning     gradient mode, per objective whose loss is tuned: how its gradient turns with the parameters of its loss
 *     evaluate   per objective its sums and the parts of its metrics
 *     predict    per head its predictions
 *
 * Inputs: the parameters by their names, `feature/<name>`, `target/<name>`, `weight/<objective>`; where chance is drawn
 * `exampleId` and the key `step`; in update mode the constants `scale/<objective>` and `scale/penalty`, and those of a correction for drift; for a function of sums
 * the constants `multiplier/<objective>/<sum>`, λ = ∂F/∂S, so that Σ⟨λ, S⟩ has the gradient of F. Rows without any
 * weight are selected away before the model sees them, so that not even an infinite feature of padding reaches a gradient.
 */
import { add, multiply, scalar, subtract, sumAll } from "../graph/build.ts";
import { gradient } from "../graph/gradient.ts";
import { inOrder, type Node } from "../graph/graph.ts";
import { defineProgram } from "../graph/define-program.ts";
import type { Program } from "../graph/program.ts";
import { trace, type Traced } from "../models/trace.ts";
import { linearized, objectiveOutputs, outerOutputs, sumsOutputs } from "../objectives/objective.ts";
import { matches, type Penalty } from "../regularizers/regularizer.ts";
import { penaltyNode } from "../regularizers/smooth.ts";
import { isOfEverybody, type DriftConfig } from "./client-axis.ts";
import type { Goal } from "./goal.ts";
import { metricInputs } from "./measures.ts";
import { ProgramInputs } from "./program-inputs.ts";
import { lossParameters, seeRows, type RowParts, type Seen } from "./rows.ts";
import { oneGroup } from "./sources.ts";

/** What all programs of an experiment have in common. */
export interface ProgramParts extends RowParts {
  readonly penalties: readonly Penalty[];
  /** Whose sums local steps take a function of sums by: everybody's at the round's start, or those of each batch. */
  readonly multipliers: "frozen" | "client-local";
  /** What the local gradient is corrected by: μ·(y − x), a shift, or both. */
  readonly drift: DriftConfig["kind"];
}

/** The heads of the model on rows that need neither target nor weight. */
export const predictProgram = (parts: ProgramParts, batch: number): Program => {
  const declared = new ProgramInputs(batch);
  const further = lossParameters(parts.goals);
  const feature = (name: string): Node => declared.feature(name, parts.features);
  const traced = trace({ ...parts, batch, training: false, further, feature });
  const outputs = Object.entries(traced.heads).map(([head, node]) => [`prediction/${head}`, node] as const);
  return defineProgram({ inputs: declared.all(traced), outputs: Object.fromEntries(outputs) });
};

/** Losses and metrics, as sums over rows: nothing random, running statistics as they are. */
export function evaluateProgram(parts: ProgramParts, batch: number): Program {
  const declared = new ProgramInputs(batch);
  const { traced, seen } = seeRows(parts, declared, batch, false);
  const outputs: Record<string, Node> = {};
  for (const [goal, rows] of seen) {
    Object.assign(outputs, reportOf(goal, rows).outputs);
    if (goal.metrics.length === 0) continue;
    const given = metricInputs(goal, rows, groupNode(goal.measuredBy, declared, batch));
    for (const metric of goal.metrics) {
      for (const [part, node] of Object.entries(metric.parts(given)))
        outputs[`metric/${goal.name}/${metric.name}/${part}`] = node;
    }
  }
  return defineProgram({ inputs: declared.all(traced), outputs });
}

function groupNode(group: Goal["measuredBy"], declared: ProgramInputs, batch: number): Node | undefined {
  if (group === undefined) return undefined;
  return "by" in group ? oneGroup(batch) : declared.target(group.target, { kind: "group", classes: 1 });
}

/** The sums of the functions of sums alone; undefined where there are none. */
export function sumsProgram(parts: ProgramParts, batch: number): Program | undefined {
  const goals = parts.goals.filter(({ loss }) => loss.kind === "two-phase");
  if (goals.length === 0) return undefined;
  const declared = new ProgramInputs(batch);
  const { traced, seen } = seeRows(parts, declared, batch, true);
  const outputs = goals.flatMap((goal) => Object.entries(reportOf(goal, seen.get(goal)!).outputs));
  return defineProgram({ inputs: declared.all(traced), outputs: Object.fromEntries(outputs) });
}

/** Gradient mode: the rows of the Jacobian, one per objective. */
export function gradientProgram(parts: ProgramParts, batch: number): Program {
  const declared = new ProgramInputs(batch);
  const { traced, seen } = seeRows(parts, declared, batch, true);
  const outputs: Record<string, Node> = {};
  for (const goal of parts.goals) {
    const { outputs: own, descended } = reportOf(goal, seen.get(goal)!, declared);
    const trained = descendedBy(goal, traced);
    Object.assign(outputs, own, gradients(`objective/${goal.name}/gradient`, descended, trained));
  }
  return defineProgram({ inputs: declared.all(traced), outputs });
}

/**
 * Gradient mode, for a loss that is tuned: ∂⟨u, ∇θ num⟩/∂φ, with θ what the objective trains, φ the parameters of its loss, and u
 * the inputs `along/<parameter>`. A sum over rows like the gradient itself.
 */
export function tuningProgram(parts: ProgramParts, batch: number): Program | undefined {
  const tuned = parts.goals.filter(({ tuned }) => tuned !== undefined);
  if (tuned.length === 0) return undefined;
  const declared = new ProgramInputs(batch);
  const { traced, seen } = seeRows(parts, declared, batch, true);
  const outputs: Record<string, Node> = {};
  for (const goal of tuned) {
    const { descended } = reportOf(goal, seen.get(goal)!, declared);
    const reached = new Set(inOrder([descended]));
    const trained = descendedBy(goal, traced).filter(({ node }) => reached.has(node));
    const slopes = gradient(
      descended,
      trained.map(({ node }) => node),
    );
    const along = trained
      .map(({ name, shape }, i) => sumAll(multiply(declared.constant(`along/${name}`, shape), slopes[i]!)))
      .reduce(add, scalar(0));
    Object.assign(outputs, gradients(`objective/${goal.name}/gradient`, along, ownParameters(goal, traced)));
  }
  return defineProgram({ inputs: declared.all(traced), outputs });
}

/** Update mode: the gradient of the one loss that local steps descend. */
export function updateProgram(parts: ProgramParts, batch: number): Program {
  const declared = new ProgramInputs(batch);
  const { traced, seen } = seeRows(parts, declared, batch, true);
  const trained = trainedOf(traced);
  const outputs: Record<string, Node> = {};
  const terms = parts.goals.map((goal) => {
    const report = reportOf(goal, seen.get(goal)!, declared, parts.multipliers);
    Object.assign(outputs, report.outputs);
    return { goal, loss: multiply(declared.constant(`scale/${goal.name}`), report.descended) };
  });
  const penalty =
    parts.penalties.length === 0
      ? []
      : [multiply(declared.constant("scale/penalty"), penaltyNode(parts.penalties, trained))];
  for (const { objectives, parameters } of trainedAlike(parts.goals, trained)) {
    const own = terms.filter(({ goal }) => objectives.has(goal)).map(({ loss }) => loss);
    const all = [...own, ...penalty];
    if (all.length > 0) Object.assign(outputs, gradients("gradient", all.reduce(add), parameters));
  }
  for (const { name, node } of trained) {
    const slope = outputs[`gradient/${name}`];
    if (slope !== undefined) outputs[`gradient/${name}`] = corrected(slope, { name, node }, declared, parts.drift);
  }
  for (const [name, node] of Object.entries(traced.moved)) outputs[`buffer/${name}`] = node;
  return defineProgram({ inputs: declared.all(traced), outputs });
}

/** slope + μ·(y − x) + shift, of those two what the correction has: constants `drift/mu`, `anchor/<parameter>`, `shift/<parameter>`. */
function corrected(
  slope: Node,
  { name, node }: Pick<Trained[number], "name" | "node">,
  declared: ProgramInputs,
  drift: DriftConfig["kind"],
): Node {
  const pulled = drift === "proximal" || drift === "dynamic";
  const anchored = pulled
    ? add(
        slope,
        multiply(declared.constant("drift/mu"), subtract(node, declared.constant(`anchor/${name}`, node.shape))),
      )
    : slope;
  const shifted = isOfEverybody({ kind: drift });
  return shifted ? add(anchored, declared.constant(`shift/${name}`, node.shape)) : anchored;
}

type Trained = Traced["parameters"];

const ownParameters = ({ name: goal }: Goal, traced: Traced): Trained =>
  trainedOf(traced).filter(({ name }) => name.startsWith(`loss/${goal}/`));

/** What an objective descends by: what it trains, without the parameters of its loss where those are tuned. */
function descendedBy(goal: Goal, traced: Traced): Trained {
  const trained = trainedOf(traced).filter(({ name }) => matches(goal.parameters, name));
  if (goal.tuned === undefined) return trained;
  const own = new Set(ownParameters(goal, traced));
  return trained.filter((parameter) => !own.has(parameter));
}

/** The trained parameters, those together that the same objectives train. */
function trainedAlike(
  goals: readonly Goal[],
  trained: Trained,
): readonly { readonly objectives: ReadonlySet<Goal>; readonly parameters: Trained }[] {
  const sets = new Map<string, { objectives: Set<Goal>; parameters: Trained[number][] }>();
  for (const parameter of trained) {
    const objectives = new Set(goals.filter((goal) => matches(goal.parameters, parameter.name)));
    const key = [...objectives].map(({ name }) => name).join("/");
    const before = sets.get(key);
    if (before === undefined) sets.set(key, { objectives, parameters: [parameter] });
    else before.parameters.push(parameter);
  }
  return [...sets.values()];
}

interface Report {
  /** `objective/<name>/numerator`, `…/denominator`, `…/count`, `…/ignored`, `…/nonFinite`, `…/sum/<sum>`. */
  readonly outputs: Readonly<Record<string, Node>>;
  /** What has the gradient that this objective is descended by. */
  readonly descended: Node;
}

/** What a client reports of an objective. Without `declared` nothing is descended: λ is not asked for. */
function reportOf(
  goal: Goal,
  { inputs, weights }: Seen,
  declared?: ProgramInputs,
  multipliers: ProgramParts["multipliers"] = "frozen",
): Report {
  const { loss } = goal;
  if (loss.kind !== "two-phase") {
    const sums = objectiveOutputs(loss, inputs, weights);
    return { outputs: named(goal, { ...sums }), descended: sums.numerator };
  }
  const { sums, ...counts } = sumsOutputs(loss, inputs, weights);
  const reported = Object.fromEntries(Object.entries(sums).map(([sum, node]) => [`sum/${sum}`, node]));
  const outputs = named(goal, { ...counts, ...reported });
  if (declared === undefined) return { outputs, descended: scalar(0) };
  if (multipliers === "client-local") {
    const { value } = outerOutputs(loss, sums);
    const numerator = { [`objective/${goal.name}/numerator`]: multiply(value, counts.denominator) };
    return { outputs: { ...outputs, ...numerator }, descended: value };
  }
  const lambda = Object.entries(sums).map(([sum, { shape }]) => [
    sum,
    declared.constant(`multiplier/${goal.name}/${sum}`, shape),
  ]);
  return { outputs, descended: linearized(sums, Object.fromEntries(lambda) as Record<string, Node>) };
}

const named = (goal: Goal, outputs: Readonly<Record<string, Node>>): Record<string, Node> =>
  Object.fromEntries(Object.entries(outputs).map(([name, node]) => [`objective/${goal.name}/${name}`, node]));

/** ∂node/∂parameter for each of these parameters that it depends on; engines take the others to be 0. */
function gradients(prefix: string, node: Node, parameters: Trained): Record<string, Node> {
  const reached = new Set(inOrder([node]));
  const trained = parameters.filter((parameter) => reached.has(parameter.node));
  const slopes = gradient(
    node,
    trained.map((parameter) => parameter.node),
  );
  return Object.fromEntries(trained.map(({ name }, i) => [`${prefix}/${name}`, slopes[i]!]));
}

const trainedOf = ({ parameters }: Traced): Trained => parameters.filter(({ scope }) => scope !== "buffer");
