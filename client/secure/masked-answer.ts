/** What becomes of an answer where sums are secure: levels, then masks, and nothing told beside them. */
import { TributaryError } from "../../shared/errors.ts";
import { emptyAnswer, type Answer } from "../../shared/protocol/answer.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import { writeMasked } from "../../shared/protocol/masked.ts";
import type { GradientTask, TrainTask, Vector } from "../../shared/protocol/task.ts";
import { agree } from "../../shared/secure/keys.ts";
import { addMask } from "../../shared/secure/masks.ts";
import { circleHash, dealtHash, hashOf, pairInfo, selfInfo } from "../../shared/secure/session.ts";
import type { Room } from "../room/room.ts";
import type { Reply } from "../tasks/reply.ts";
import { sharesHeld } from "./dealing.ts";
import { inRun } from "./secure.ts";
import { answerOnce, mustBeNoted, secretsOf, sessionOf } from "./vault.ts";

/**
 * x̂ = q(w·x) + PRG(b) + Σ_{j>i} PRG(s_ij) − Σ_{j<i} PRG(s_ij)   mod 2³², over those who have dealt.
 *
 * Chance in rounding is drawn from the seed by round and client, as all chance of local work is, so that every carrier rounds alike. An
 * answer with numbers that are not finite, or that cannot be told, is not masked: it says that there are some, and nothing else.
 */
export function maskedAnswer(
  task: TrainTask | GradientTask,
  { answer, vectors }: Reply,
  shard: Shard,
  room: Room,
): Reply {
  const { masking, round } = task;
  const { secureSums, objectives } = room.assignment;
  if (masking === undefined || secureSums === undefined)
    throw new TributaryError("invalid-data", "Expected to be told how the answer is masked, got nothing: refused");
  const { client } = shard;
  const { vault } = room;
  const { attempt, circle, largestWeight } = masking;
  const dealt = masking.dealt.get(client) ?? new Map<string, Uint8Array>();
  const open = sessionOf(vault, client, { round, attempt });
  mustBeNoted(open, client, "circle", circleHash(circle));
  const session = inRun(vault, open);
  const dealers = [
    ...sharesHeld({ client, session, open, circle, threshold: secureSums.threshold }, dealt).keys(),
  ].filter((name) => name !== client);
  answerOnce(vault, client, "dealt", dealtHash(dealt));
  const ring = room.ring;
  const told = emptyAnswer(client, objectives, 1);
  const broken = unfit(answer, vectors);
  if (broken > 0) {
    ring.fill(0);
    return { answer: { ...told, nonFinite: broken }, vectors: [], masked: ring };
  }
  const { clip, levels } = secureSums;
  const chance = room.random.fork("levels", round, client);
  writeMasked(answer, vectors, { clip, levels, largestWeight }, chance, ring);
  const { masking: key, self } = secretsOf(open);
  addMask(ring, self, selfInfo(session, client), 1);
  for (const name of dealers)
    addMask(ring, agree(key, circle.get(name)!.masking), pairInfo(session, client, name), name > client ? 1 : -1);
  answerOnce(vault, client, "sent", hashOf(new Uint8Array(ring.buffer, ring.byteOffset, ring.byteLength)));
  return { answer: told, vectors: [], masked: ring };
}

/** Beyond this a number has no place in a scalar of the ring. */
const largest = 1e15;

/** How many of its numbers cannot be masked. */
function unfit({ nonFinite, contributions }: Answer, vectors: readonly Vector[]): number {
  const within = (x: number): boolean => Math.abs(x) <= largest;
  const sums = contributions.flatMap(({ numerator, denominator }) => [numerator, denominator]);
  const beyond = sums.filter((x) => !within(x)).length;
  let odd = 0;
  for (const vector of vectors) for (const x of vector) if (!Number.isFinite(x)) odd++;
  return nonFinite + beyond + odd;
}
