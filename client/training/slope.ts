import type { Shard } from "../../shared/protocol/assignment.ts";
import type { TrainTask } from "../../shared/protocol/task.ts";
import { addScaled } from "../../shared/tensor/vector.ts";
import type { Room } from "../room/room.ts";

/**
 * The gradient of what local work descends, at the model it begins with and over all training rows of the client:
 *
 *     ∇Fₖ(x) = Σᵢ wᵢ·∇numᵢₖ/(Dᵢ·pₖ)        so that Σ aₖ∇Fₖ / Σ aₖ is the gradient of the weighted sum of the cohort's losses
 */
export function slopeAt(
  task: Pick<TrainTask, "round" | "parameters" | "totals">,
  shard: Shard,
  room: Room,
  { weights, share }: { readonly weights: readonly number[]; readonly share: number },
): { readonly gradient: Float64Array; readonly nonFinite: number } {
  const { objectives, parameters } = room.assignment;
  const trainer = room.slopes;
  room.load(trainer, task.parameters);
  const columns = room.trainingColumns(trainer, shard, shard.train, task.round);
  const { sums, nonFinite } = trainer.accumulate(columns, room.inOrder(trainer, shard.train), { step: task.round });
  const gradient = new Float64Array(parameters);
  objectives.forEach(({ name }, i) => {
    const slopes = sums[`objective/${name}/gradient`];
    const total = task.totals[i]!;
    if (slopes !== undefined && total > 0) addScaled(gradient, weights[i]! / (total * share), slopes);
  });
  return { gradient, nonFinite };
}
