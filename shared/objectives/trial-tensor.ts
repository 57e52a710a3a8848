/**
 * Tensors as JSON, row-major and flat: `{ "dtype": "float" | "int" | "bool", "shape": [2, 3], "data": […] }`. Numbers that JSON
 * cannot write are the texts "NaN", "Infinity" and "-Infinity".
 */
import { dtypeOf, formsOf, type InputSpec, type InputSpecs, type InputValues } from "../losses/inputs.ts";
import { showShape, sizeOf } from "../tensor/shape.ts";

export type NumberJson = number | "NaN" | "Infinity" | "-Infinity";

export interface TensorJson {
  readonly dtype: "float" | "int" | "bool";
  readonly shape: readonly number[];
  readonly data: readonly (NumberJson | boolean)[];
}

/** What a request may hold: enough for a million examples, and not enough to stop the machine. */
export const limits = { axes: 8, axis: 1_000_000, numbers: 4_000_000 } as const;

const nonFinite: Readonly<Record<string, number>> = { NaN, Infinity, "-Infinity": -Infinity };

/** A number as JSON can write it. */
export const numberJson = (x: number): NumberJson =>
  Number.isFinite(x) ? x : Number.isNaN(x) ? "NaN" : x > 0 ? "Infinity" : "-Infinity";

/** A number as it was read. */
export const numberOf = (x: NumberJson | boolean): number => (typeof x === "string" ? nonFinite[x]! : Number(x));

export const tensorJson = ({ shape, data }: InputValues): TensorJson => ({
  dtype: "float",
  shape,
  data: data.map(numberJson),
});

/** The problems of a value that should be a tensor, each to be read after the tensor's name; none when it is one. */
export function tensorProblems(given: unknown): string[] {
  if (!isRecord(given)) return [`expected { dtype, shape, data }, got ${show(given)}`];
  const { dtype, shape, data } = given;
  const problems: string[] = [];
  const typed = dtype === "float" || dtype === "int" || dtype === "bool";
  if (!typed) problems.push(`expected the dtype "float", "int" or "bool", got ${show(dtype)}`);
  const shaped = isShape(shape);
  if (!shaped) {
    const axes = `a shape of at most ${limits.axes} axes, each a whole number in 0 … ${limits.axis}`;
    problems.push(`expected ${axes}, got ${show(shape)}`);
  }
  if (!Array.isArray(data)) return [...problems, `expected data as a flat list of numbers, got ${show(data)}`];
  if (data.length > limits.numbers) return [...problems, `has ${data.length} numbers, more than ${limits.numbers}`];
  if (shaped && sizeOf(shape) !== data.length)
    problems.push(`expected ${sizeOf(shape)} numbers for the shape ${showShape(shape)}, got ${data.length}`);
  if (typed) {
    const bad = data.findIndex((x) => !isOf[dtype](x));
    if (bad >= 0) problems.push(`expected ${wordsOf[dtype]} at data[${bad}], got ${show(data[bad])}`);
  }
  return problems;
}

const isOf: Readonly<Record<TensorJson["dtype"], (x: unknown) => boolean>> = {
  float: (x) => typeof x === "number" || (typeof x === "string" && Object.hasOwn(nonFinite, x)),
  int: Number.isSafeInteger,
  bool: (x) => typeof x === "boolean" || x === 0 || x === 1,
};
const wordsOf = { float: "a number", int: "a whole number", bool: "true or false" } as const;

const isShape = (given: unknown): given is readonly number[] =>
  Array.isArray(given) &&
  given.length <= limits.axes &&
  given.every((axis) => Number.isSafeInteger(axis) && axis >= 0 && axis <= limits.axis);

export const isRecord = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === "object" && given !== null && !Array.isArray(given);

/**
 * A tensor as the loss declares that input: whole numbers are indices only where it wants them. The words of what was expected
 * when no form of the input takes it.
 */
export function valuesFor(inputs: InputSpecs, name: string, { dtype, shape, data }: TensorJson): InputValues | string {
  const forms = formsOf(inputs[name] ?? []);
  const form = forms.find((one) => takesRank(one, shape.length) && (dtype === "int" || dtypeOf(one) === "real"));
  if (form === undefined) return `expected ${forms.map(formWords).join(" or ")}, got ${dtype} ${showShape(shape)}`;
  const values = data.map(numberOf);
  const wide = dtypeOf(form) === "index" ? values.findIndex((x) => Math.abs(x) > 0x7fffffff) : -1;
  if (wide >= 0) return `expected whole numbers of 32 bits, got ${values[wide]} at data[${wide}]`;
  return { dtype: dtypeOf(form), shape, data: values };
}

const takesRank = ({ axes }: InputSpec, rank: number): boolean =>
  axes.includes("…") ? rank >= axes.length - 1 : rank === axes.length;

/** `float [batch, classes]`, `int [batch]`. */
export const formWords = (form: InputSpec): string =>
  `${dtypeOf(form) === "index" ? "int" : "float"} [${form.axes.join(", ")}]`;

/** A value as it came, cut to a readable length. */
export function show(given: unknown): string {
  if (given === undefined) return "none";
  if (Array.isArray(given))
    return given.length <= 8 && given.every(isPlain) ? JSON.stringify(given) : `a list of ${given.length}`;
  if (typeof given === "object" && given !== null) return "an object";
  const text = JSON.stringify(given);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

const isPlain = (x: unknown): boolean => typeof x === "number" || (typeof x === "string" && x.length <= 12);
