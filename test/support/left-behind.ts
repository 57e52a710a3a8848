/** What a killed daemon has left of the round it was in, by a copy of its journal: reading must change nothing. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { journalFile } from "../../server/store/journal-engine.ts";
import { Sqlite } from "../../server/store/sqlite.ts";

/** "before the first round", "between rounds", "nobody has answered", "some have answered", "all have answered". */
export function leftBehind(state: string, clients: number): string {
  const folder = mkdtempSync(join(tmpdir(), "tributary-left-behind-"));
  for (const end of ["", "-wal"]) {
    const file = `${journalFile(state)}${end}`;
    if (existsSync(file)) copyFileSync(file, `${journalFile(folder)}${end}`);
  }
  const db = new Sqlite(journalFile(folder));
  try {
    const count = (sql: string): number => Number(db.all(sql)[0]![0]);
    if (count("SELECT count(*) FROM sqlite_schema WHERE name = 'commits'") === 0) return "before the first round";
    const committed = count("SELECT coalesce(max(round), 0) FROM commits");
    const answered = count(`SELECT count(*) FROM receipts WHERE round > ${String(committed)}`);
    if (answered >= clients) return "all have answered";
    if (answered > 0) return "some have answered";
    if (count(`SELECT count(*) FROM transitions WHERE round > ${String(committed)}`) > 0) return "nobody has answered";
    return committed === 0 ? "before the first round" : "between rounds";
  } finally {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
