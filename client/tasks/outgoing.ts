import { clipOf, type TrainTask, type GradientTask } from "../../shared/protocol/task.ts";
import { clipNorm } from "../../shared/updates/clip.ts";
import { dot } from "../../shared/tensor/vector.ts";
import { travel } from "../../shared/updates/transport.ts";
import type { Reply } from "./reply.ts";
import type { Room } from "../room/room.ts";

/**
 * What becomes of an update before it leaves the client: shortened to the client's bound, then rounded to what it travels in.
 *
 * Under a loss scale a vector that is not finite, while the losses are, is an overflow: the coordinator skips the step and tries a
 * smaller scale. Without one it is a divergence, as a loss is that is not finite.
 */
export function outgoing(task: TrainTask | GradientTask, reply: Reply, room: Room): Reply {
  const { answer, vectors } = reply;
  const { clip, transport } = room.assignment;
  const bound = clipOf(task) ?? clip.perClient;
  const shortened = bound !== undefined && clipNorm(vectors, bound);
  const clipped = { ...answer.clipped, update: Number(shortened) };
  if (transport === undefined) return { answer: { ...answer, clipped, norm: lengthOf(vectors) }, vectors };
  const broken = vectors.reduce((count, vector) => count + travel(vector, transport.dtype, task.scale), 0);
  const lossesAreFinite = answer.contributions.every(
    ({ numerator, denominator }) => Number.isFinite(numerator) && Number.isFinite(denominator),
  );
  const found =
    transport.scaled && lossesAreFinite
      ? { overflow: broken, nonFinite: 0 }
      : { overflow: 0, nonFinite: Math.max(answer.nonFinite, broken) };
  return { answer: { ...answer, clipped, norm: lengthOf(vectors), ...found }, vectors };
}

const lengthOf = (vectors: Reply["vectors"]): number =>
  Math.sqrt(vectors.reduce((sum, vector) => sum + dot(vector, vector), 0));
