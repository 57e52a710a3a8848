import { addAnswers, emptyAnswer, type Answer } from "../shared/protocol/answer.ts";
import type { Shard } from "../shared/protocol/assignment.ts";
import { evaluationPiece, type EvaluateTask } from "../shared/protocol/task.ts";
import { contributionsOf, type Reply } from "./reply.ts";
import type { Room } from "./room.ts";

/**
 * The sums behind every loss and metric of a model on one part of a client's rows, forward only. Rows are taken in pieces of a
 * fixed size, and the pieces added in their order, so that a carrier may share the pieces out among threads: the same bits.
 */
export function evaluate(task: EvaluateTask, shard: Shard, room: Room): Reply {
  const rows = shard[task.part];
  room.load(room.evaluation, task.parameters);
  let answer = emptyAnswer(shard.client, room.assignment.objectives, 1);
  for (let from = 0; from < rows.length; from += evaluationPiece) {
    answer = addAnswers(answer, evaluatePiece(rows.subarray(from, from + evaluationPiece), shard.client, room));
  }
  return { answer, vectors: [] };
}

function evaluatePiece(rows: Int32Array, client: string, room: Room): Answer {
  const { sums, nonFinite } = room.evaluation.accumulate(room.columns(room.evaluation), rows);
  const metrics: Record<string, Float64Array> = {};
  for (const [name, values] of Object.entries(sums)) if (name.startsWith("metric/")) metrics[name] = values.slice();
  const { objectives } = room.assignment;
  return {
    ...emptyAnswer(client, objectives, 1),
    nonFinite,
    contributions: contributionsOf(sums, objectives),
    metrics,
  };
}
