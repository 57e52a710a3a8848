/** Reads files of which nothing is known but their names: what parts the cells, and whether the first line names the columns. */
import { factsOfTables } from "../shared/data/inspect.ts";
import { peekTable } from "../shared/data/readers/peek.ts";
import type { Format } from "../shared/data/readers/formats.ts";
import { formatOf, readTable } from "../shared/data/readers/reader.ts";
import { suspicionsOf } from "../shared/data/suspicions.ts";
import type { Table } from "../shared/data/table.ts";

export interface Unknown {
  readonly tables: readonly Table[];
  /** The names given to the columns when the files have none: c1, c2, … */
  readonly header?: readonly string[];
  readonly delimiter?: string;
  readonly format?: Format;
  /** What looks wrong about them, a sentence each. */
  readonly suspicions: readonly string[];
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
  const tables = await Promise.all(files.map((file) => readTable(file, options)));
  const suspicions = isText ? suspicionsOf(factsOfTables(tables), { named, delimiter }, files.length) : [];
  return { tables, suspicions, ...options };
}
