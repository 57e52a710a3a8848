/**
 * The three programs of an experiment: what clients run to train, to evaluate and to predict.
 *
 *     train      gradient mode: per objective its sums and the gradient of its numerator, over every trained parameter
 *                update mode: per objective its sums, and one gradient of Σᵢ scaleᵢ·numᵢ + penalty share · R(θ)
 *     evaluate   per objective its sums and the parts of its metrics
 *     predict    per head its predictions
 *
 * Inputs: the parameters by their names, `feature/<name>`, `target/<name>`, `weight/<objective>`; where chance is drawn
 * `exampleId` and the key `step`; in update mode the constants `scale/<objective>` and `scale/penalty`. Rows without any
 * weight are selected away before the model sees them, so that not even an infinite feature of padding reaches a gradient.
 */
import { TributaryError } from "../errors.ts";
import { add, multiply, notEqual, or, randomUniform, reshape, subtract, toIndex } from "../graph/build.ts";
import { gradient } from "../graph/gradient.ts";
import { inOrder, type Node } from "../graph/graph.ts";
import { defineProgram, type Program } from "../graph/program.ts";
import { formFor, formsOf } from "../losses/inputs.ts";
import type { BoundLoss } from "../losses/loss.ts";
import type { FeatureShapes, HeadSpec, Model } from "../models/model.ts";
import { trace, type Traced } from "../models/trace.ts";
import { combinedLoss, objectiveOutputs, withoutAbsent } from "../objectives/objective.ts";
import type { Penalty } from "../regularizers/regularizer.ts";
import { penaltyNode } from "../regularizers/smooth.ts";
import type { Goal } from "./goals.ts";
import { ProgramInputs } from "./program-inputs.ts";

/** What all programs of an experiment have in common. */
export interface ProgramParts {
  readonly model: Model;
  readonly heads: Readonly<Record<string, HeadSpec>>;
  readonly features: FeatureShapes;
  readonly goals: readonly Goal[];
  readonly penalties: readonly Penalty[];
  /** Number of the dropout stream; different for different seeds. */
  readonly salt: number;
}

/** The heads of the model on rows that need neither target nor weight. */
export const predictProgram = (parts: ProgramParts, batch: number): Program => {
  const declared = new ProgramInputs(batch);
  const traced = trace({ ...parts, batch, training: false, feature: (name) => declared.feature(name, parts.features) });
  const outputs = Object.entries(traced.heads).map(([head, node]) => [`prediction/${head}`, node] as const);
  return defineProgram({ inputs: declared.all(traced), outputs: Object.fromEntries(outputs) });
};

/** Losses and metrics, as sums over rows: nothing random, running statistics as they are. */
export function evaluateProgram(parts: ProgramParts, batch: number): Program {
  const declared = new ProgramInputs(batch);
  const traced = traceRows(parts, declared, batch, false);
  const outputs: Record<string, Node> = {};
  for (const goal of parts.goals) {
    const seen = batchOf(goal, traced, declared);
    Object.assign(outputs, sumsOf(goal, seen));
    for (const metric of goal.metrics) {
      const given = { prediction: seen.prediction, target: seen.raw, weights: seen.weights, facts: goal.facts };
      for (const [part, node] of Object.entries(metric.parts(given)))
        outputs[`metric/${goal.name}/${metric.name}/${part}`] = node;
    }
  }
  return defineProgram({ inputs: declared.all(traced), outputs });
}

/** Gradient mode: the rows of the Jacobian, one per objective. */
export function gradientProgram(parts: ProgramParts, batch: number): Program {
  const declared = new ProgramInputs(batch);
  const traced = traceRows(parts, declared, batch, true);
  const outputs: Record<string, Node> = {};
  for (const goal of parts.goals) {
    const sums = sumsOf(goal, batchOf(goal, traced, declared));
    Object.assign(
      outputs,
      sums,
      gradients(`objective/${goal.name}/gradient`, sums[`objective/${goal.name}/numerator`]!, traced),
    );
  }
  return defineProgram({ inputs: declared.all(traced), outputs });
}

/** Update mode: the gradient of the one loss that local steps descend. */
export function updateProgram(parts: ProgramParts, batch: number): Program {
  const declared = new ProgramInputs(batch);
  const traced = traceRows(parts, declared, batch, true);
  const outputs: Record<string, Node> = {};
  const [numerators, scales]: [Node[], Node[]] = [[], []];
  for (const goal of parts.goals) {
    const sums = sumsOf(goal, batchOf(goal, traced, declared));
    Object.assign(outputs, sums);
    numerators.push(sums[`objective/${goal.name}/numerator`]!);
    scales.push(declared.constant(`scale/${goal.name}`));
  }
  let loss = combinedLoss(numerators, scales);
  if (parts.penalties.length > 0) {
    loss = add(loss, multiply(declared.constant("scale/penalty"), penaltyNode(parts.penalties, trainedOf(traced))));
  }
  Object.assign(outputs, gradients("gradient", loss, traced));
  for (const [name, node] of Object.entries(traced.moved)) outputs[`buffer/${name}`] = node;
  return defineProgram({ inputs: declared.all(traced), outputs });
}

/** The model on the rows that count for some objective. */
function traceRows(parts: ProgramParts, declared: ProgramInputs, batch: number, training: boolean): Traced {
  const present = parts.goals.map(({ name }) => notEqual(declared.weight(name), 0)).reduce((a, b) => or(a, b));
  return trace({
    ...parts,
    batch,
    training,
    present,
    feature: (name) => withoutAbsent(present, declared.feature(name, parts.features)),
    uniform: (draw, size) =>
      randomUniform(declared.exampleId(), declared.step(), { size, salt: (parts.salt + draw) % 0x80000000 }),
  });
}

interface Seen {
  readonly prediction: Node;
  /** As the loss wants it: of its dtype, and as signs where it asks for them. */
  readonly target: Node;
  /** As the data hold it. */
  readonly raw: Node;
  readonly weights: Node;
}

function batchOf(goal: Goal, traced: Traced, declared: ProgramInputs): Seen {
  const head = traced.heads[goal.head]!;
  const prediction = asRows(head, goal.loss);
  const raw = declared.target(goal);
  const typed = goal.loss.targetType(goal.facts) === "index" ? toIndex(raw) : raw;
  const target = goal.loss.signs && goal.facts.kind === "binary" ? subtract(multiply(2, typed), 1) : typed;
  return { prediction, target, raw, weights: declared.weight(goal.name) };
}

/** A head of one output [batch, 1] as [batch], for losses that take it so. */
function asRows(head: Node, loss: BoundLoss): Node {
  if (head.shape[1] !== 1) return head;
  const rows = reshape(head, [head.shape[0]!]);
  return formFor(formsOf(loss.inputs["prediction"] ?? []), rows) === undefined ? head : rows;
}

/** `objective/<name>/numerator`, `…/denominator`, `…/count`, `…/ignored`, `…/nonFinite`. */
function sumsOf(goal: Goal, { prediction, target, weights }: Seen): Record<string, Node> {
  if (goal.loss.kind === "two-phase")
    throw new TributaryError("invalid-experiment", `objectives.${goal.name}: ${goal.loss.name} needs two exchanges`);
  const sums = objectiveOutputs(goal.loss, { prediction, target }, weights);
  return Object.fromEntries(Object.entries(sums).map(([sum, node]) => [`objective/${goal.name}/${sum}`, node as Node]));
}

/** ∂node/∂parameter for each trained parameter that it depends on; engines take the others to be 0. */
function gradients(prefix: string, node: Node, traced: Traced): Record<string, Node> {
  const reached = new Set(inOrder([node]));
  const trained = trainedOf(traced).filter((parameter) => reached.has(parameter.node));
  const slopes = gradient(
    node,
    trained.map((parameter) => parameter.node),
  );
  return Object.fromEntries(trained.map(({ name }, i) => [`${prefix}/${name}`, slopes[i]!]));
}

const trainedOf = ({ parameters }: Traced): Traced["parameters"] =>
  parameters.filter(({ scope }) => scope !== "buffer");
