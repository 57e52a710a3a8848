import { clipOf, type TrainTask, type GradientTask } from "../../shared/protocol/task.ts";
import { clipNorm } from "../../shared/updates/clip.ts";
import { dot } from "../../shared/tensor/vector.ts";
import { travel } from "../../shared/updates/transport.ts";
import { addNoise } from "../../shared/privacy/noise.ts";
import type { Confidant } from "../room/confidant.ts";
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
  const { clip } = room.assignment;
  const { confidant } = room;
  const bound = confidant?.terms.mechanism === "local" ? confidant.terms.clipNorm : (clipOf(task) ?? clip.perClient);
  const shortened = bound !== undefined && clipNorm(vectors, bound);
  if (confidant !== undefined) return discreet(task, reply, confidant, room);
  const clipped = { ...answer.clipped, update: Number(shortened) };
  return inTransport(task, { answer: { ...answer, clipped }, vectors }, room);
}

/** Rounded to what it travels in, and measured. */
function inTransport(task: TrainTask | GradientTask, { answer, vectors }: Reply, room: Room): Reply {
  const { transport } = room.assignment;
  if (transport === undefined) return { answer: { ...answer, norm: lengthOf(vectors) }, vectors };
  const broken = vectors.reduce((count, vector) => count + travel(vector, transport.dtype, task.scale), 0);
  const lossesAreFinite = answer.contributions.every(
    ({ numerator, denominator }) => Number.isFinite(numerator) && Number.isFinite(denominator),
  );
  const found =
    transport.scaled && lossesAreFinite
      ? { overflow: broken, nonFinite: 0 }
      : { overflow: 0, nonFinite: Math.max(answer.nonFinite, broken) };
  return { answer: { ...answer, norm: lengthOf(vectors), ...found }, vectors };
}

/** Of a client that is private by itself: with noise where none is yet, and without a word of its losses or of what was clipped. */
function discreet(task: TrainTask | GradientTask, { answer, vectors }: Reply, confidant: Confidant, room: Room): Reply {
  const { terms } = confidant;
  if (task.kind === "train" && terms.mechanism === "local")
    vectors.forEach((vector, i) => {
      const noised = Float64Array.from(vector);
      addNoise(noised, terms.noiseMultiplier * terms.clipNorm, confidant.secretFor(task, answer.client), i, "vector");
      vector.set(noised);
    });
  const contributions = answer.contributions.map(({ objective }) => ({ objective, ...nothing }));
  return inTransport(
    task,
    { answer: { ...answer, contributions, clipped: { examples: 0, update: 0 } }, vectors },
    room,
  );
}

const nothing = { examples: 0, ignored: 0, numerator: 0, denominator: 0 };

const lengthOf = (vectors: Reply["vectors"]): number =>
  Math.sqrt(vectors.reduce((sum, vector) => sum + dot(vector, vector), 0));
