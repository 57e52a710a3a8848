import { drawSketch, sketched, type Sketch } from "../../shared/objectives/sketch.ts";
import { stretchesOf } from "../../shared/objectives/stretches.ts";
import { emptyAnswer, sketchOf } from "../../shared/protocol/answer.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import type { SumsTask } from "../../shared/protocol/task.ts";
import { contributionsOf, type Reply } from "./reply.ts";
import type { Room } from "../room/room.ts";
import { rowsOf } from "./sums.ts";

/**
 * What a round of update mode begins with where objectives are weighed by the Gramian of sketches: of each objective its sums, and the
 * sketch of its numerator's gradient over the client's rows, on the parameters that objectives share. Everybody draws the same sketch, anew
 * each round.
 */
export function sketches(task: SumsTask, shard: Shard, room: Room): Reply {
  const { objectives } = room.assignment;
  const trainer = room.slopes;
  room.load(trainer, task.parameters);
  const rows = rowsOf(task, shard);
  const columns = room.trainingColumns(trainer, shard, rows, task.round);
  const { sums, nonFinite } = trainer.accumulate(columns, room.inOrder(trainer, rows), { step: task.round });
  const sketch = room.sketch(task.round, () => drawnIn(task.round, room));
  const told = objectives.map(({ name }) => {
    const slopes = sums[`objective/${name}/gradient`];
    return [sketchOf(name), slopes === undefined ? new Float64Array(sketch.size) : sketched(sketch, slopes)] as const;
  });
  const answer = {
    ...emptyAnswer(shard.client, objectives, 1),
    nonFinite,
    contributions: contributionsOf(sums, objectives),
    sums: Object.fromEntries(told),
  };
  return { answer, vectors: [] };
}

function drawnIn(round: number, { slopes, random, assignment }: Room): Sketch {
  const places = slopes.slices.map((slice) => ({ ...slice, scope: "shared" as const }));
  const stretches = stretchesOf(slopes.program, { places }).filter(({ objectives }) => objectives.length > 1);
  return drawSketch(assignment.local?.sketch ?? 1, stretches, random.fork("sketch", round));
}
