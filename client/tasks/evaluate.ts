import { addAnswers, emptyAnswer, type Answer } from "../../shared/protocol/answer.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import { evaluationPiece, type EvaluateTask } from "../../shared/protocol/task.ts";
import { contributionsOf, sumsOf, type Reply } from "./reply.ts";
import { ownModel } from "../training/personal.ts";
import type { Room } from "../room/room.ts";

/**
 * The sums behind every loss and metric of a model on one part of a client's rows, forward only. Rows are taken in pieces of a
 * fixed size, and the pieces added in their order, so that a carrier may share the pieces out among threads: the same bits.
 * Where groups stay whole, the part is one piece. Of `personal` tasks the model is the client's own.
 */
export function evaluate(task: EvaluateTask, shard: Shard, room: Room): Reply {
  const rows = shard[task.part];
  if (task.personal === true) room.loadOwn(room.evaluation, ownModel(task, shard, room));
  else room.load(room.evaluation, task.parameters);
  let answer = emptyAnswer(shard.client, room.assignment.objectives, 1);
  const piece = room.assignment.evaluationGroups === undefined ? evaluationPiece : Math.max(1, rows.length);
  for (let from = 0; from < rows.length; from += piece) {
    answer = addAnswers(answer, evaluatePiece(rows.subarray(from, from + piece), shard.client, room));
  }
  return { answer, vectors: [] };
}

function evaluatePiece(rows: Int32Array, client: string, room: Room): Answer {
  const { evaluation, assignment } = room;
  const { objectives } = assignment;
  const { sums, nonFinite } = evaluation.accumulate(room.columns(evaluation), room.inOrder(evaluation, rows));
  return {
    ...emptyAnswer(client, objectives, 1),
    nonFinite,
    contributions: contributionsOf(sums, objectives),
    sums: sumsOf(sums),
  };
}
