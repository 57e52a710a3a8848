/** A partition from a file: a table with the columns line (1-based) and client. */
import { TributaryError } from "../../errors.ts";
import { categoryCells, numberCells } from "../cells.ts";
import { readTable } from "../readers/reader.ts";
import { placeOf } from "../table.ts";

/** line → client. A line that comes twice is refused. */
export async function readAssignment(path: string, wantedBy?: string): Promise<Map<number, string>> {
  const table = await readTable(path, { wantedBy });
  const lines = numberCells(table, "line").values;
  const assignment = new Map<number, string>();
  categoryCells(table, "client").forEach((client, row) => {
    const line = lines[row]!;
    if (assignment.has(line))
      throw new TributaryError("invalid-data", `${placeOf(table, row)}: the line ${line} comes twice`);
    assignment.set(line, client);
  });
  return assignment;
}
