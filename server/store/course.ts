/** The course of a run as its journal has it: who took part in each round, who left and why, and the checkpoint it came to. */
import { Sqlite } from "./sqlite.ts";
import { requireRun } from "./run-rows.ts";
import { journalFile } from "./journal-engine.ts";
import type { Transition } from "./store.ts";
import { select } from "./tables.ts";

export interface RoundCourse {
  readonly round: number;
  readonly attempt: number;
  readonly participants: readonly string[];
  readonly left: readonly { readonly client: string; readonly reason: string }[];
  /** SHA-256 of the checkpoint. */
  readonly checkpoint: string;
}

/** Throws "unknown-name" when the journal has no such run. */
export function courseOf(folder: string, run: string): RoundCourse[] {
  const db = new Sqlite(journalFile(folder));
  try {
    requireRun(db, run);
    return select(db, "commits", "run = ? ORDER BY round", [run]).map((row) => {
      const at = [run, row.round, row.attempt];
      const left = select(db, "transitions", "run = ? AND round = ? AND attempt = ? AND type = 'left' ORDER BY seq", at)
        .map(({ body }) => JSON.parse(String(body)) as Transition)
        .flatMap((one) => (one.type === "left" ? [{ client: one.client, reason: one.reason }] : []));
      return {
        round: Number(row.round),
        attempt: Number(row.attempt),
        participants: JSON.parse(String(row.participants)) as string[],
        left,
        checkpoint: String(row.checkpoint),
      };
    });
  } finally {
    db.close();
  }
}
