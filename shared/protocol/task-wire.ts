/**
 * Tasks ↔ the messages of proto/tasks.proto. Everything nullable, and every view of a receive buffer, stops here. A task is written for
 * one client: whatever it says of others stays with the coordinator.
 */
import { TributaryError } from "../errors.ts";
import type { Precision } from "../kernels/module.ts";
import type { HalfFormat } from "../tensor/half.ts";
import { bytesOf, numbersOf, type Content } from "./content.ts";
import { contentFrom, contentMessage, decoding, present } from "./content-wire.ts";
import { codec } from "./definitions.ts";
import { defined, nothingLeft } from "./exact.ts";
import type {
  EvaluateTask,
  GradientTask,
  Multipliers,
  PrepareTask,
  StatisticsTask,
  SumsTask,
  Task,
  TrainTask,
  Vector,
} from "./task.ts";
import type * as wireMultipliers from "./wire/tributary/v1/Multipliers.ts";
import type * as wireTask from "./wire/tributary/v1/Task.ts";
import type * as wireVector from "./wire/tributary/v1/Vector.ts";
import { maskingFrom, maskingMessage, secureMessage, secureTaskFrom } from "./secure-wire.ts";
import { unpackHalf } from "./vectors-wire.ts";

const taskCodec = codec<wireTask.Task, wireTask.Task__Output>("Task");

/** A task on its way: for whom it is, and how its model gets there. */
export interface Dispatch {
  readonly client: string;
  /** Makes a model available under its hash; asked for the same vector once for each client. */
  readonly model: (values: Vector) => SentVector;
}

export interface SentVector {
  readonly dtype: Precision | HalfFormat;
  readonly values: Content;
}

export const encodeTask = (task: Task, dispatch: Dispatch): Uint8Array =>
  taskCodec.encode({ [task.kind]: taskMessage(task, dispatch) });

function taskMessage(task: Task, { client, model }: Dispatch): object {
  const vector = (values: Vector): wireVector.Vector => {
    const { dtype, values: sent } = model(values);
    return { dtype, values: contentMessage(sent) };
  };
  const batchOf = (batch: SumsTask["batch"]) => {
    const own = batch?.get(client);
    return own === undefined ? {} : { batch: bytesOf(own) };
  };
  switch (task.kind) {
    case "statistics": {
      const { kind: _, ...rest } = task;
      nothingLeft(rest);
      return {} satisfies Message<"statistics">;
    }
    case "prepare": {
      const { kind: _, standardization, ...rest } = task;
      nothingLeft(rest);
      if (standardization === undefined) return {} satisfies Message<"prepare">;
      const { columns, fill, center, scale, ...further } = standardization;
      nothingLeft(further);
      const numbers = (values: readonly number[]): Uint8Array => bytesOf(Float64Array.from(values));
      return {
        standardization: { columns: [...columns], fill: numbers(fill), center: numbers(center), scale: numbers(scale) },
      } satisfies Message<"prepare">;
    }
    case "train": {
      const { kind: _, round, parameters, learningRate, scale, totals, weights, ...of } = task;
      const { turns, committed, multipliers, shares, epochs, clipNorm, control, masking, ...rest } = of;
      const [share, passes] = [shares?.get(client), epochs?.get(client)];
      nothingLeft(rest);
      return {
        round,
        parameters: vector(parameters),
        learningRate,
        totals: bytesOf(Float64Array.from(totals)),
        ...(weights && { weights: bytesOf(Float64Array.from(weights)) }),
        ...(scale !== undefined && { scale }),
        ...(turns && { turns: turns.get(client) ?? 0 }),
        ...(committed && { committed: committed.get(client) ?? 0 }),
        ...(multipliers && { multipliers: multipliersMessage(multipliers) }),
        ...(share !== undefined && { share }),
        ...(passes !== undefined && { epochs: passes }),
        ...(clipNorm !== undefined && { clipNorm }),
        ...(control && { control: vector(control) }),
        ...(masking && { masking: maskingMessage(masking, client) }),
      } satisfies Message<"train">;
    }
    case "sums": {
      const { kind: _, round, parameters, batch, sketches = false, ...rest } = task;
      nothingLeft(rest);
      return { round, parameters: vector(parameters), ...batchOf(batch), sketches } satisfies Message<"sums">;
    }
    case "gradient": {
      const { kind: _, round, parameters, batch, multipliers, scale, along, masking, ...rest } = task;
      nothingLeft(rest);
      return {
        round,
        parameters: vector(parameters),
        ...batchOf(batch),
        ...(multipliers && { multipliers: multipliersMessage(multipliers) }),
        ...(scale !== undefined && { scale }),
        ...(along && { along: vector(along) }),
        ...(masking && { masking: maskingMessage(masking, client) }),
      } satisfies Message<"gradient">;
    }
    case "evaluate": {
      const { kind: _, parameters, part, personal, committed, ...rest } = task;
      nothingLeft(rest);
      return {
        parameters: vector(parameters),
        part,
        personal: personal === true,
        ...(committed && { committed: committed.get(client) ?? 0 }),
      } satisfies Message<"evaluate">;
    }
    case "secure":
      return secureMessage(task, client) satisfies Message<"secure">;
  }
}

type Message<Kind extends Task["kind"]> = NonNullable<wireTask.Task[Kind]>;

/** The task of these bytes; `load` brings what it only names. Throws "invalid-data" when it is not one. */
export async function decodeTask(
  bytes: Uint8Array,
  client: string,
  load: (content: Content, what: string) => Promise<Uint8Array>,
): Promise<Task> {
  const message = decoding("a task", () => taskCodec.decode(bytes));
  const vector = async (given: wireVector.Vector__Output | null): Promise<Vector> => {
    const { dtype, values } = present(given, "parameters");
    const bytes = await load(contentFrom(values, "parameters"), "the model");
    if (dtype === "float16" || dtype === "bfloat16") return unpackHalf(bytes, { format: dtype, precision: "float32" }); // which holds each of them
    if (dtype === "float32" || dtype === "float64") return numbersOf(dtype, bytes, "parameters");
    throw new TributaryError(
      "invalid-data",
      `parameters: expected float32, float64, float16 or bfloat16, got "${dtype}"`,
    );
  };
  const ofClient = <Value>(value: Value | undefined): ReadonlyMap<string, Value> | undefined =>
    value === undefined ? undefined : new Map([[client, value]]);
  const batchFrom = (batch: Uint8Array | undefined) => ofClient(batch && numbersOf("int32", batch, "batch"));
  const { kind } = message;
  switch (kind) {
    case "statistics":
      return defined<StatisticsTask>({ kind: "statistics" });
    case "prepare":
      return defined<PrepareTask>({ kind: "prepare", standardization: standardizationFrom(message.prepare!) });
    case "train": {
      const {
        round,
        parameters,
        learningRate,
        scale,
        totals,
        weights,
        turns,
        committed,
        multipliers,
        share,
        epochs,
        clipNorm,
        control,
        masking,
      } = message.train!;
      return defined<TrainTask>({
        kind: "train",
        round,
        parameters: await vector(parameters),
        learningRate,
        scale,
        totals: [...numbersOf("float64", totals, "totals")],
        weights: weights && [...numbersOf("float64", weights, "weights")],
        turns: ofClient(turns),
        committed: ofClient(committed),
        multipliers: multipliersFrom(multipliers),
        shares: ofClient(share),
        epochs: ofClient(epochs),
        clipNorm,
        control: control === null ? undefined : await vector(control),
        masking: maskingFrom(masking, client),
      });
    }
    case "sums": {
      const { round, parameters, batch, sketches } = message.sums!;
      return defined<SumsTask>({
        kind: "sums",
        round,
        parameters: await vector(parameters),
        batch: batchFrom(batch),
        sketches: sketches ? true : undefined,
      });
    }
    case "gradient": {
      const { round, parameters, batch, multipliers, scale, along, masking } = message.gradient!;
      return defined<GradientTask>({
        kind: "gradient",
        round,
        parameters: await vector(parameters),
        batch: batchFrom(batch),
        multipliers: multipliersFrom(multipliers),
        scale,
        along: along === null ? undefined : await vector(along),
        masking: maskingFrom(masking, client),
      });
    }
    case "evaluate": {
      const { parameters, part, personal, committed } = message.evaluate!;
      if (part !== "train" && part !== "test")
        throw new TributaryError("invalid-data", `part: expected train or test, got "${part}"`);
      return defined<EvaluateTask>({
        kind: "evaluate",
        parameters: await vector(parameters),
        part,
        personal: personal ? true : undefined,
        committed: ofClient(committed),
      });
    }
    case "secure":
      return secureTaskFrom(message.secure!, client);
    default:
      throw new TributaryError("invalid-data", "Expected a task of a known kind, got one of none");
  }
}

function standardizationFrom({ standardization }: NonNullable<wireTask.Task__Output["prepare"]>) {
  if (standardization == null) return undefined;
  const { columns, fill, center, scale } = standardization;
  const numbers = (bytes: Uint8Array, what: string): number[] => [...numbersOf("float64", bytes, what)];
  return defined<NonNullable<PrepareTask["standardization"]>>({
    columns,
    fill: numbers(fill, "fill"),
    center: numbers(center, "center"),
    scale: numbers(scale, "scale"),
  });
}

const multipliersMessage = (multipliers: Multipliers): wireMultipliers.Multipliers => ({
  values: Object.fromEntries(Object.entries(multipliers).map(([name, values]) => [name, bytesOf(values)])),
});

const multipliersFrom = (message: wireMultipliers.Multipliers__Output | null): Multipliers | undefined =>
  message === null
    ? undefined
    : Object.fromEntries(
        Object.entries(message.values).map(([name, bytes]) => [name, numbersOf("float64", bytes, name)]),
      );
