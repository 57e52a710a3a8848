/** The first line of a text table: enough to tell what parts its cells, and whether it names the columns. */
import { createInterface } from "node:readline";
import { plainNumber } from "../schema.ts";
import { readStream } from "./open.ts";

export interface Peek {
  readonly delimiter: string;
  readonly cells: readonly string[];
  /** Whether the cells look like names of columns: none is a number, and none stands there twice. */
  readonly named: boolean;
}

/** Reads no more than one line. Throws "missing-file" as the readers do. */
export async function peekTable(path: string): Promise<Peek> {
  const line = await readStream(path, undefined, async (stream) => {
    for await (const first of createInterface({ input: stream })) return first.replace(/^\uFEFF/, "");
    return "";
  });
  const delimiter = mostFrequent(line, [",", ";", "\t", "|"]);
  const cells = line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  const named = new Set(cells).size === cells.length && !cells.some((cell) => plainNumber.test(cell) || cell === "");
  return { delimiter, cells, named };
}

/** The first of the candidates when none occurs. */
function mostFrequent(line: string, candidates: readonly string[]): string {
  const counts = candidates.map((candidate) => line.split(candidate).length);
  return candidates[counts.indexOf(Math.max(...counts))]!;
}
