/** Reads files of which nothing is known but their names: what parts the cells, and whether the first line names the columns. */
import { peekTable } from "../shared/data/readers/peek.ts";
import { formatOf, readTable, type Format } from "../shared/data/readers/reader.ts";
import type { Table } from "../shared/data/table.ts";

export interface Unknown {
  readonly tables: readonly Table[];
  /** The names given to the columns when the files have none: c1, c2, … */
  readonly header?: readonly string[];
  readonly delimiter?: string;
  readonly format?: Format;
}

/** Reads all files as the first one's first line asks for. Throws what the readers throw. */
export async function readUnknown(files: readonly string[], given?: Format): Promise<Unknown> {
  const format = given ?? formatOf(files[0]!);
  const { delimiter, cells, named } = await peekTable(files[0]!);
  const isText = format === "csv";
  const options = {
    ...(given !== undefined && { format }),
    ...(isText && delimiter !== "," && { delimiter }),
    ...(isText && !named && { header: cells.map((_, i) => `c${i + 1}`) }),
  };
  return { tables: await Promise.all(files.map((file) => readTable(file, options))), ...options };
}
