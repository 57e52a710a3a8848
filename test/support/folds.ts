/** Which fold each row is in, where a reference has drawn them: `test/golden/folds`. */
import { readFileSync } from "node:fs";

const folds = JSON.parse(readFileSync(new URL("../golden/folds/folds.json", import.meta.url), "utf8")) as Record<
  "mammography" | "pandalm",
  string
>;

/** For each fold the rows that are not in it and those that are. */
export function foldsOf<Row>(set: keyof typeof folds, rows: readonly Row[]): { train: Row[]; test: Row[] }[] {
  const fold = Array.from(folds[set], Number);
  if (fold.length !== rows.length) throw new Error(`Expected ${fold.length} rows of ${set}, got ${rows.length}`);
  return Array.from({ length: Math.max(...fold) + 1 }, (_, k) => ({
    train: rows.filter((_, row) => fold[row] !== k),
    test: rows.filter((_, row) => fold[row] === k),
  }));
}
