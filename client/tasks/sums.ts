import { emptyAnswer } from "../../shared/protocol/answer.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import type { SumsTask } from "../../shared/protocol/task.ts";
import { contributionsOf, sumsOf, type Reply } from "./reply.ts";
import type { Room } from "../room/room.ts";

/**
 * The first of two phases: the sums S of every objective that is a function of sums, over the client's rows of this round, forward
 * only, at the very model and with the very chance that the second phase will differentiate.
 */
export function sums(task: SumsTask, shard: Shard, room: Room): Reply {
  const { objectives } = room.assignment;
  const trainer = room.sums;
  room.load(trainer, task.parameters);
  const rows = rowsOf(task, shard);
  const columns = room.trainingColumns(trainer, shard, rows, task.round);
  const { sums: found, nonFinite } = trainer.accumulate(columns, room.inOrder(trainer, rows), { step: task.round });
  const contributions = contributionsOf(found, objectives);
  const answer = { ...emptyAnswer(shard.client, objectives, 1), nonFinite, contributions, sums: sumsOf(found) };
  return { answer, vectors: [] };
}

/** The client's rows of a global batch; all that it trains on where there is none. */
export function rowsOf({ batch }: Pick<SumsTask, "batch">, { client, train }: Shard): Int32Array {
  const chosen = batch?.get(client);
  return chosen === undefined ? train : chosen.map((position) => train[position]!);
}
