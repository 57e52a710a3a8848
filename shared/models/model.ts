/**
 * A model is a function from features to predictions, one per head, that asks for its parameters as it goes.
 *
 *     export default defineModel({
 *       name: "two-layers",
 *       options: z.object({ width: z.int().default(32) }),
 *       build: (place, { width }, heads) => {
 *         const hidden = relu(dense(place.at("trunk/0"), place.feature("table"), width));
 *         return affineHeads(place, hidden, heads);
 *       },
 *     });
 *
 * `at("trunk/0")` is the place where the names below begin, so that `dense` there owns `trunk/0/weight` and `trunk/0/bias`;
 * regularizers, masks and personalization speak of parameters by such names. The function runs once to learn which
 * parameters there are, and once for each program, with that program's batch; nothing of it but operations reaches a client.
 * A parameter is `shared` (aggregated), `local` (never leaves its client) or a `buffer` (running statistics: moved, not
 * descended). Read next: `layers.ts`, `networks.ts`, `trace.ts`.
 */
import type { z } from "zod";
import { decodeOptions } from "../experiment/decode-options.ts";
import type { DType, Node } from "../graph/graph.ts";
import type { Random } from "../random.ts";
import type { Scope } from "../tensor/parameters.ts";
import type { Shape } from "../tensor/shape.ts";

/** What a parameter's first value depends on. Fans count the numbers that enter and leave one unit. */
export type Role =
  | { readonly kind: "weight"; readonly fanIn: number; readonly fanOut: number }
  | { readonly kind: "bias"; readonly fanIn: number }
  | { readonly kind: "constant"; readonly value: number }
  /** What `first` answers, whatever the rule of the model: a number for each element. */
  | { readonly kind: "own"; readonly first: (random: Random) => readonly number[] };

export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly scope: Scope;
  readonly role: Role;
}

/** What the data offer a model: each feature's shape without the batch axis. */
export type FeatureShapes = Readonly<
  Record<string, { readonly shape: Shape; readonly dtype: DType; readonly size?: number }>
>;

export interface HeadSpec {
  readonly outputs: number;
  readonly bias: boolean;
}

/** Where a layer stands: how it gets its parameters and what it may know of the batch. */
export interface Place {
  /** The path of this place, "" at the top. */
  readonly path: string;
  /** The place below: names begin with its path. */
  readonly at: (path: string) => Place;
  /** The program input `<path>/<name>`. Throws "invalid-program" when another layer has it with another shape. */
  readonly parameter: (name: string, shape: Shape, role: Role, scope?: Scope) => Node;
  /** A feature of the batch, [batch, …]. Throws "unknown-name" with the names there are. */
  readonly feature: (name: string) => Node;
  /** What the data say of a feature: its row shape, and for an index how many values it may take. */
  readonly features: FeatureShapes;
  readonly batch: number;
  readonly training: boolean;
  /** 1 for each row that is there, 0 for padding [batch]: what an operation that mixes rows must take. */
  readonly present: Node;
  /** Says that rows of a batch influence each other here, so that the batch may not be cut into smaller ones. */
  readonly mixesRows: () => void;
  /** The next value of a running statistic. */
  readonly move: (name: string, value: Node) => void;
  /** Uniform numbers in [0, 1), [batch, size], the same for an example wherever it is computed. */
  readonly uniform: (size: number) => Node;
}

export interface ModelDefinition<Options> {
  readonly name: string;
  readonly options: z.ZodType<Options>;
  /** Predictions [batch, outputs], one for each head. */
  readonly build: (
    place: Place,
    options: Options,
    heads: Readonly<Record<string, HeadSpec>>,
  ) => Readonly<Record<string, Node>>;
}

/** A model with its options settled. */
export interface Model {
  readonly name: string;
  readonly build: (place: Place, heads: Readonly<Record<string, HeadSpec>>) => Readonly<Record<string, Node>>;
}

/** Makes a model of its definition; the options are checked when it is bound. */
export function defineModel<Options>({ name, options: schema, build }: ModelDefinition<Options>) {
  return {
    name,
    options: schema,
    /** Throws "invalid-option", every problem named. */
    bind(given: unknown = {}): Model {
      const options = decodeOptions(name, schema, given);
      return { name, build: (place, heads) => build(place, options, heads) };
    },
  };
}
