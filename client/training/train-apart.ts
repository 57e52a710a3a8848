import { emptyAnswer } from "../../shared/protocol/answer.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import type { TrainTask } from "../../shared/protocol/task.ts";
import { effectiveSteps } from "../../shared/regularizers/effective-steps.ts";
import type { Contribution } from "../../shared/updates/update.ts";
import { contributionsOf, type Reply } from "../tasks/reply.ts";
import type { Room } from "../room/room.ts";
import { localWork } from "./local-work.ts";

/**
 * Local steps for each objective by itself, each from the round's model → one pseudo-gradient for each.
 *
 *     gᵢₖ = denᵢₖ·(start − endᵢ)/s        s: the effective sum of the local steps, ηₗτ for plain ones
 *
 * The form is that of a gradient of a numerator: uphill, and the coordinator divides Σₖ gᵢₖ by Dᵢ = Σₖ denᵢₖ. One full-batch step
 * gives the very gradient. Local losses are reported as their mean over the steps times denᵢₖ, so that clients count by their rows and not
 * by their steps. A function of sums counts with denᵢₖ/Dᵢ and over 1, as its value does. With adaptive local optimizers s is 1, and a
 * row has the unit of a change.
 *
 * Cost    m times the local work and m vectors
 */
export function trainApart(task: TrainTask, shard: Shard, room: Room): Reply {
  const { objectives, local } = room.assignment;
  const start = room.start(task.parameters);
  let answer = emptyAnswer(shard.client, objectives, 1);
  const contributions: Contribution[] = [...answer.contributions];
  objectives.forEach((objective, i) => {
    const vector = room.vectors[i]!;
    const own = shard.denominators[i]!;
    const total = task.totals[i]!;
    if (own === 0 || total === 0) {
      vector.fill(0);
      return;
    }
    const weights = objectives.map((_, k) => Number(k === i));
    const { sums, steps, clipped, nonFinite } = localWork(task, shard, room, { weights, share: own / total });
    const seen = contributionsOf(sums, objectives)[i]!;
    contributions[i] = {
      ...seen,
      numerator: seen.denominator === 0 ? 0 : (seen.numerator / seen.denominator) * own,
      denominator: own,
    };
    const optimizer = local?.optimizer;
    const carried =
      optimizer?.kind === "sgd" ? effectiveSteps({ optimizer, learningRate: task.learningRate, steps }, 0) : 1;
    const counts = objective.multipliers === "frozen" ? own / total : own;
    room.subtract(start, room.work.parameters, vector);
    for (let k = 0; k < vector.length; k++) vector[k] = (vector[k]! / carried) * counts;
    answer = {
      ...answer,
      steps: Math.max(answer.steps, steps),
      clipped: { examples: answer.clipped.examples + clipped, update: 0 },
      nonFinite: answer.nonFinite + nonFinite,
    };
  });
  return { answer: { ...answer, contributions }, vectors: room.vectors };
}
