/**
 * A loss tried on one batch, whole: what `tributary loss` answers and what every law of losses is checked on.
 *
 *     const { numerator, denominator, value, gradients } = tryLoss(mse.bind({}), batch, [1, 1, 0.5], createReferenceEngine);
 *
 * Numbers are those of one machine: numerator and denominator, the gradient of the numerator with respect to each input that
 * comes from the model, and of a two-phase loss its sums S and multipliers λ = ∂F/∂S. The numerator of F(S) is F, over 1.
 */
import { constant, input, select } from "../graph/build.ts";
import { gradient } from "../graph/gradient.ts";
import type { Node } from "../graph/graph.ts";
import { defineProgram } from "../graph/define-program.ts";
import type { Program } from "../graph/program.ts";
import type { Engine } from "../kernels/engine-interface.ts";
import { formsOf, type Drawn, type InputValues } from "../losses/inputs.ts";
import type { BoundLoss } from "../losses/loss.ts";
import { firstValues } from "../losses/parameters.ts";
import { Random } from "../random.ts";
import { objectiveOutputs, outerOutputs, sumsOutputs } from "./objective.ts";

export interface Trial {
  readonly numerator: number;
  readonly denominator: number;
  /** num/den; null where there is nothing to divide by. */
  readonly value: number | null;
  /** Units of non-zero weight that are not ignored; for F(S), whose unit is the batch, all rows it was made of. */
  readonly count: number;
  readonly ignored: number;
  readonly nonFinite: number;
  /** ℓ of each unit with its class weight, without its example weight, 0 where ignored; only of additive losses. */
  readonly units?: InputValues;
  /** ∂numerator/∂input for each input that comes from the model. */
  readonly gradients: Readonly<Record<string, InputValues>>;
  readonly sums?: Readonly<Record<string, InputValues>>;
  readonly multipliers?: Readonly<Record<string, InputValues>>;
  /** What a two-phase loss shows beside F: rates of groups, which of them are not estimable. */
  readonly details?: Readonly<Record<string, InputValues>>;
}

/** The inputs of this batch that a gradient is taken of: those from the model, and parameters of the loss that are given. */
export const slopesOf = (loss: BoundLoss, batch: Drawn): string[] => {
  const learned = Object.entries(loss.inputs).flatMap(([name, spec]) =>
    formsOf(spec).some(({ from }) => from === "model") ? [name] : [],
  );
  return [...learned, ...Object.keys(loss.parameters)].filter((name) => batch[name] !== undefined);
};

/** The program of a loss whose inputs are given directly, with `weight` [batch]. */
export function trialProgram(loss: BoundLoss, batch: Drawn): Program {
  const rows = Object.values(batch)[0]!.shape[0]!;
  const nodes = nodesOf(loss, batch);
  const weight = input("weight", [rows]);
  const { numerator, outputs } = loss.kind === "two-phase" ? ofSums(loss, nodes, weight) : ofUnits(loss, nodes, weight);
  const names = slopesOf(loss, batch);
  const slopes = gradient(
    numerator,
    names.map((name) => nodes[name]!),
  );
  return defineProgram({
    inputs: [
      ...Object.entries(batch).map(
        ([name, { shape, dtype }]) =>
          ({ name, role: name in loss.parameters ? "parameter" : "batch", shape, dtype }) as const,
      ),
      { name: "weight", role: "batch", shape: [rows], dtype: "real" },
    ],
    outputs: { ...outputs, ...Object.fromEntries(names.map((name, i) => [`slope/${name}`, slopes[i]!])) },
  });
}

/** What is given, and the first values of the loss's parameters where they are not. */
export const nodesOf = (loss: BoundLoss, batch: Drawn): Record<string, Node> => ({
  ...Object.fromEntries(
    Object.entries(loss.parameters).map(([name, parameter]) => [
      name,
      constant(firstValues(parameter, Random.seeded(0).fork(name)), parameter.shape),
    ]),
  ),
  ...Object.fromEntries(Object.entries(batch).map(([name, { shape, dtype }]) => [name, input(name, shape, dtype)])),
});

interface Parts {
  readonly numerator: Node;
  readonly outputs: Readonly<Record<string, Node>>;
}

function ofUnits(loss: Exclude<BoundLoss, { kind: "two-phase" }>, nodes: Record<string, Node>, weight: Node): Parts {
  const { numerator, ...rest } = objectiveOutputs(loss, nodes, weight);
  const { value, ignored } = loss.units(nodes, weight);
  const units = ignored === undefined ? value : select(ignored, 0, value);
  return { numerator, outputs: { numerator, ...rest, units } };
}

function ofSums(loss: Extract<BoundLoss, { kind: "two-phase" }>, nodes: Record<string, Node>, weight: Node): Parts {
  const { sums, count, ignored, nonFinite } = sumsOutputs(loss, nodes, weight);
  const { value: numerator, empty, multipliers, details } = outerOutputs(loss, sums);
  const named = (kind: string, parts: Readonly<Record<string, Node>>): Record<string, Node> =>
    Object.fromEntries(Object.entries(parts).map(([name, node]) => [`${kind}/${name}`, node]));
  return {
    numerator,
    outputs: {
      numerator,
      empty,
      count,
      ignored,
      nonFinite,
      ...named("sum", sums),
      ...named("multiplier", multipliers),
      ...named("detail", details),
    },
  };
}

/** Runs a loss on a batch; weights are 1 unless given. */
export function tryLoss(
  loss: BoundLoss,
  batch: Drawn,
  weights: readonly number[] | undefined,
  engineOf: (program: Program) => Engine,
): Trial {
  const engine = engineOf(trialProgram(loss, batch));
  for (const [name, { data }] of Object.entries(batch)) engine.input(name).set(data);
  const rows = Object.values(batch)[0]!.shape[0]!;
  engine.input("weight").set(weights ?? new Array<number>(rows).fill(1));
  engine.run();
  const scalar = (name: string): number => engine.output(name)[0]!;
  const tensor = (name: string): InputValues => {
    const { shape, dtype } = engine.program.nodes[engine.program.outputs[name]!]!;
    return { dtype, shape, data: [...engine.output(name)] };
  };
  const named = (kind: string, names = keysOf(engine.program, kind)): Record<string, InputValues> =>
    Object.fromEntries(names.map((name) => [name, tensor(`${kind}/${name}`)]));
  /** In the loss's own order: outputs of a program have another. */
  const ofTwoPhases = (names: string[]): Pick<Trial, "sums" | "multipliers" | "details"> => ({
    sums: named("sum", names),
    multipliers: named("multiplier", names),
    details: named("detail"),
  });
  const numerator = scalar("numerator");
  const denominator = loss.kind === "two-phase" ? 1 - scalar("empty") : scalar("denominator");
  return {
    numerator,
    denominator,
    value: denominator === 0 ? null : numerator / denominator,
    count: loss.kind === "two-phase" ? denominator * rows : scalar("count"),
    ignored: scalar("ignored"),
    nonFinite: scalar("nonFinite"),
    gradients: named("slope"),
    ...(loss.kind === "additive" && { units: tensor("units") }),
    ...(loss.kind === "two-phase" && ofTwoPhases(Object.keys(loss.terms(nodesOf(loss, batch))))),
  };
}

const keysOf = ({ outputs }: Program, kind: string): string[] =>
  Object.keys(outputs).flatMap((name) => (name.startsWith(`${kind}/`) ? [name.slice(kind.length + 1)] : []));
