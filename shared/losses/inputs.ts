/**
 * What a loss is given: each input says where it comes from, what it holds, and along which axes.
 *
 *     inputs: {
 *       prediction: fromModel("real", "batch", "classes"),     // differentiable: an output of the model
 *       target: fromData("class", "batch"),                    // given: a column of the data
 *     }
 *
 * From this follow which head or column can be bound to it, its dtype, the random batches that every loss is tested with, and
 * what its page says. An axis is a name; equal names have equal lengths within a loss. "batch" comes first, and "…" stands for
 * any further axes or none. Several forms of one input are a list: class indices, or rows of class probabilities.
 */
import { TributaryError } from "../errors.ts";
import type { DType, Node } from "../graph/graph.ts";
import { showShape } from "../tensor/shape.ts";

/** What the numbers of an input are. Index kinds are whole numbers below the length of the axis in `below`. */
export type Holds =
  | "real" // any number
  | "positive" // > 0
  | "non-negative" // ≥ 0
  | "count" // 0, 1, 2, …, as a real
  | "relevance" // graded, 0 … 4, as a real
  | "probability" // in [0, 1]
  | "distribution" // rows of probabilities that sum to 1
  | "log-probability" // below 0, or, of a density, above
  | "log-mass" // < 0: the logarithm of a probability that is neither 0 nor 1
  | "log-distribution" // rows of log-probabilities, whose exponentials sum to 1
  | "cosine" // in [−1, 1]
  | "binary" // 0 or 1, as a real
  | "sign" // −1 or 1, as a real
  | "class" // index
  | "level" // index, ordered
  | "interval" // index of a period of time
  | "length" // index: how many steps of an axis count, from 1
  | "group" // index: equal for the rows of one group, which no client and no batch may share
  | "member"; // index: equal for rows that belong together inside a group, or rows of one protected group

const indices: ReadonlySet<Holds> = new Set(["class", "level", "interval", "length", "group", "member"]);

export interface InputSpec {
  /** model: differentiable, an output of a head. data: given, a column. */
  readonly from: "model" | "data";
  readonly holds: Holds;
  /** "batch", then the names of the others; "…" for any number of further axes. */
  readonly axes: readonly string[];
  /** For index kinds: the axis whose length they stay below; lengths may equal it. */
  readonly below?: string;
  /** Value and gradient are finite, in float32, for numbers of at most this size. @default 1e4 */
  readonly within?: number;
  /** May be left out. */
  readonly optional?: true;
}

type More = Pick<InputSpec, "below" | "within" | "optional">;

/** A differentiable input: `fromModel("real", ["batch", "classes"])`. */
export const fromModel = (holds: Holds, axes: readonly string[], more: More = {}): InputSpec => ({
  from: "model",
  holds,
  axes,
  ...more,
});

/** A given input: `fromData("class", ["batch"], { below: "classes" })`. */
export const fromData = (holds: Holds, axes: readonly string[], more: More = {}): InputSpec => ({
  from: "data",
  holds,
  axes,
  ...more,
});

/** The values of one input of one batch. */
export interface InputValues {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
/** A whole batch, input by input. */
export type Drawn = Readonly<Record<string, InputValues>>;

/** One or more forms of each input of a loss. */
export type InputSpecs<Input extends string = string> = Readonly<Record<Input, InputSpec | readonly InputSpec[]>>;

export const dtypeOf = ({ holds }: InputSpec): DType => (indices.has(holds) ? "index" : "real");

export const formsOf = (spec: InputSpec | readonly InputSpec[]): readonly InputSpec[] =>
  Array.isArray(spec) ? (spec as readonly InputSpec[]) : [spec as InputSpec];

/** The form of an input that fits a node: of its dtype, and of as many axes. */
export const formFor = (forms: readonly InputSpec[], { dtype, shape }: Node): InputSpec | undefined =>
  forms.find((form) => dtypeOf(form) === dtype && hasRank(form, shape.length));

function hasRank({ axes }: InputSpec, rank: number): boolean {
  const open = axes.includes("…");
  return open ? rank >= axes.length - 1 : rank === axes.length;
}

/**
 * The inputs, checked: all there, each of a declared dtype and rank, equal axes of equal lengths. Without this, broadcasting
 * [batch] against [batch, 1] would quietly make a matrix.
 *
 * Throws "shape-mismatch", every misfit named.
 */
export function checkedInputs<Input extends string>(
  loss: string,
  specs: InputSpecs<Input>,
  given: Readonly<Record<string, Node>>,
): Readonly<Record<Input, Node>> & Readonly<Record<string, Node>> {
  const problems: string[] = [];
  const lengths = new Map<string, { readonly input: string; readonly length: string }>();
  for (const [name, spec] of Object.entries<InputSpec | readonly InputSpec[]>(specs)) {
    const forms = formsOf(spec);
    const node = given[name];
    if (node === undefined) {
      if (!forms.some(({ optional }) => optional)) problems.push(`expected the input "${name}", got none`);
      continue;
    }
    const form = formFor(forms, node);
    if (form === undefined) {
      problems.push(`expected "${name}" as ${forms.map(describe).join(" or ")}, got ${describeNode(node)}`);
      continue;
    }
    for (const [axis, length] of lengthsOf(form, node)) {
      const before = lengths.get(axis);
      if (before === undefined) lengths.set(axis, { input: name, length });
      else if (before.length !== length)
        problems.push(
          `expected "${name}" and "${before.input}" to agree along ${axis === "…" ? "every axis" : axis}, got ${length} and ${before.length}`,
        );
    }
  }
  if (problems.length > 0) throw new TributaryError("shape-mismatch", `${loss}: ${problems.join("; ")}`);
  return given;
}

function lengthsOf({ axes }: InputSpec, { shape }: Node): (readonly [axis: string, length: string])[] {
  return axes.map((axis, i) => (axis === "…" ? [axis, showShape(shape.slice(i))] : [axis, String(shape[i])]));
}

const describe = (spec: InputSpec): string => `${dtypeOf(spec)} [${spec.axes.join(", ")}]`;
const describeNode = ({ dtype, shape }: Node): string => `${dtype} ${showShape(shape)}`;
