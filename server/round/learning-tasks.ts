/** The tasks of a learning: local training, or the gradient of a batch. */
import { asynchronyOf } from "../../shared/experiment/asynchrony-checks.ts";
import type { OuterValue } from "../../shared/objectives/outer.ts";
import type { GradientTask, Multipliers, TrainTask } from "../../shared/protocol/task.ts";
import { globalBatch, globalBatchOfBlocks } from "./global-batch.ts";
import type { ClientId } from "./round.ts";
import type { LearningOptions } from "./learning.ts";

function multipliersOf(values: ReadonlyMap<string, OuterValue>): { readonly multipliers?: Multipliers } {
  if (values.size === 0) return {};
  const found = [...values].flatMap(([objective, { multipliers }]) =>
    Object.entries(multipliers).map(([sum, lambda]) => [`${objective}/${sum}`, lambda] as const),
  );
  return { multipliers: Object.fromEntries(found) };
}

/** The last committed rounds of those asked, where clients keep something. */
function committedIn(
  participants: readonly ClientId[],
  committed: LearningOptions["committed"],
): { committed?: ReadonlyMap<string, number> } {
  const known = participants.flatMap((client) => {
    const round = committed[client];
    return round === undefined ? [] : [[client, round] as const];
  });
  return known.length === 0 ? {} : { committed: new Map(known) };
}

const scaled = (scale: number | undefined): { scale?: number } => (scale === undefined ? {} : { scale });

export function trainTask(
  options: LearningOptions,
  participants: readonly ClientId[],
  values: ReadonlyMap<string, OuterValue>,
): TrainTask {
  const { round, federation, objectives, weights, resting, parameters, scale, localRate, roster, turns, committed } =
    options;
  const declared =
    federation.mode === "update" && federation.normalizer !== "cohort" ? federation.normalizer : undefined;
  const totals = objectives.map((name, i) => {
    if (resting.has(name) || values.get(name)?.value === null) return 0; // or not estimable in this round
    if (options.alike === true && declared === undefined) return 1; // of a single objective's work no bit depends on it
    return declared === undefined
      ? (asynchronyOf(federation) === undefined ? participants : [...roster.denominators.keys()]).reduce(
          (total, client) => total + (roster.denominators.get(client)?.[i] ?? 0),
          0,
        )
      : declared[name]!;
  });
  const taken = new Map(participants.map((client) => [client, turns[client] ?? 0]));
  const task = {
    kind: "train",
    round,
    parameters: parameters(),
    learningRate: localRate,
    totals,
    turns: taken,
    ...(weights && { weights }),
    ...committedIn(participants, committed),
    ...scaled(scale),
  } as const;
  return { ...task, ...multipliersOf(values) };
}

export function gradientTask(
  { round, parameters, scale, along }: LearningOptions,
  batch: GradientTask["batch"],
  values: ReadonlyMap<string, OuterValue>,
): GradientTask {
  return {
    kind: "gradient",
    round,
    parameters: parameters(),
    ...(batch && { batch }),
    ...multipliersOf(values),
    ...(along && { along: along() }),
    ...scaled(scale),
  };
}

/** The rows of this round's global batch; undefined where all are taken. */
export function batchOf(
  { federation, roster, random, portion }: LearningOptions,
  participants: readonly ClientId[],
): GradientTask["batch"] {
  if (federation.mode !== "gradient") return undefined;
  const rowsOf = (client: ClientId): Int32Array => portion?.rows.get(client) ?? new Int32Array(0);
  if (federation.batch === "full" || portion?.whole === true)
    return portion && new Map(participants.map((client) => [client, rowsOf(client)]));
  const { blocks } = portion ?? roster;
  if (blocks !== undefined) {
    const own = new Map(participants.map((client) => [client, blocks.get(client) ?? []]));
    return globalBatchOfBlocks(own, federation.batch, random.fork("batch"));
  }
  const count = (client: ClientId): number =>
    portion === undefined ? (roster.trainRows.get(client) ?? 0) : rowsOf(client).length;
  const counts = new Map(participants.map((client) => [client, count(client)]));
  const drawn = globalBatch(counts, federation.batch, random.fork("batch"));
  if (portion === undefined) return drawn;
  return new Map([...drawn].map(([client, at]) => [client, at.map((i) => rowsOf(client)[i]!)]));
}
