/**
 * Rewriting: operations in a form that runs faster, to the same bits. Each rule looks at one step and at those it reads; the first
 * that applies counts.
 */
import { isElementwise as isElementwiseOperation } from "../../graph/operations.ts";
import { around, sizeOf, type Shape } from "../../tensor/shape.ts";
import { repeatOf, type Repeat } from "./repeat.ts";
import type { Step } from "./step.ts";

type Rule = (step: Step) => Step | undefined;

/** Whether a step computes element i from the elements i of its inputs. `selectRows` goes by rows, and is no row of the operations' table. */
export const isElementwise = ({ operation }: Step): boolean =>
  operation !== "selectRows" && isElementwiseOperation(operation);

export function rewritten(step: Step): Step {
  for (const rule of rules[step.operation] ?? [expandAfterwards]) {
    const other = rule(step);
    if (other !== undefined) return other;
  }
  return step;
}

/** Larger results are cheaper to make anew in a group's scratch than to read from memory: 512 elements are one chunk. */
const largestOnce = 512;

/** Whether a result of that shape is made once, before the first run: it depends on constants alone, and is small. */
export const isOnce = (inputs: readonly Step[], shape: Shape): boolean =>
  inputs.length > 0 && inputs.every((input) => input.once) && sizeOf(shape) <= largestOnce;

/** expand(expand(x)) reads x once when the repeated axes are neighbours: (o, t₁, t₂, i) = (o, t₁·t₂, i). */
const expand: Rule = (step) => {
  const axis = step.attributes["axis"] as number;
  const { outer, inner } = around(step.shape, axis);
  const input = step.inputs[0]!;
  const repeat = { outer, times: step.shape[axis]!, inner };
  if (input.operation === "expand") {
    const before = repeatOf(input);
    const after = inner === before.inner && outer === before.outer * before.times; // the new axis lies inside the old one
    const within = outer === before.outer && inner === before.times * before.inner; // or around it
    if (after || within) {
      const attributes = { outer: before.outer, times: before.times * repeat.times, inner: before.inner };
      return { ...step, inputs: input.inputs, inputShapes: input.inputShapes, attributes };
    }
  }
  return { ...step, attributes: repeat };
};

/**
 * select(mask, x, 0) with one mask number per row of a batch [rows, …] is `selectRows`(mask [rows], x): a look at each row
 * instead of one at each element. Only where x lies in memory anyway, an input or what a kernel has made at once: others pass through a
 * group's scratch more cheaply.
 */
const selectRows: Rule = (step) => {
  const [mask, x, otherwise] = step.inputs as [Step, Step, Step];
  const lies = x.operation !== "expand" && !isElementwise(x) && x.dtype === "real" && !x.once;
  if (mask.operation !== "expand" || !lies || !isZero(otherwise)) return undefined;
  const { outer, times, inner } = repeatOf(mask);
  if (inner !== 1 || outer !== x.shape[0]) return undefined;
  return {
    ...step,
    operation: "selectRows",
    inputs: [mask.inputs[0]!, x],
    inputShapes: [[outer], step.shape],
    attributes: { rows: outer, size: times },
  };
};

/**
 * select(mask, scatterLast(v, index), 0) with one mask number per row scatters v of the rows that are selected: the large result is
 * written once.
 */
const selectScattered: Rule = (step) => {
  const [mask, x, otherwise] = step.inputs as [Step, Step, Step];
  if (mask.operation !== "expand" || x.operation !== "scatterLast" || !isEverywhere(otherwise)) return undefined;
  const [v, index] = x.inputs as [Step, Step];
  const { outer, times, inner } = repeatOf(mask);
  const k = x.inputShapes[0]!.at(-1)!;
  if (!isZero(otherwise) || inner !== 1 || times !== x.shape.at(-1)) return undefined;
  const shape = [outer * k];
  const inputs = [repeated(mask.inputs[0]!, { outer, times: k, inner }), v, everywhere(otherwise, shape[0]!)];
  const inputShapes = inputs.map(() => shape);
  const selected = { ...step, inputs, inputShapes, shape, once: isOnce(inputs, shape) };
  return { ...x, inputs: [selected, index] };
};

/**
 * An elementwise operation on numbers that are all repeated alike is done once for each of them: f(expand(a), expand(b)) = expand(f(a, b)).
 * Weights and masks of rows stay as short as the batch that way.
 */
const expandAfterwards: Rule = (step) => {
  if (!isElementwise(step) || step.dtype !== "real" || !step.inputs.every(isRepeated)) return undefined;
  const { outer, times, inner } = repeatOf(step.inputs.find((input) => !isEverywhere(input)) ?? step.inputs[0]!);
  const alike = (input: Step): boolean => {
    const own = repeatOf(input);
    return isEverywhere(input) || (own.outer === outer && own.times === times && own.inner === inner);
  };
  if (times === 1 || !step.inputs.every(alike)) return undefined;
  const shape = [outer * inner];
  const inputs = step.inputs.map((input) => (isEverywhere(input) ? everywhere(input, shape[0]!) : input.inputs[0]!));
  const small = { ...step, inputs, inputShapes: inputs.map(() => shape), shape, once: isOnce(inputs, shape) };
  return {
    ...step,
    operation: "expand",
    inputs: [small],
    inputShapes: [shape],
    attributes: { outer, times, inner },
  };
};

const isRepeated = ({ operation, dtype, once }: Step): boolean => operation === "expand" && dtype === "real" && !once;

/** A single number, as often as there are elements. */
const isEverywhere = (step: Step): boolean =>
  isRepeated(step) && repeatOf(step).outer === 1 && repeatOf(step).inner === 1;

/** The number of such an expand, `count` times. */
const everywhere = (step: Step, count: number): Step => repeated(step.inputs[0]!, { outer: 1, times: count, inner: 1 });

function repeated(x: Step, { outer, times, inner }: Repeat): Step {
  if (times === 1) return x;
  const shape = [outer * times * inner];
  const attributes = { outer, times, inner };
  const inputs = [x];
  const inputShapes = [[outer * inner]];
  return { operation: "expand", inputs, inputShapes, attributes, shape, dtype: x.dtype, once: isOnce(inputs, shape) };
}

/** Zeros everywhere; −0 is another number. */
function isZero({ operation, inputs, attributes }: Step): boolean {
  if (operation === "expand") return isZero(inputs[0]!);
  return operation === "constant" && (attributes["data"] as readonly number[]).every((value) => Object.is(value, 0));
}

const rules: Readonly<Record<string, readonly Rule[]>> = {
  expand: [expand],
  select: [selectScattered, selectRows, expandAfterwards],
};
