/**
 * Whether given numbers are what an input of a loss holds: class indices below the number of classes, targets of 0 and 1,
 * rows that sum to 1. Rows of weight 0 are not looked at: they count for nothing, whatever they hold.
 */
import { exp } from "../kernels/math.ts";
import {
  formFor,
  formsOf,
  type Drawn,
  type Holds,
  type InputSpec,
  type InputSpecs,
  type InputValues,
} from "./inputs.ts";
import type { Node } from "../graph/graph.ts";
import { targetKinds, type BoundLoss } from "./loss.ts";

/** What a single number must be, in words and as a test. Index kinds have their bound besides. */
const single: Readonly<Record<Holds, readonly [words: string, test: (x: number) => boolean]>> = {
  real: ["a number", () => true],
  positive: ["a number above 0", (x) => x > 0],
  "non-negative": ["a number of at least 0", (x) => x >= 0],
  count: ["a count: a whole number of at least 0", (x) => x >= 0 && Number.isInteger(x)],
  relevance: ["a relevance of at least 0", (x) => x >= 0 && x < Infinity],
  probability: ["a probability in [0, 1]", (x) => x >= 0 && x <= 1],
  distribution: ["a probability in [0, 1]", (x) => x >= -slack && x <= 1 + slack],
  "log-probability": ["a log-probability", () => true], // the log of a density may be above 0
  "log-mass": ["a log-probability below 0", (x) => x < 0 && x > -Infinity],
  "log-distribution": ["a log-probability of at most 0", (x) => x <= slack],
  cosine: ["a cosine in [−1, 1]", (x) => x >= -1 - slack && x <= 1 + slack],
  binary: ["0 or 1", (x) => x === 0 || x === 1],
  sign: ["−1 or 1", (x) => x === 1 || x === -1],
  class: ["a class", Number.isInteger],
  level: ["a level", Number.isInteger],
  interval: ["an interval", Number.isInteger],
  length: ["a length", Number.isInteger],
  group: ["the whole number of a group", Number.isInteger],
  member: ["a whole number", Number.isInteger],
};

/** The first of these numbers that is not what an input holds: where it stands, and what was expected. */
export function firstOutside(
  holds: Holds,
  data: ArrayLike<number>,
  counts: (i: number) => boolean,
): { readonly at: number; readonly expected: string } | undefined {
  const [expected, test] = single[holds];
  for (let at = 0; at < data.length; at++) if (counts(at) && !test(data[at]!)) return { at, expected };
  return undefined;
}

/** How far rounded numbers may be from what they stand for: 0.333, 0.333, 0.333 is a distribution. */
const slack = 1e-6;
const rowSlack = 2e-3;

/** Every input that holds what it should not: its first misfit, and how many there are. `weights` [batch] says which rows count. */
export function misfits(loss: BoundLoss, batch: Drawn, weights: readonly number[]): string[] {
  const lengths = axisLengths(loss.inputs, batch);
  const options = loss.options as Readonly<Record<string, unknown>>;
  /** The length of an axis, or an option of that name: `groups`. */
  const lengthOf = (axis: string): number | undefined => {
    const option = options[axis];
    return lengths.get(axis) ?? (typeof option === "number" ? option : undefined);
  };
  const held = Object.entries(batch).flatMap(([name, values]) => {
    const form = formOf(loss.inputs, name, values);
    if (form === undefined) return [];
    const bound = form.below === undefined ? undefined : lengthOf(form.below);
    const problem = misfitIn(form, values, weights, bound, options["ignoreIndex"]);
    return problem === undefined ? [] : [`"${name}" ${problem}`];
  });
  return [...held, ...optionMisfits(loss, lengths.get("classes"))];
}

/** Whether options that go class by class are as many as the classes of the batch. */
function optionMisfits(loss: BoundLoss, classes: number | undefined): string[] {
  if (classes === undefined || !targetKinds(loss.inputs["target"] ?? []).includes("class")) return [];
  const problem = loss.misfit({ kind: "class", classes });
  return problem === undefined ? [] : [`${loss.name}: ${problem}`];
}

const formOf = (inputs: InputSpecs, name: string, values: InputValues): InputSpec | undefined =>
  formFor(formsOf(inputs[name]!), values as unknown as Node); // looks at shape and dtype only

/** The length of each named axis. Levels are one more than the thresholds between them. */
function axisLengths(inputs: InputSpecs, batch: Drawn): ReadonlyMap<string, number> {
  const lengths = new Map<string, number>();
  for (const [name, values] of Object.entries(batch)) {
    const axes = formOf(inputs, name, values)?.axes ?? [];
    for (const [i, axis] of axes.entries()) if (axis !== "…") lengths.set(axis, values.shape[i]!);
  }
  const thresholds = lengths.get("thresholds");
  if (thresholds !== undefined && !lengths.has("levels")) lengths.set("levels", thresholds + 1);
  return lengths;
}

function misfitIn(
  { holds, from }: InputSpec,
  { shape, data }: InputValues,
  weights: readonly number[],
  bound: number | undefined,
  ignoreIndex: unknown,
): string | undefined {
  const [words, test] = single[holds];
  const highest = holds === "length" ? bound : bound === undefined ? undefined : bound - 1;
  const below = highest === undefined ? "" : ` in 0 … ${highest}`;
  const width = data.length / weights.length; // numbers of one row
  const outside = (x: number): boolean => !test(x) || (highest !== undefined && (x < 0 || x > highest));
  const counts = (i: number): boolean => weights[Math.floor(i / width)] !== 0;
  const bad = data.flatMap((x, i) => (counts(i) && x !== ignoreIndex && outside(x) ? [i] : []));
  if (bad.length > 0) {
    const more = bad.length === 1 ? "" : `, and ${bad.length - 1} more like it`;
    return `holds ${data[bad[0]!]} at ${place(shape, bad[0]!)}, expected ${words}${below}${more}`;
  }
  if (from === "model" || (holds !== "distribution" && holds !== "log-distribution")) return undefined;
  return unevenRow(holds, shape, data, counts);
}

/** The first row of a distribution that does not sum to 1. */
function unevenRow(
  holds: Holds,
  shape: readonly number[],
  data: readonly number[],
  counts: (i: number) => boolean,
): string | undefined {
  const width = shape.at(-1)!;
  for (let start = 0; start < data.length; start += width) {
    const row = data.slice(start, start + width).map((x) => (holds === "distribution" ? x : exp(x)));
    const sum = row.reduce((a, b) => a + b, 0);
    if (counts(start) && !(Math.abs(sum - 1) <= rowSlack))
      return `has probabilities that sum to ${sum} in the row ${place(shape.slice(0, -1), start / width)}, expected 1`;
  }
  return undefined;
}

/** Where the i-th number stands: [2, 0]. */
export function place(shape: readonly number[], i: number): string {
  const coordinates = shape.map((length, axis) => {
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    return Math.floor(i / inner) % length;
  });
  return `[${coordinates.join(", ")}]`;
}
