/** Data sets whose files are not yet tables of examples: what a person would prepare before any training, into temporary files. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A temporary file with this text. */
export function temporaryFile(name: string, text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "tributary-data-")), name);
  writeFileSync(path, text);
  return path;
}

/** An svmlight file whose lists are told by a second file, a length on each line → one with `qid:` on each row. */
export function withQueries(path: string, lengths: string): string {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const queries = readFileSync(lengths, "utf8")
    .trim()
    .split("\n")
    .flatMap((length, query) => Array.from({ length: Number(length) }, () => query));
  return temporaryFile(
    "ranking.svmlight",
    lines.map((line, row) => line.replace(" ", ` qid:${queries[row]} `)).join("\n"),
  );
}
