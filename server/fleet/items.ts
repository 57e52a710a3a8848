import type { ClientRows } from "../../shared/data/split.ts";
import { evaluationPiece, type Task } from "../../shared/protocol/task.ts";

/** What a thread takes at a time: a client, or for an evaluation a piece of the client's rows of the part. */
export interface Item {
  /** The client's number in the list of all clients. */
  readonly client: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The items of an exchange. Large ones come first, so that threads finish together; the pieces of one client stay in their
 * order, in which their sums are added. The order changes no bit. Without `cut` (where groups of rows stay whole) a part is one piece,
 * and so it is where the model is the client's own, which may have to be made first.
 */
export function itemsOf(task: Task, cohort: readonly number[], clients: readonly ClientRows[], cut = true): Item[] {
  const sized = cohort.flatMap((client) => {
    const { train, test } = clients[client]!;
    if (task.kind !== "evaluate") return [{ item: { client, from: 0, to: 0 }, rows: train.length }];
    const rows = (task.part === "train" ? train : test).length;
    const size = cut && task.personal !== true ? evaluationPiece : Math.max(1, rows);
    const pieces = Math.max(1, Math.ceil(rows / size));
    return Array.from({ length: pieces }, (_, i) => {
      const from = i * size;
      const to = Math.min(rows, from + size);
      return { item: { client, from, to }, rows: to - from };
    });
  });
  return sized.sort((a, b) => b.rows - a.rows).map(({ item }) => item);
}
