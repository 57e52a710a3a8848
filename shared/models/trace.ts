/** A run of a model's function, for one batch size: what it predicts, and which parameters it asked for on the way. */
import { TributaryError, unknownName } from "../errors.ts";
import { fill, input } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { scopes } from "../tensor/parameters.ts";
import { sameShape, showShape, sizeOf, type Shape } from "../tensor/shape.ts";
import type { FeatureShapes, HeadSpec, Model, ParameterSpec, Place } from "./model.ts";

/** One run of a model's function: its predictions, the parameters it asked for, the statistics it moved. */
export interface Traced {
  readonly heads: Readonly<Record<string, Node>>;
  /** In the order of asking, shared first, then buffers, then local ones: the order of the flat vector. */
  readonly parameters: readonly (ParameterSpec & { readonly node: Node })[];
  readonly moved: Readonly<Record<string, Node>>;
  readonly mixesRows: boolean;
  /** Whether chance is drawn: the program then needs the inputs `exampleId` and `step`. */
  readonly draws: boolean;
}

export interface TraceOptions {
  readonly model: Model;
  readonly heads: Readonly<Record<string, HeadSpec>>;
  readonly features: FeatureShapes;
  readonly batch: number;
  readonly training: boolean;
  /** 1 for each row that is there [batch]. @default all are */
  readonly present?: Node;
  /** Makes the node of a feature [batch, …]. @default an input named `feature/<name>` */
  readonly feature?: (name: string) => Node;
  /** An earlier run: this one has the same parameters, node for node. */
  readonly sharing?: Traced;
  /** Parameters beside the model's own, trained with it. */
  readonly further?: readonly ParameterSpec[];
  /** Draws the uniform numbers of the n-th place that asks for them. Absent: the model draws none in this program. */
  readonly uniform?: (draw: number, size: number) => Node;
}

/** Runs a model's function for one batch size. */
export function trace(options: TraceOptions): Traced {
  const { model, heads, features, batch, training } = options;
  const known = options.sharing?.parameters ?? [];
  const parameters = new Map<string, ParameterSpec & { readonly node: Node }>(known.map((one) => [one.name, one]));
  const moved: Record<string, Node> = {};
  const present = options.present ?? fill(1, [batch]);
  let mixesRows = false;
  let draws = 0;

  const feature = (name: string): Node => {
    const known = features[name];
    if (known === undefined) throw unknownName("feature", name, Object.keys(features));
    return options.feature?.(name) ?? input(`feature/${name}`, [batch, ...known.shape], known.dtype);
  };
  const placeAt = (path: string): Place => {
    const full = (name: string): string => (path === "" ? name : `${path}/${name}`);
    return {
      path,
      at: (below) => placeAt(full(below)),
      parameter(name, shape, role, scope = "shared") {
        const [key, before] = [full(name), parameters.get(full(name))];
        if (before === undefined) {
          const node = input(key, shape);
          parameters.set(key, { name: key, shape, scope, role, node });
          return node;
        }
        if (sameShape(before.shape, shape)) return before.node;
        const [was, is] = [showShape(before.shape), showShape(shape)];
        throw new TributaryError("invalid-program", `Parameter "${key}" is asked for as ${was} and as ${is}`);
      },
      feature,
      features,
      batch,
      training,
      present,
      mixesRows: () => {
        mixesRows = true;
      },
      move: (name, value) => {
        moved[full(name)] = value;
      },
      uniform(size) {
        draws += 1;
        if (options.uniform !== undefined) return options.uniform(draws - 1, size);
        throw new TributaryError("invalid-program", `The model "${model.name}" draws chance outside of training`);
      },
    };
  };

  const predictions = model.build(placeAt(""), heads);
  for (const [name, { outputs }] of Object.entries(heads)) checkHead(name, [batch, outputs], predictions[name]);
  for (const spec of options.further ?? [])
    if (!parameters.has(spec.name)) parameters.set(spec.name, { ...spec, node: input(spec.name, spec.shape) });
  const ordered = scopes.flatMap((scope) => [...parameters.values()].filter((parameter) => parameter.scope === scope));
  return { heads: predictions, parameters: ordered, moved, mixesRows, draws: draws > 0 };
}

function checkHead(name: string, expected: Shape, prediction: Node | undefined): void {
  if (prediction !== undefined && sameShape(prediction.shape, expected)) return;
  const got = prediction === undefined ? "none" : showShape(prediction.shape);
  throw new TributaryError(
    "invalid-program",
    `Expected predictions ${showShape(expected)} of the head "${name}", got ${got}`,
  );
}

/** Numbers in all parameters together. */
export const countParameters = (parameters: readonly ParameterSpec[]): number =>
  parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
