/**
 * What stays in place for the whole life of a plan, region after region:
 *
 *     constants | parameters | sums | other outputs | inputs
 *
 * Parameters form one flat vector: those of scope `shared`, then `buffer`, then `local`, each in program-input order. Every
 * family of gradients (`gradient/…`, `objective/<name>/gradient/…`) is one vector of the same layout, with zeros where the
 * program has no gradient, so that optimizers, deltas and folds act on whole vectors. The sums are these vectors, then
 * the numerators, denominators, counts and metric parts: everything that adds over batches lies side by side.
 */
import { unknownName } from "../../errors.ts";
import type { Program, ProgramInput } from "../../graph/program.ts";
import type { DType } from "../../graph/graph.ts";
import { sizeOf, type Shape } from "../../tensor/shape.ts";
import { aligned } from "./arena.ts";

/** `offset` and `size` in elements of the flat vector. */
export interface ParameterSlice {
  readonly name: string;
  readonly scope: "shared" | "buffer" | "local";
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** `offset` in elements of the sums region. A gradient family is named without the slash: `gradient`, `objective/loss/gradient`. */
export interface SumSlice {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

const scopes = ["shared", "buffer", "local"] as const;

export function parameterLayout(inputs: readonly ProgramInput[]): ParameterSlice[] {
  const parameters = inputs.filter((input) => input.role === "parameter");
  let offset = 0;
  return scopes
    .flatMap((scope) => parameters.filter((input) => (input.scope ?? "shared") === scope))
    .map(({ name, shape, scope }) => {
      const slice = { name, scope: scope ?? "shared", shape, offset, size: sizeOf(shape) };
      offset += slice.size;
      return slice;
    });
}

/** The family and parameter of a gradient output: "objective/loss/gradient/w" → ["objective/loss/gradient", "w"]. */
export function gradientName(output: string): readonly [family: string, parameter: string] | undefined {
  const match = /^((?:objective\/[^/]+\/)?gradient)\/(.+)$/.exec(output);
  return match === null ? undefined : [match[1]!, match[2]!];
}

/** Outputs that do not add over batches. */
export const isSum = (output: string): boolean => !output.startsWith("prediction/") && !output.startsWith("buffer/");

export interface Layout {
  readonly parameters: readonly ParameterSlice[];
  readonly parameterCount: number;
  /** Gradient families first, then scalars and metric parts. */
  readonly sums: readonly SumSlice[];
  readonly gradientCount: number;
  readonly sumCount: number;
  /** Byte offsets. */
  readonly constantsAt: number;
  readonly parametersAt: number;
  readonly sumsAt: number;
  /** Byte offset of every program input and output. */
  readonly inputs: ReadonlyMap<string, number>;
  readonly outputs: ReadonlyMap<string, number>;
  readonly bytes: number;
}

/** Throws "unknown-name" for the gradient of something that is no parameter. */
export function layoutOf(program: Program, realBytes: number, constantBytes: number): Layout {
  const parameters = parameterLayout(program.inputs);
  const parameterCount = parameters.reduce((count, { size }) => count + size, 0);
  const outputs = Object.entries(program.outputs).map(([name, id]) => ({ name, ...program.nodes[id]! }));
  const { slices, elementOf, gradientCount, count } = sumLayout(outputs, parameters, parameterCount);

  let end = 0;
  const region = (bytes: number): number => {
    const start = end;
    end += aligned(bytes);
    return start;
  };
  const tensor = ({ shape, dtype }: Typed): number => region(sizeOf(shape) * (dtype === "real" ? realBytes : 4));

  const constantsAt = region(constantBytes);
  const parametersAt = region(parameterCount * realBytes);
  const sumsAt = region(count * realBytes);
  const outputPlaces = outputs.map((output): [string, number] => {
    const element = elementOf(output);
    return [output.name, element === undefined ? tensor(output) : sumsAt + element * realBytes];
  });
  const inputs = new Map(parameters.map(({ name, offset }) => [name, parametersAt + offset * realBytes]));
  for (const input of program.inputs) if (input.role !== "parameter") inputs.set(input.name, tensor(input));

  return {
    parameters,
    parameterCount,
    sums: slices,
    gradientCount,
    sumCount: count,
    constantsAt,
    parametersAt,
    sumsAt,
    inputs,
    outputs: new Map(outputPlaces),
    bytes: end,
  };
}

interface Typed {
  readonly shape: Shape;
  readonly dtype: DType;
}
interface Output extends Typed {
  readonly name: string;
}

/** The sums side by side, and in which element of their region an output begins; undefined for what does not add. */
function sumLayout(outputs: readonly Output[], parameters: readonly ParameterSlice[], parameterCount: number) {
  const added = outputs.filter(({ name, dtype }) => isSum(name) && dtype === "real");
  const families = [...new Set(added.flatMap(({ name }) => gradientName(name)?.[0] ?? []))];
  const scalars = added.filter(({ name }) => gradientName(name) === undefined);
  let count = 0;
  const place = (name: string, size: number): SumSlice => {
    const slice = { name, offset: count, size };
    count += size;
    return slice;
  };
  const gradients = families.map((name) => place(name, parameterCount));
  const gradientCount = count;
  const slices = [...gradients, ...scalars.map(({ name, shape }) => place(name, sizeOf(shape)))];

  const sums = new Map(slices.map(({ name, offset }) => [name, offset]));
  const offsets = new Map(parameters.map(({ name, offset }) => [name, offset]));
  const elementOf = (output: Output): number | undefined => {
    if (!added.includes(output)) return undefined;
    const [family, parameter] = gradientName(output.name) ?? [];
    if (family === undefined || parameter === undefined) return sums.get(output.name);
    const within = offsets.get(parameter);
    if (within === undefined) throw unknownName("parameter", parameter, offsets.keys());
    return sums.get(family)! + within;
  };
  return { slices, elementOf, gradientCount, count };
}
