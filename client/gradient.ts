import { emptyAnswer } from "../shared/protocol/answer.ts";
import type { Shard } from "../shared/protocol/assignment.ts";
import type { GradientTask } from "../shared/protocol/task.ts";
import { contributionsOf, type Reply } from "./reply.ts";
import type { Room } from "./room.ts";

/**
 * The gradient of every objective's numerator over the client's rows of the global batch (gradient mode). Sums of disjoint
 * rows add, so any sharding of the batch gives the gradient of one machine; nothing here divides.
 *
 * With the clip perExample, the row's gradients w·∇ℓ of all objectives, stacked, have at most that norm before they are added.
 * Sums run in float64 over the rows in their order, and are rounded to the wire's dtype at the end.
 */
export function gradient(task: GradientTask, shard: Shard, room: Room): Reply {
  const { objectives } = room.assignment;
  const trainer = room.work;
  const chosen = task.batch?.get(shard.client);
  const rows = chosen === undefined ? shard.train : chosen.map((position) => shard.train[position]!);
  room.load(trainer, task.parameters);
  const { perExample } = room.assignment.clip;
  if (perExample !== undefined) trainer.clipRows(perExample);
  const { sums, clipped, nonFinite } = trainer.accumulate(room.columns(trainer), rows);
  objectives.forEach(({ name }, i) => {
    room.vectors[i]!.set(sums[`objective/${name}/gradient`]!);
  });
  const contributions = contributionsOf(sums, objectives);
  const answer = {
    ...emptyAnswer(shard.client, objectives, 1),
    clipped: { examples: clipped, update: 0 },
    nonFinite,
    contributions,
  };
  return { answer, vectors: room.vectors };
}
