import { fitStatistics, sharesStatistics } from "../../shared/data/summary.ts";
import { emptyAnswer } from "../../shared/protocol/answer.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import type { Reply } from "./reply.ts";
import type { Room } from "../room/room.ts";
import { countedColumns } from "../room/table.ts";

/**
 * What everybody may know of the client's training rows: how many there are of each class, and, where all are standardized
 * alike, the sums that is made of.
 */
export function statistics(shard: Shard, room: Room): Reply {
  const { objectives, schema } = room.assignment;
  const shared = sharesStatistics(schema);
  const found = fitStatistics(countedColumns(room, shared), schema, shard.train);
  return { answer: { ...emptyAnswer(shard.client, objectives, 1), statistics: found }, vectors: [] };
}
