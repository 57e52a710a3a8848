import { emptyAnswer } from "../../shared/protocol/answer.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import type { GradientTask, Multipliers, Vector } from "../../shared/protocol/task.ts";
import type { LocalTrainer } from "../../shared/kernels/trainer.ts";
import { contributionsOf, type Reply } from "./reply.ts";
import type { Room } from "../room/room.ts";
import { rowsOf } from "./sums.ts";

/**
 * The gradient of every objective's numerator over the client's rows of the global batch (gradient mode). Sums of disjoint
 * rows add, so any sharding of the batch gives the gradient of one machine; nothing here divides. An objective that is a function
 * F of sums has Σ⟨λ, S⟩ for its numerator, with λ = ∂F/∂S as the task says, and so the gradient of F.
 *
 * With `along` it is instead how that gradient, along a direction, turns with the parameters of a loss that is tuned.
 *
 * With the clip perExample, the row's gradients w·∇ℓ of all objectives, stacked, have at most that norm before they are added.
 * Chance (dropout, an attack's start) is keyed by example id and round: not by the shard, nor by where in it a row lies.
 *
 * Sums run in float64 over the rows in their order, and are rounded to the wire's dtype at the end.
 */
export function gradient(task: GradientTask, shard: Shard, room: Room): Reply {
  const { objectives } = room.assignment;
  const trainer = task.along === undefined ? room.work : room.tuning;
  room.load(trainer, task.parameters);
  if (task.along === undefined) tellMultipliers(trainer, task.multipliers);
  else tellDirection(trainer, task.along);
  const { perExample } = room.assignment.clip;
  if (perExample !== undefined) trainer.clipRows(perExample);
  const rows = rowsOf(task, shard);
  const columns = room.trainingColumns(trainer, shard, rows, task.round);
  const { sums, clipped, nonFinite } = trainer.accumulate(columns, room.inOrder(trainer, rows), { step: task.round });
  objectives.forEach(({ name }, i) => {
    const slopes = sums[`objective/${name}/gradient`];
    if (slopes === undefined)
      room.vectors[i]!.fill(0); // it trains nothing
    else room.vectors[i]!.set(slopes);
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

/** Puts u where the program reads it, parameter by parameter. */
function tellDirection(trainer: LocalTrainer, along: Vector): void {
  const read = new Set(trainer.program.inputs.map(({ name }) => name));
  for (const { name, offset, size } of trainer.slices)
    if (read.has(`along/${name}`)) trainer.input(`along/${name}`).set(along.subarray(offset, offset + size));
}

/** Puts λ where the program reads it. */
export function tellMultipliers(trainer: LocalTrainer, multipliers: Multipliers = {}): void {
  for (const [name, values] of Object.entries(multipliers)) trainer.input(`multiplier/${name}`).set(values);
}
