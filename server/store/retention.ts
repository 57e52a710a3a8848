/**
 * Keeps a store within its disk budget. What runs that go on need stays, and so do every run's newest checkpoint, the privacy ledger
 * and the audit chain. The others give way run by run, the one submitted first before the others, in this order, until it is enough:
 *
 *     shared files and older checkpoints → the course of rounds and receipts → events
 */
import type { Sqlite } from "./sqlite.ts";
import { select } from "./tables.ts";

const steps = [
  "DELETE FROM contents WHERE run = ? AND (kind <> 'checkpoint' OR round < (SELECT max(round) FROM commits WHERE commits.run = contents.run))",
  "DELETE FROM receipts WHERE run = ?",
  "DELETE FROM transitions WHERE run = ?",
  "DELETE FROM events WHERE run = ?",
] as const;

/** Answers with the files that may go, and what the store takes then, in bytes. */
export function retain(
  db: Sqlite,
  { budgetBytes }: { readonly budgetBytes: number },
): { readonly unused: readonly string[]; readonly bytes: number } {
  const before = filesOf(db);
  const over = select(db, "runs", "status <> 'open' ORDER BY submitted_at, id");
  for (const step of steps) {
    for (const { id } of over) {
      if (sizeOf(db) <= budgetBytes) break;
      db.run(step, [id]);
    }
  }
  const after = filesOf(db);
  return { unused: [...before.keys()].filter((file) => !after.has(file)), bytes: sizeOf(db) };
}

const filesOf = (db: Sqlite): Map<string, number> =>
  new Map(
    db
      .all("SELECT DISTINCT sha256, bytes FROM contents WHERE inline IS NULL")
      .map(([sha256, bytes]) => [String(sha256), Number(bytes)]),
  );

/** Files, and the journal's pages that hold something: free ones are used before the file grows. */
function sizeOf(db: Sqlite): number {
  const [pages, free, size] = ["page_count", "freelist_count", "page_size"].map((name) =>
    Number(db.pragma(name)[0]![0]),
  );
  return [...filesOf(db).values()].reduce((sum, bytes) => sum + bytes, (pages! - free!) * size!);
}
