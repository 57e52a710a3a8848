/**
 * First values of a model's parameters: by a rule, seeded by name, or from a file.
 *
 * Every parameter draws from a stream of its own, forked by its name: a head added to an experiment leaves the first values
 * of all others as they were.
 */
import { TributaryError } from "../errors.ts";
import type { Random } from "../random.ts";
import { flatten, type ParameterLayout } from "../tensor/parameters.ts";
import type { Tensor } from "../tensor/safetensors.ts";
import { sameShape, showShape, sizeOf } from "../tensor/shape.ts";
import type { ParameterSpec } from "./model.ts";

export type InitialRule = "zeros" | "glorot-uniform" | "glorot-normal" | "he-uniform" | "he-normal" | "fan-in-uniform";

type Fans = { readonly fanIn: number; readonly fanOut: number };

/** Half the width of a uniform distribution, or the deviation of a normal one. */
const spreads: Readonly<Record<Exclude<InitialRule, "zeros">, (fans: Fans) => number>> = {
  "glorot-uniform": ({ fanIn, fanOut }) => Math.sqrt(6 / (fanIn + fanOut)), // Glorot & Bengio (2010)
  "glorot-normal": ({ fanIn, fanOut }) => Math.sqrt(2 / (fanIn + fanOut)), // not truncated
  "he-uniform": ({ fanIn }) => Math.sqrt(6 / fanIn), // He et al. (2015), for relu
  "he-normal": ({ fanIn }) => Math.sqrt(2 / fanIn),
  "fan-in-uniform": ({ fanIn }) => 1 / Math.sqrt(fanIn), // PyTorch's default, for biases too
};

/**
 * The flat vector of first values: weights by the rule times `gain`, biases 0 (fan-in-uniform: as the weights), scales and
 * running statistics the constants they begin with.
 */
export function initialValues(
  parameters: readonly ParameterSpec[],
  { kind, gain }: { readonly kind: InitialRule; readonly gain: number },
  random: Random,
): Float64Array {
  const values = new Float64Array(parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0));
  let at = 0;
  for (const { name, shape, role } of parameters) {
    const part = values.subarray(at, (at += sizeOf(shape)));
    if (role.kind === "constant") part.fill(role.value);
    else if (role.kind === "own") part.set(role.first(random.fork("initial", name)));
    else if (kind !== "zeros" && (role.kind === "weight" || kind === "fan-in-uniform")) {
      const { fanIn, fanOut } = role.kind === "weight" ? role : { fanIn: role.fanIn, fanOut: role.fanIn };
      const spread = (role.kind === "weight" ? gain : 1) * spreads[kind]({ fanIn, fanOut });
      const stream = random.fork("initial", name);
      const normal = kind.endsWith("-normal");
      for (let i = 0; i < part.length; i++) part[i] = spread * (normal ? stream.normal() : 2 * stream.uniform() - 1);
    }
  }
  return values;
}

/** The flat vector of a file's tensors. Throws "invalid-experiment" with every name and shape that does not fit. */
export function valuesFrom(layout: ParameterLayout, tensors: ReadonlyMap<string, Tensor>): Float64Array {
  const expected = new Map(layout.places.map(({ name, shape }) => [name, shape]));
  const problems = [...expected].flatMap(([name, shape]) => {
    const found = tensors.get(name)?.shape;
    if (found === undefined) return [`"${name}" ${showShape(shape)} is missing`];
    return sameShape(found, shape) ? [] : [`"${name}" is expected to be ${showShape(shape)}, got ${showShape(found)}`];
  });
  for (const [name, { shape }] of tensors)
    if (!expected.has(name)) problems.push(`"${name}" ${showShape(shape)} is no parameter of this model`);
  if (problems.length > 0)
    throw new TributaryError("invalid-experiment", `Initial weights do not fit the model:\n${problems.join("\n")}`);
  return flatten(layout, tensors, new Float64Array(layout.size));
}
