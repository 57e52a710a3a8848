/**
 * What is a client's own of the model (`shared/experiment/personal.ts`), at the client: it is put in its place before work begins, trained,
 * and kept (`keeper.ts`). Of own parts the change that leaves is 0.
 */
import type { Shard } from "../../shared/protocol/assignment.ts";
import type { TrainTask, Vector } from "../../shared/protocol/task.ts";
import { propose, recall } from "../room/keeper.ts";
import { localWork, type WorkOptions } from "./local-work.ts";
import type { Room } from "../room/room.ts";

export interface OwnParts {
  /** The round's model with the client's own parts in their places, in the heap. */
  readonly begin: Vector;
  /** Whether it should have some of its own and has lost it. */
  readonly lost: boolean;
  /** Proposes the own parts of where work ended, and takes them out of the change. */
  settle(end: Vector, change: Vector): void;
}

/** Undefined where all of the model is everybody's. */
export function ownPartsOf(
  task: Pick<TrainTask, "round" | "parameters" | "committed">,
  client: string,
  room: Room,
): OwnParts | undefined {
  if (room.assignment.personal?.kind !== "parts") return undefined;
  const places = placesIn(room, room.assignment.personal.keep);
  const last = task.committed?.get(client) ?? 0;
  const { committed, lost } = recall(room.keeper, client, last);
  const begin = room.own;
  begin.set(room.start(task.parameters));
  let at = 0;
  for (const { offset, size } of committed === undefined ? [] : places) {
    begin.set(committed!.values.subarray(at, at + size), offset);
    at += size;
  }
  return {
    begin,
    lost,
    settle(end, change) {
      const own = places.map(({ offset, size }) => end.subarray(offset, offset + size));
      const values = joined(own, end);
      propose(room.keeper, client, { round: task.round, last, values });
      for (const { offset, size } of places) change.fill(0, offset, offset + size);
    },
  };
}

/** FedRep's first half: passes for the own parts alone. Where they end is where the rest begins, in the heap. */
export function trainOwnParts(
  task: TrainTask,
  shard: Shard,
  room: Room,
  {
    begin,
    epochs,
    ...counts
  }: Pick<WorkOptions, "weights" | "share"> & { readonly begin: Vector; readonly epochs: number },
): void {
  const trainer = room.workOn("own");
  localWork(task, shard, room, { ...counts, trainer, start: begin, ownEpochs: epochs });
  begin.set(trainer.parameters);
}

/** Ditto: steps of the client's own whole model, which is proposed. Whether it has lost the one it should have. */
export function trainOwnModel(
  task: TrainTask,
  shard: Shard,
  room: Room,
  { lambda, ...counts }: Pick<WorkOptions, "weights" | "share"> & { readonly lambda: number },
): boolean {
  const { client } = shard;
  const last = task.committed?.get(client) ?? 0;
  const { committed, lost } = recall(room.keeper, client, last);
  const start = committed?.values ?? room.start(task.parameters);
  localWork(task, shard, room, { ...counts, start, pull: lambda });
  propose(room.keeper, client, { round: task.round, last, values: room.work.parameters.slice() });
  return lost;
}

/** A client's own model as it is now, for an evaluation. */
export function ownModel(
  { parameters, committed }: Pick<TrainTask, "parameters" | "committed">,
  shard: Shard,
  room: Room,
): Vector {
  const { personal, local, objectives } = room.assignment;
  const own = ownPartsOf({ round: 0, parameters, ...(committed && { committed }) }, shard.client, room);
  if (own !== undefined) return own.begin;
  if (personal?.kind === "ditto")
    return recall(room.keeper, shard.client, committed?.get(shard.client) ?? 0).committed?.values ?? parameters;
  if (personal?.kind !== "fine-tune" || shard.train.length === 0) return parameters;
  const totals = [...shard.denominators]; // as if it were alone
  const learningRate = personal.learningRate ?? local?.optimizer.learningRate ?? 0;
  const task = { kind: "train", round: 0, parameters, learningRate, totals } as const;
  const weights = objectives.map(({ weight }) => weight);
  localWork(task, shard, room, { weights, share: 1, ownEpochs: personal.epochs });
  return room.work.parameters;
}

interface Piece {
  readonly offset: number;
  readonly size: number;
}

/** Where these parameters lie, in the order in which they are kept. */
function placesIn(room: Room, names: readonly string[]): readonly Piece[] {
  const slices = new Map(room.work.slices.map((slice) => [slice.name, slice]));
  return names.map((name) => slices.get(name)!); // the coordinator names parameters of the program it sends
}

function joined(pieces: readonly Vector[], like: Vector): Vector {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const whole = like instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
