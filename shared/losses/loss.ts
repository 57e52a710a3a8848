/**
 * A loss is an expression: predictions and targets in, numbers out. It knows nothing of reduction, weights of rows, or
 * gradients: objectives reduce (`objectives/objective.ts`), the graph differentiates. There are three kinds.
 *
 *     additive    one value per unit               num = Σ wᵢ·ℓᵢ    den = Σ wᵢ·cᵢ    L = Σ_clients num / Σ_clients den
 *     set         units join the rows of one `group` (a list, a stratum, a batch of views); groups stay whole
 *     two-phase   F(S) of sums S = Σ wᵢ·sᵢ over all rows of all clients: they report S, are told λ = ∂F/∂S, report Σ λ·∇S
 *
 * What a loss declares is what "mean" means for it: the unit that is counted, the normalizer cᵢ of a unit (1, or a class
 * weight), and which units it ignores; and of each input where it comes from and what it holds (`inputs.ts`).
 *
 *     export const mae = defineLoss({
 *       name: "mae", version: 1, unit: "element", measure: "target",
 *       options: z.strictObject({}),
 *       inputs: { prediction: fromModel("real", ["batch", "…"]), target: fromData("real", ["batch", "…"]) },
 *       perExample: ({ prediction, target }) => abs(subtract(prediction, target)),
 *     });
 *     const { units } = mae.bind({});
 *
 * Options are plain JSON, checked by the loss's own schema when it is bound; being a graph, a loss defined in code travels
 * to remote clients without any code. Conventions that libraries dispute (½, kinks, denominators) are stated at each loss.
 * Read next: `regression/regression.ts`, `groups.ts`.
 */
import type { z } from "zod";
import { TributaryError } from "../errors.ts";
import { decodeOptions } from "../experiment/decode-options.ts";
import type { DType, Node } from "../graph/graph.ts";
import { sameShape, showShape, sizeOf, type Shape } from "../tensor/shape.ts";
import { checkedInputs, dtypeOf, formsOf, type Drawn, type InputSpecs } from "./inputs.ts";
import type { LossParameter } from "./parameters.ts";
import type { Term } from "./terms.ts";

/** The values of a set of units, all of one shape: [batch], or [batch, …]. */
export interface Units {
  readonly value: Node;
  /** cᵢ: what a unit of weight 1 adds to the denominator. Left out: 1. */
  readonly normalizer?: Node;
  /** 1 where the unit is left out of numerator and denominator and counted apart, else 0. Left out: none are. */
  readonly ignored?: Node;
  /** The weight of each unit, for losses whose units are not rows. Left out: the weight of the unit's row. */
  readonly weight?: Node;
}

/** F(S), a scalar. */
export interface Outcome {
  readonly value: Node;
  /** 1 where F is not estimable from such sums (nothing to divide by, no variance), else 0. Left out: it always is. */
  readonly empty?: Node;
  /** What to show beside F, by name: the rate of each group, and which groups were too small to have one. */
  readonly details?: Readonly<Record<string, Node>>;
}

/** What a target column holds: any real number, 0 or 1, a class index, an ordered level's index, a group's number. */
export type TargetKind = "number" | "binary" | "class" | "level" | "group";

/** One target of an experiment, as a loss sees it before there is any data. */
export interface TargetFacts {
  readonly kind: TargetKind;
  /** Classes or levels; 2 when binary, 1 for a number. */
  readonly classes: number;
  /** The shape of one row's target. @default [], a single value */
  readonly shape?: Shape;
}

/** What den counts: the row, each element of [batch, …], or what a set loss joins. */
export type Unit =
  "row" | "element" | "pair" | "token" | "sequence" | "example" | "group" | "list" | "anchor" | "event" | "batch";

/** What the parameters of a loss are learned by. */
export type LearnedBy = "model" | "validation";

interface Declared<Options, Input extends string> {
  /** Kebab-case; with `version`, the identity of the loss. A change of any value it computes is a new version. */
  readonly name: string;
  readonly version: number;
  readonly unit: Unit;
  /** The unit of ℓ: "nats", "target²", … */
  readonly measure: string;
  readonly options: z.ZodType<Options>;
  readonly inputs: InputSpecs<Input>;
  /** Inputs that hold something else under some options: those, in place of theirs in `inputs`. */
  readonly inputsFor?: (options: Options) => Partial<InputSpecs<Input>>;
  /** How many outputs the head of `prediction` needs; "any" leaves it to the model. @default one for each value of a row's target */
  readonly outputs?: (target: TargetFacts, options: Options) => number | "any";
  /** Refuses options that do not fit the target: the complaint, or undefined. */
  readonly misfit?: (options: Options, target: TargetFacts) => string | undefined;
  /** Further inputs, by name, that are parameters of the loss. */
  readonly parameters?: (options: Options) => Readonly<Record<string, LossParameter>>;
  /**
   * What its parameters are learned by. model: by the loss itself, together with the model. validation: by what a step of the
   * model does to another objective, for the loss itself would only make itself small. @default model
   */
  readonly learnedBy?: LearnedBy;
  /** ℓ is exactly 0 for units that are as they should be: a margin that is met. Then the share of the others can be shown. */
  readonly sparse?: true;
  /** Of a loss on pairs: the input that ought to score higher, and the other. */
  readonly pair?: readonly [better: Input, worse: Input];
  /** Points of `prediction` where the gradient is declared rather than derived, for the check of a new loss. */
  readonly kinks?: readonly number[];
  /** Makes inputs that were drawn one by one fit together (`draw.ts`), where what they hold does not say how. */
  readonly arrange?: (drawn: Drawn, options: Options) => Drawn;
}

/** The inputs by name, all there, and the loss's own parameters beside them. */
export type Given<Input extends string> = Readonly<Record<Input, Node>> & Readonly<Record<string, Node>>;

export interface UnitLossDefinition<Options, Input extends string> extends Declared<Options, Input> {
  /** @default "additive" */
  readonly kind?: "additive" | "set";
  /** One value per unit; `weights` [batch] is for losses over sets, and never to be multiplied in. */
  readonly perExample: (inputs: Given<Input>, options: Options, weights: Node) => Node | Units;
}

export interface SumsLossDefinition<Options, Input extends string, Sum extends string = string> extends Declared<
  Options,
  Input
> {
  readonly kind: "two-phase";
  /** What each row adds to each sum: name → sᵢ, S = Σ wᵢ·sᵢ (`terms.ts` has its three shapes). */
  readonly terms: (inputs: Readonly<Record<Input, Node>>, options: Options) => Readonly<Record<Sum, Term>>;
  /** F of the sums, by their names. */
  readonly of: (sums: Readonly<Record<Sum, Node>>, options: Options) => Node | Outcome;
  /** Headings under which S is shown in one row of numbers, and the sums of each. @default a row for each sum, by its name */
  readonly shownAs?: Readonly<Record<string, readonly Sum[]>>;
}

export type LossDefinition<Options, Input extends string> =
  UnitLossDefinition<Options, Input> | SumsLossDefinition<Options, Input>;

interface Bound {
  readonly name: string;
  readonly version: number;
  readonly unit: Unit;
  readonly measure: string;
  readonly inputs: InputSpecs;
  /** The options with their defaults filled in: plain JSON. */
  readonly options: unknown;
  readonly parameters: Readonly<Record<string, LossParameter>>;
  readonly learnedBy: LearnedBy;
  /** Whether ℓ is exactly 0 for units that are as they should be. */
  readonly sparse: boolean;
  readonly pair: readonly [better: string, worse: string] | undefined;
  readonly kinks: readonly number[];
  arrange(drawn: Drawn): Drawn;
  /** The dtype of the target input for such a target. */
  targetType(target: TargetFacts): DType;
  /** Whether the target is wanted as −1 and 1. */
  readonly signs: boolean;
  /** Outputs the head must have for such a target. */
  outputs(target: TargetFacts): number | "any";
  /** Why this loss cannot be used on such a target, or undefined. */
  misfit(target: TargetFacts): string | undefined;
}

/** A loss of units, with its options settled. */
export interface UnitLoss extends Bound {
  readonly kind: "additive" | "set";
  /** The units of a batch. Throws "shape-mismatch" when a named input is missing or of another form. */
  units(inputs: Readonly<Record<string, Node>>, weights: Node): Units;
}

/** A loss that is a function of sums, with its options settled. */
export interface SumsLoss extends Bound {
  readonly kind: "two-phase";
  /** What each row adds to each sum. Throws "shape-mismatch" as `units` does. */
  terms(inputs: Readonly<Record<string, Node>>): Readonly<Record<string, Term>>;
  of(sums: Readonly<Record<string, Node>>): Outcome;
  /** Headings over several sums each, where S is shown so. */
  readonly shownAs?: Readonly<Record<string, readonly string[]>>;
  /** Whether F depends on the round: `of` is then given `pace` [2] beside the sums (`objectives/curriculum.ts`). */
  readonly paced?: true;
}

/** A loss with its options settled: what an objective is made of. */
export type BoundLoss = UnitLoss | SumsLoss;

export interface Loss<Options = unknown, Settled extends BoundLoss = BoundLoss> {
  readonly name: string;
  readonly version: number;
  readonly kind: Settled["kind"];
  readonly unit: Unit;
  readonly measure: string;
  readonly inputs: InputSpecs;
  readonly options: z.ZodType<Options>;
  /** Checks the options and settles them. Throws "invalid-option", every problem named. */
  bind(options?: unknown): Settled;
}

/** Makes a loss of its definition. */
export function defineLoss<Options, Input extends string>(
  definition: UnitLossDefinition<Options, Input>,
): Loss<Options, UnitLoss>;
export function defineLoss<Options, Input extends string, Sum extends string>(
  definition: SumsLossDefinition<Options, Input, Sum>,
): Loss<Options, SumsLoss>;
export function defineLoss<Options, Input extends string>(definition: LossDefinition<Options, Input>): Loss<Options> {
  const { name, version, unit, measure, inputs, kind = "additive" } = definition;
  const declared = { name, version, unit, measure, inputs };
  return {
    ...declared,
    kind,
    options: definition.options,
    bind(given = {}): BoundLoss {
      const options = decodeOptions(name, definition.options, given);
      const settled: InputSpecs<Input> = { ...inputs, ...definition.inputsFor?.(options) };
      const bound: Bound = {
        ...declared,
        inputs: settled,
        options,
        parameters: definition.parameters?.(options) ?? {},
        learnedBy: definition.learnedBy ?? "model",
        sparse: definition.sparse ?? false,
        pair: definition.pair,
        kinks: definition.kinks ?? [],
        arrange: (drawn) => definition.arrange?.(drawn, options) ?? drawn,
        signs: targetForms(settled).some(({ holds }) => holds === "sign"),
        targetType: (target) => targetType(settled, target.kind),
        outputs: (target) => definition.outputs?.(target, options) ?? sizeOf(target.shape ?? []),
        misfit: (target) => misfit(definition, settled, options, target),
      };
      const checked = (nodes: Readonly<Record<string, Node>>): Given<Input> => checkedInputs(name, settled, nodes);
      if (definition.kind === "two-phase") {
        return {
          ...bound,
          kind: "two-phase",
          terms: (nodes) => definition.terms(checked(nodes), options),
          of(sums) {
            const answer = definition.of(sums, options);
            return "value" in answer ? answer : { value: answer };
          },
          ...(definition.shownAs !== undefined && { shownAs: definition.shownAs }),
        };
      }
      return {
        ...bound,
        kind: definition.kind ?? "additive",
        units(nodes, weights) {
          const answer = definition.perExample(checked(nodes), options, weights);
          return "value" in answer ? answer : { value: answer };
        },
      };
    },
  };
}

/** A loss that is another under some options, with the options of both. */
export const eitherLoss = (
  plain: Loss,
  other: Loss,
  options: z.ZodType,
  isOther: (given: unknown) => boolean,
): Loss => ({
  ...plain,
  options,
  bind: (given) => (isOther(given) ? other : plain).bind(given),
});

const targetForms = (inputs: InputSpecs) => formsOf(inputs["target"] ?? []);

/** Class indices for classes and levels where the loss takes them, reals otherwise. */
function targetType(inputs: InputSpecs, kind: TargetKind): DType {
  const accepted = targetForms(inputs).map(dtypeOf);
  return accepted.includes("index") && (kind !== "number" || accepted.length === 1) ? "index" : "real";
}

/** The kinds of target column that an input takes, by what it holds. */
export function targetKinds(specs: InputSpecs[string]): readonly TargetKind[] {
  const kinds = formsOf(specs).flatMap(({ holds }): TargetKind[] => {
    if (holds === "binary" || holds === "sign") return ["binary"];
    if (holds === "class") return ["class", "level", "binary"];
    if (holds === "member" || holds === "group") return ["group", "class", "level", "binary"];
    if (holds === "level") return ["level"];
    if (holds === "interval" || holds === "length") return ["class", "level"];
    if (holds === "distribution") return [];
    return ["number"];
  });
  return [...new Set(kinds)];
}

function misfit<Options, Input extends string>(
  { name, misfit: check }: LossDefinition<Options, Input>,
  inputs: InputSpecs,
  options: Options,
  target: TargetFacts,
): string | undefined {
  const kinds = targetKinds(inputs["target"] ?? []);
  if (kinds.length === 0 || kinds.includes(target.kind)) return check?.(options, target);
  return `${name} takes targets of the kind ${kinds.join(" or ")}, got a ${target.kind}`;
}

/** Throws "shape-mismatch" unless there is a target for each prediction: broadcasting [batch] against [batch, 1] would make a matrix. */
export function mustAgree(prediction: Node, target: Node): void {
  if (sameShape(prediction.shape, target.shape)) return;
  const [p, y] = [showShape(prediction.shape), showShape(target.shape)];
  throw new TributaryError("shape-mismatch", `Expected targets of the predictions' shape ${p}, got ${y}`);
}
