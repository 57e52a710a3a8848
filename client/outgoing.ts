import { clipNorm } from "../shared/updates/clip.ts";
import type { Reply } from "./reply.ts";
import type { Room } from "./room.ts";

/** What becomes of an update before it leaves the client: shortened to the client's bound. */
export function outgoing(reply: Reply, room: Room): Reply {
  const { answer, vectors } = reply;
  const { perClient } = room.assignment.clip;
  if (perClient === undefined) return reply;
  return {
    answer: { ...answer, clipped: { ...answer.clipped, update: Number(clipNorm(vectors, perClient)) } },
    vectors,
  };
}
