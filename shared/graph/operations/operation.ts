/**
 * A primitive operation is one row: which inputs and attributes it takes, the shape and dtype of its result y, what flows
 * back into its inputs (the vjp), the kernel that computes it, and what it costs.
 *
 *     exp: unary((g, _a, y) => multiply(g, y))                                              // (eᵃ)' = eᵃ·a'
 *
 * The vjp answers with *graph nodes* made of other rows, so a gradient can be differentiated again. Each file of this
 * folder holds one family of rows; a family's rows differentiate into its own rows and those of the files it imports, so
 * the files form a ladder: structure → elementwise → reductions, recurrences, indexing, linear, convolution, pooling, random.
 *
 * What every row may rely on, since `apply` has checked it: the number of inputs, the names and kinds of the attributes.
 */
import { TributaryError } from "../../errors.ts";
import type { Shape } from "../../tensor/shape.ts";
import { showShape } from "../../tensor/shape.ts";
import type { Attribute, DType, Node } from "../graph.ts";

/** The kinds of attribute and their values. `integer` is ≥ 0; `numbers` (constants' data) may hold −0, ±∞ and NaN. */
interface Kinds {
  integer: number;
  integers: readonly number[];
  numbers: readonly number[];
  flag: boolean;
  text: string;
}
export type Attributes = Readonly<Record<string, keyof Kinds>>;
export type Values<A extends Attributes> = { readonly [Name in keyof A]: Kinds[A[Name]] };

export interface Typed {
  readonly shape: Shape;
  readonly dtype: DType;
}

export interface Row<A extends Attributes> {
  /** The dtypes of the inputs ("any": either), or "same" for one or more inputs of one dtype. */
  readonly inputs: readonly (DType | "any")[] | "same";
  readonly attributes: A;
  /** Shape and dtype of y. Throws "shape-mismatch", naming what was expected and what came. */
  shape(values: Values<A>, ...inputs: readonly Node[]): Typed;
  /** g flows back into y = operation(inputs): what flows into each input, undefined where nothing does. */
  vjp(g: Node, y: Node, values: Values<A>, ...inputs: Node[]): readonly (Node | undefined)[];
  /** The kernel's name, or "leaf" (the value is given) or "alias" (the input's bytes under another name). */
  readonly kernel: string;
  /** Computes element i of y from element i of each input: may be fused with its neighbours and run on any part. */
  readonly elementwise?: true;
  /** Arithmetic operations to compute y; a transcendental function counts as ten. Absent: one per element of y. */
  readonly flops?: (y: Typed, ...inputs: readonly Node[]) => number;
}
export type Operation = Row<Attributes>;
export type Table = Readonly<Record<string, Operation>>;

/** Writes a row with its attributes' types known; the table sees only what `apply` has checked. */
export function row<const A extends Attributes>(definition: Row<A>): Operation {
  // The values reach a row only through `apply`, which checked them against `definition.attributes`.
  return definition;
}

/** int32 counts a tensor's elements inside the kernels. */
export const MAX_ELEMENTS = 0x7fffffff;
export const MAX_RANK = 8;

/** One application of a row of `table`. Throws "shape-mismatch" or "invalid-program", naming the operation. */
export function apply(
  table: Table,
  operation: string,
  inputs: readonly Node[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Node {
  const definition = table[operation]!;
  checkInputs(operation, definition, inputs);
  checkAttributes(operation, definition.attributes, attributes);
  const { shape, dtype } = naming(
    operation,
    () => definition.shape(attributes as Values<Attributes>, ...inputs), // just checked
  );
  checkShape(operation, shape);
  return Object.freeze({ operation, inputs, attributes, shape, dtype });
}

/** The refusal of inputs that do not fit: `expected` and `got` are said in words, the operation's name is added by `apply`. */
export const mismatch = (expected: string, got: string): TributaryError =>
  new TributaryError("shape-mismatch", `Expected ${expected}, got ${got}`);

function naming<T>(operation: string, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof TributaryError)) throw error;
    throw new TributaryError(error.code, `${operation}: ${error.message}`, { cause: error });
  }
}

function checkInputs(operation: string, { inputs: expected }: Operation, inputs: readonly Node[]): void {
  if (expected === "same" && inputs.length === 0) throw invalid(operation, "Expected at least one input, got none");
  const wanted = expected === "same" ? inputs.map(() => inputs[0]!.dtype) : expected;
  if (inputs.length !== wanted.length)
    throw invalid(operation, `Expected ${wanted.length} inputs, got ${inputs.length}`);
  inputs.forEach(({ dtype }, i) => {
    if (wanted[i] === "any" || wanted[i] === dtype) return;
    throw new TributaryError("shape-mismatch", `${operation}: Expected input ${i} to be ${wanted[i]!}, got ${dtype}`);
  });
}

function checkAttributes(
  operation: string,
  expected: Attributes,
  attributes: Readonly<Record<string, Attribute>>,
): void {
  for (const name of Object.keys(attributes)) {
    if (!Object.hasOwn(expected, name)) {
      const known = Object.keys(expected).join(", ") || "none";
      throw invalid(operation, `Unknown attribute "${name}": expected ${known}`);
    }
  }
  for (const [name, kind] of Object.entries(expected)) {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (!isKind(kind, value)) throw invalid(operation, `Expected ${name} to be ${described[kind]}, got ${show(value)}`);
  }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isKind(kind: keyof Kinds, value: unknown): boolean {
  switch (kind) {
    case "integer":
      return isCount(value);
    case "integers":
      return Array.isArray(value) && value.length <= MAX_RANK && value.every(isCount);
    case "numbers":
      return Array.isArray(value) && value.every((element) => typeof element === "number");
    case "flag":
      return typeof value === "boolean";
    case "text":
      return typeof value === "string";
  }
}

const described: Readonly<Record<keyof Kinds, string>> = {
  integer: "an integer ≥ 0",
  integers: `a list of at most ${MAX_RANK} integers ≥ 0`,
  numbers: "a list of numbers",
  flag: "true or false",
  text: "a text",
};

function checkShape(operation: string, shape: Shape): void {
  if (shape.length > MAX_RANK) throw invalid(operation, `Expected at most ${MAX_RANK} axes, got ${shape.length}`);
  if (!shape.every(isCount)) throw invalid(operation, `Expected axes that are integers ≥ 0, got ${showShape(shape)}`);
  const elements = shape.reduce((size, axis) => size * BigInt(axis), 1n); // exact: a claimed shape may overflow a float64
  if (elements > BigInt(MAX_ELEMENTS) || shape.some((axis) => axis > MAX_ELEMENTS)) {
    throw invalid(operation, `Expected at most ${MAX_ELEMENTS} elements, got the shape ${showShape(shape)}`);
  }
}

const invalid = (operation: string, problem: string): TributaryError =>
  new TributaryError("invalid-program", `${operation}: ${problem}`);

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
