/**
 * A loss is an expression: predictions and targets in, one value per unit out.
 *
 *     num = Σ wᵢ·ℓᵢ        den = Σ wᵢ·cᵢ        L = Σ_clients num / Σ_clients den
 *
 * It knows nothing of reduction, weights of rows, or gradients: objectives reduce (`objectives/objective.ts`), the graph
 * differentiates. What it does declare is what "mean" means for it: the unit that is counted (a row, or each of its
 * elements), the normalizer cᵢ of a unit (1, or a class weight), and which units it ignores.
 *
 *     export const mae = defineLoss({
 *       name: "mae", version: 1, unit: "element", measure: "target", targets: ["number"],
 *       options: z.strictObject({}),
 *       inputs: { prediction: "real", target: "real" },
 *       perExample: ({ prediction, target }) => abs(subtract(prediction, target)),
 *     });
 *     const { perExample } = mae.bind({});
 *
 * Options are plain JSON, checked by the loss's own schema when it is bound; being a graph, a loss defined in code travels
 * to remote clients without any code. Conventions that libraries dispute (½, kinks, denominators) are stated at each loss.
 * Losses over sets (pairs, lists, risk sets) take the row weights and answer with units that are groups, each with its own
 * weight. Read next: `regression.ts`, `classification.ts`.
 */
import { z } from "zod";
import { TributaryError } from "../errors.ts";
import type { DType, Node } from "../graph/graph.ts";
import { sameShape, showShape } from "../tensor/shape.ts";

/** The values of a set of units, all of one shape: [batch], [batch, …] or [groups]. */
export interface Units {
  readonly value: Node;
  /** cᵢ: what a unit of weight 1 adds to the denominator. Left out: 1. */
  readonly normalizer?: Node;
  /** 1 where the unit is left out of numerator and denominator and counted apart, else 0. Left out: none are. */
  readonly ignored?: Node;
  /** The weight of each unit, for losses whose units are not rows. Left out: the weight of the unit's row. */
  readonly weight?: Node;
}

/** What a target column holds: any real number, 0 or 1, a class index, an ordered level's index. */
export type TargetKind = "number" | "binary" | "class" | "level";

/** One target of an experiment, as a loss sees it before there is any data. */
export interface TargetFacts {
  readonly kind: TargetKind;
  /** Classes or levels; 2 when binary, 1 for a number. */
  readonly classes: number;
}

export interface LossDefinition<Options, Input extends string> {
  /** Kebab-case; with `version`, the identity of the loss. A change of any value it computes is a new version. */
  readonly name: string;
  readonly version: number;
  /** example: units stand in one row each. set: a unit joins rows of one group, which must stay on one client. */
  readonly kind?: "example" | "set";
  /** What den counts and a row's weight multiplies: the row, each element of [batch, …], or a group. */
  readonly unit: "row" | "element" | "group";
  /** The unit of ℓ: "nats", "target²", … */
  readonly measure: string;
  /** The targets it can be given; signs: it wants −1 and 1 and is given them for a binary target. */
  readonly targets: readonly TargetKind[];
  readonly signs?: boolean;
  readonly options: z.ZodType<Options>;
  readonly inputs: Readonly<Record<Input, DType | readonly DType[]>>;
  /** How many outputs the head needs for a target. @default 1 */
  readonly outputs?: (target: TargetFacts) => number;
  /** Refuses options that do not fit the number of classes: the complaint, or undefined. */
  readonly misfit?: (options: Options, target: TargetFacts) => string | undefined;
  /** One value per unit; `weights` [batch] is for losses over sets, and never to be multiplied in. */
  readonly perExample: (inputs: Readonly<Record<Input, Node>>, options: Options, weights: Node) => Node | Units;
}

/** A loss with its options settled: what an objective is made of. */
export interface BoundLoss {
  readonly name: string;
  readonly version: number;
  readonly unit: "row" | "element" | "group";
  readonly measure: string;
  readonly signs: boolean;
  readonly targets: readonly TargetKind[];
  /** The options with their defaults filled in: plain JSON. */
  readonly options: unknown;
  /** The dtype of the target input for such a target. */
  targetType(target: TargetFacts): DType;
  /** Outputs the head must have for such a target. */
  outputs(target: TargetFacts): number;
  /** Why this loss cannot be used on such a target, or undefined. */
  misfit(target: TargetFacts): string | undefined;
  /** The units of a batch. Throws "shape-mismatch" when a named input is missing or of another dtype. */
  units(inputs: Readonly<Record<string, Node>>, weights: Node): Units;
}

export interface Loss<Options = unknown> {
  readonly name: string;
  readonly version: number;
  readonly kind: "example" | "set";
  readonly options: z.ZodType<Options>;
  /** Checks the options and settles them. Throws "invalid-option", every problem named. */
  bind(options?: unknown): BoundLoss;
}

/** Makes a loss of its definition. */
export function defineLoss<Options, Input extends string>(definition: LossDefinition<Options, Input>): Loss<Options> {
  const { name, version, kind = "example", unit, measure, targets, signs = false } = definition;
  return {
    name,
    version,
    kind,
    options: definition.options,
    bind(given = {}) {
      const options = optionsOf(definition, given);
      return {
        name,
        version,
        unit,
        measure,
        signs,
        targets,
        options,
        targetType: (target) => targetType(definition.inputs, target.kind),
        outputs: (target) => definition.outputs?.(target) ?? 1,
        misfit: (target) => misfit(definition, options, target),
        units(inputs, weights) {
          const answer = definition.perExample(checkedInputs(definition, inputs), options, weights);
          return "value" in answer ? answer : { value: answer };
        },
      };
    },
  };
}

function optionsOf<Options, Input extends string>(definition: LossDefinition<Options, Input>, given: unknown): Options {
  const parsed = definition.options.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${[definition.name, ...path].join(".")}: ${message}`,
  );
  throw new TributaryError("invalid-option", problems.join("\n"));
}

/** Class indices for classes and levels where the loss takes them, reals otherwise. */
function targetType(inputs: Readonly<Record<string, DType | readonly DType[]>>, kind: TargetKind): DType {
  const accepted = [inputs["target"] ?? "real"].flat();
  return accepted.includes("index") && (kind !== "number" || accepted.length === 1) ? "index" : "real";
}

function misfit<Options, Input extends string>(
  { name, targets, misfit: check }: LossDefinition<Options, Input>,
  options: Options,
  target: TargetFacts,
): string | undefined {
  if (targets.includes(target.kind)) return check?.(options, target);
  return `${name} takes targets of the kind ${targets.join(" or ")}, got a ${target.kind}`;
}

function checkedInputs<Options, Input extends string>(
  { name, inputs }: LossDefinition<Options, Input>,
  given: Readonly<Record<string, Node>>,
): Readonly<Record<Input, Node>> {
  for (const [input, accepted] of Object.entries<DType | readonly DType[]>(inputs)) {
    const node = given[input];
    if (node !== undefined && [accepted].flat().includes(node.dtype)) continue;
    const expected = [accepted].flat().join(" or ");
    throw new TributaryError(
      "shape-mismatch",
      `${name}: expected the input "${input}" of dtype ${expected}, got ${node?.dtype ?? "none"}`,
    );
  }
  return given;
}

/** Throws "shape-mismatch" unless there is a target for each prediction: broadcasting [batch] against [batch, 1] would make a matrix. */
export function mustAgree(prediction: Node, target: Node): void {
  if (sameShape(prediction.shape, target.shape)) return;
  const [p, y] = [showShape(prediction.shape), showShape(target.shape)];
  throw new TributaryError("shape-mismatch", `Expected targets of the predictions' shape ${p}, got ${y}`);
}
