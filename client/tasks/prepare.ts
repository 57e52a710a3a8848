import type { Standardization } from "../../shared/data/schema.ts";
import { standardizeOf } from "../../shared/data/schema.ts";
import { fitStatistics, standardizationOf } from "../../shared/data/summary.ts";
import { emptyAnswer } from "../../shared/protocol/answer.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import type { PrepareTask } from "../../shared/protocol/task.ts";
import { contributionsOf, type Reply } from "./reply.ts";
import type { Contribution } from "../../shared/updates/update.ts";
import type { Room } from "../room/room.ts";
import { rawTable } from "../room/table.ts";

/**
 * Makes a client's rows ready for training: fills and standardizes them with everybody's statistics, or with its own where the
 * experiment says so, and counts its denominators, which stay the same for the whole run. May be done again: the encoded
 * rows are kept beside the standardized ones.
 */
export function prepare(task: PrepareTask, shard: Shard, room: Room): Reply {
  const { objectives } = room.assignment;
  const standardization = task.standardization ?? ownStandardization(shard, room);
  if (standardization !== undefined) {
    standardizeRows(room, standardization, shard.train);
    standardizeRows(room, standardization, shard.test);
  }
  const { sums, nonFinite } = room.counting.accumulate(
    room.columns(room.counting),
    room.inOrder(room.counting, shard.train),
  );
  const contributions = contributionsOf(sums, objectives);
  contributions.forEach(({ denominator }, i) => {
    shard.denominators[i] = denominator;
  });
  const told = room.confidant === undefined ? contributions : contributions.map((one) => rowsAlone(one, shard));
  return { answer: { ...emptyAnswer(shard.client, objectives, 1), nonFinite, contributions: told }, vectors: [] };
}

/** Of a client that is private by itself: how many rows it has is known, what they are is not. */
const rowsAlone = ({ objective }: Contribution, { train: { length } }: Shard): Contribution => ({
  objective,
  examples: length,
  ignored: 0,
  numerator: 0,
  denominator: length,
});

/** From the client's own training rows, where statistics are needed and nobody else's are to be used. */
function ownStandardization(shard: Shard, room: Room): Standardization | undefined {
  const { schema } = room.assignment;
  const table = rawTable(room);
  if (table === undefined || standardizeOf(schema).scope === "global") return undefined;
  return standardizationOf(fitStatistics(table, schema, shard.train), schema);
}

/** ready = (raw or fill − center) / scale, in the given rows of the table and of its views. */
function standardizeRows({ heap, data }: Room, { fill, center, scale }: Standardization, rows: Int32Array): void {
  if (data.table === undefined) return;
  const { tables, width, rows: all } = data.table;
  for (const table of tables) {
    const raw = heap.float64(table.raw, all * width);
    const ready = heap.float64(table.ready, all * width);
    for (const row of rows) {
      for (let i = 0; i < width; i++) {
        const value = raw[row * width + i]!;
        ready[row * width + i] = ((Number.isNaN(value) ? fill[i]! : value) - center[i]!) / scale[i]!;
      }
    }
  }
}
