/**
 * A checkpoint: all that the next round needs, in one safetensors file. Flat vectors in float64 beside a JSON text of the
 * rest, so that a run resumed from it goes on with the same bits as if it had never stopped. Chance needs no state: every
 * stream is forked by name from the seed.
 */
import { TributaryError } from "../../shared/errors.ts";
import type { Vector } from "../../shared/tensor/parameters.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../shared/tensor/safetensors.ts";
import type { AxisState } from "../../shared/objectives/axis.ts";
import type { LossScale } from "../../shared/updates/loss-scale.ts";
import type { Watch } from "../stopping.ts";
import type { AsynchronyState } from "../asynchrony/asynchrony.ts";
import type { Clusters } from "../round/clusters.ts";
import type { SelectionState } from "../selection/selection.ts";
import type { SharesState } from "../strategy/shares.ts";
import type { Model } from "../strategy/strategy.ts";

export interface Checkpoint {
  readonly model: Model;
  readonly watch: Watch;
  /** The parameters of the best model so far, when something is watched and has had a value. */
  readonly best: Float64Array | undefined;
  /** How many committed rounds each client took part in. */
  readonly turns: Readonly<Record<string, number>>;
  /** The last committed round of each client; counted where clients keep something. */
  readonly committed: Readonly<Record<string, number>>;
  /** What each client kept in that round, where the clients are simulated: written into checkpoints, and read back from them. */
  readonly kept?: ReadonlyMap<string, Vector>;
  /** Of the next round; undefined where nothing is scaled. */
  readonly lossScale: LossScale | undefined;
  /** What selection knows of the clients, where it remembers anything. */
  readonly selection?: SelectionState | undefined;
  /** Who is at work, where rounds wait for nobody. */
  readonly asynchrony?: AsynchronyState | undefined;
  /** The models of a run that has several, and who sat where; `model` is that of the largest. */
  readonly clusters?: Clusters | undefined;
}

export function encodeCheckpoint({
  model,
  watch,
  best,
  turns,
  committed,
  kept,
  lossScale,
  selection,
  asynchrony,
  clusters,
}: Checkpoint): Uint8Array {
  const tensors = new Map<string, Tensor>([["parameters", flat(model.parameters)]]);
  for (const [name, vector] of Object.entries(model.optimizer.vectors)) tensors.set(`optimizer/${name}`, flat(vector));
  if (best !== undefined) tensors.set("best", flat(best));
  const { last = {}, drift, shares, clipNorm } = model.clients ?? {};
  for (const [name, vector] of Object.entries(last)) tensors.set(`aggregate/${name}`, flat(vector));
  if (drift !== undefined) tensors.set("drift", flat(drift));
  for (const [client, values] of kept ?? []) tensors.set(`kept/${client}`, flat(values));
  const { steps, numbers } = model.optimizer;
  const state: State = {
    version: model.version,
    objectives: withoutVectors(model.objectives, tensors) as AxisState,
    optimizer: { steps, numbers },
    ...(shares && { shares }),
    ...(clipNorm !== undefined && { clipNorm }),
    watch,
    turns,
    committed,
    lossScale,
    ...(selection && { selection }),
    ...(asynchrony && { asynchrony: withoutVectors(asynchrony, tensors) as AsynchronyState }),
    ...(clusters && { clusters: withoutVectors(clusters, tensors) as Clusters }),
  };
  return encodeSafetensors(tensors, { format: "tributary-checkpoint-1", state: JSON.stringify(state) });
}

/** Throws "corrupt-run" when the file is not a checkpoint of this format. */
export function decodeCheckpoint(bytes: Uint8Array, file: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  const parameters = tensors.get("parameters")?.data;
  if (
    metadata["format"] !== "tributary-checkpoint-1" ||
    metadata["state"] === undefined ||
    !(parameters instanceof Float64Array)
  ) {
    throw new TributaryError(
      "corrupt-run",
      `${file} is not a checkpoint: expected the format tributary-checkpoint-1, got ${metadata["format"] ?? "none"}`,
    );
  }
  const state = JSON.parse(metadata["state"]) as State; // what encodeCheckpoint wrote
  const vectors: Record<string, Float64Array> = {};
  const kept = new Map<string, Vector>();
  const last: Record<string, Float64Array> = {};
  for (const [name, { data }] of tensors) {
    if (name.startsWith("optimizer/") && data instanceof Float64Array) vectors[name.slice("optimizer/".length)] = data;
    if (name.startsWith("aggregate/") && data instanceof Float64Array) last[name.slice("aggregate/".length)] = data;
    if (name.startsWith("kept/")) kept.set(name.slice("kept/".length), data as Vector); // what encodeCheckpoint wrote
  }
  const best = tensors.get("best")?.data;
  return {
    model: {
      version: state.version,
      parameters,
      optimizer: { ...state.optimizer, vectors },
      objectives: withVectors(state.objectives, tensors) as AxisState,
      ...clientsOf(last, tensors.get("drift")?.data, state),
    },
    watch: state.watch,
    best: best instanceof Float64Array ? best : undefined,
    turns: state.turns,
    committed: state.committed,
    ...(kept.size > 0 && { kept }),
    lossScale: state.lossScale,
    ...(state.selection && { selection: state.selection }),
    ...(state.asynchrony && { asynchrony: withVectors(state.asynchrony, tensors) as AsynchronyState }),
    ...(state.clusters && { clusters: withVectors(state.clusters, tensors) as Clusters }),
  };
}

interface State {
  readonly version: number;
  /** Vectors stand beside it as tensors, and their names here. */
  readonly objectives: AxisState;
  readonly shares?: SharesState;
  readonly clipNorm?: number;
  readonly optimizer: { readonly steps: number; readonly numbers: Readonly<Record<string, number>> };
  readonly watch: Watch;
  readonly turns: Readonly<Record<string, number>>;
  readonly committed: Readonly<Record<string, number>>;
  readonly lossScale: LossScale | undefined;
  readonly selection?: SelectionState;
  readonly asynchrony?: AsynchronyState;
  readonly clusters?: Clusters;
}

const flat = (data: Vector): Tensor => ({ shape: [data.length], data });

/** A state as JSON: each vector of it put among the tensors, and `{ tensor: name }` in its place. */
function withoutVectors(value: unknown, tensors: Map<string, Tensor>): unknown {
  if (value instanceof Float64Array) {
    const name = `state/${tensors.size}`;
    tensors.set(name, flat(value));
    return { tensor: name };
  }
  return eachValue(value, (inner) => withoutVectors(inner, tensors));
}

function withVectors(value: unknown, tensors: ReadonlyMap<string, Tensor>): unknown {
  if (value !== null && typeof value === "object" && "tensor" in value && typeof value.tensor === "string") {
    return tensors.get(value.tensor)?.data ?? null;
  }
  return eachValue(value, (inner) => withVectors(inner, tensors));
}

function eachValue(value: unknown, change: (inner: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)]));
}

/** What the client axis remembers, where there is any. */
function clientsOf(
  last: Readonly<Record<string, Float64Array>>,
  drift: unknown,
  { shares, clipNorm }: Pick<State, "shares" | "clipNorm">,
): Pick<Model, "clients"> {
  const clients = {
    ...(Object.keys(last).length > 0 && { last }),
    ...(drift instanceof Float64Array && { drift }),
    ...(shares && { shares }),
    ...(clipNorm !== undefined && { clipNorm }),
  };
  return Object.keys(clients).length === 0 ? {} : { clients };
}
