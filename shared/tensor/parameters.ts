/**
 * Named parameters ↔ one flat vector. Optimizers, deltas and folds act on the vector; files and people on the names.
 *
 *     vector = [ shared … | buffer … | local … ]
 *
 * `shared` parameters are trained together, `buffer`s are running statistics that are averaged but not trained, `local`
 * ones never leave their client. Within a scope, parameters lie in the order they were given, each row-major.
 */
import { TributaryError } from "../errors.ts";
import type { Tensor } from "./safetensors.ts";
import { sameShape, showShape, sizeOf, type Shape } from "./shape.ts";

export type Scope = "shared" | "buffer" | "local";
export const scopes: readonly Scope[] = ["shared", "buffer", "local"];

export type Vector = Float32Array | Float64Array;

export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  /** @default "shared" */
  readonly scope?: Scope | undefined;
}

/** Where a parameter lies in the vector. Elements. */
export interface ParameterPlace {
  readonly name: string;
  readonly shape: Shape;
  readonly scope: Scope;
  readonly offset: number;
  readonly size: number;
}

export interface ParameterLayout {
  readonly places: readonly ParameterPlace[];
  readonly size: number;
  /** The part of the vector each scope takes: [start, end). */
  readonly ranges: Readonly<Record<Scope, readonly [start: number, end: number]>>;
}

/** Lays parameters out. Throws "invalid-option" when two share a name. */
export function layoutOf(specs: readonly ParameterSpec[]): ParameterLayout {
  const places: ParameterPlace[] = [];
  const names = new Set<string>();
  const ranges: Record<Scope, [number, number]> = { shared: [0, 0], buffer: [0, 0], local: [0, 0] };
  let offset = 0;
  for (const scope of scopes) {
    ranges[scope][0] = offset;
    for (const { name, shape, scope: own = "shared" } of specs) {
      if (own !== scope) continue;
      if (names.has(name)) {
        throw new TributaryError("invalid-option", `Two parameters are called "${name}"`);
      }
      names.add(name);
      places.push({ name, shape, scope, offset, size: sizeOf(shape) });
      offset += sizeOf(shape);
    }
    ranges[scope][1] = offset;
  }
  return { places, size: offset, ranges };
}

/**
 * Copies named tensors into a vector of the layout. Names the layout lacks are refused, and so are missing ones, unless
 * `partial` (initial weights for a part of the model): those elements of `into` stay as they are.
 */
export function flatten<V extends Vector>(
  layout: ParameterLayout,
  tensors: ReadonlyMap<string, Tensor>,
  into: V,
  options: { readonly partial?: boolean } = {},
): V {
  expectSize(layout, into);
  const known = new Set(layout.places.map((place) => place.name));
  for (const name of tensors.keys()) {
    if (!known.has(name))
      throw new TributaryError("unknown-name", `Unknown parameter "${name}": expected one of ${[...known].join(", ")}`);
  }
  for (const { name, shape, offset } of layout.places) {
    const tensor = tensors.get(name);
    if (tensor === undefined) {
      if (options.partial === true) continue;
      throw new TributaryError(
        "unknown-name",
        `Expected a parameter "${name}" ${showShape(shape)}, found ${[...tensors.keys()].join(", ")}`,
      );
    }
    if (!sameShape(tensor.shape, shape)) {
      throw new TributaryError(
        "shape-mismatch",
        `Expected "${name}" of the shape ${showShape(shape)}, got ${showShape(tensor.shape)}`,
      );
    }
    for (let i = 0; i < tensor.data.length; i++) into[offset + i] = Number(tensor.data[i]);
  }
  return into;
}

/** The named tensors of a vector, copied, in the vector's own precision; only those of `scope` when one is given. */
export function unflatten(layout: ParameterLayout, vector: Vector, scope?: Scope): Map<string, Tensor> {
  expectSize(layout, vector);
  const places = layout.places.filter((place) => scope === undefined || place.scope === scope);
  return new Map(
    places.map(
      ({ name, shape, offset, size }) => [name, { shape, data: vector.slice(offset, offset + size) }] as const,
    ),
  );
}

function expectSize(layout: ParameterLayout, vector: Vector): void {
  if (vector.length === layout.size) return;
  throw new TributaryError("shape-mismatch", `Expected a vector of ${layout.size} parameters, got ${vector.length}`);
}
