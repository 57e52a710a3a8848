/** Parquet by way of hyparquet, column by column; every codec it knows. */
import { parquetMetadataAsync, parquetRead, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { Table } from "../table.ts";
import { invalidData, readBytes } from "./open.ts";
import { columnOfValues } from "./values.ts";

export interface ParquetOptions {
  /** Only these columns; those the file lacks are left to whoever asks for them. @default every column */
  readonly columns?: Iterable<string> | undefined;
  readonly wantedBy?: string | undefined;
}

export async function readParquet(path: string, options: ParquetOptions = {}): Promise<Table> {
  const bytes = await readBytes(path, options.wantedBy);
  if (bytes.length === 0) throw invalidData(path, "is empty");
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const wanted = options.columns === undefined ? undefined : new Set(options.columns);
  const cells = new Map<string, unknown[]>();
  let rows: number;
  try {
    const metadata = await parquetMetadataAsync(file);
    rows = Number(metadata.num_rows);
    const names = parquetSchema(metadata).children.map((child) => child.element.name);
    const columns = names.filter((name) => wanted === undefined || wanted.has(name));
    for (const name of columns) cells.set(name, new Array<unknown>(rows));
    await parquetRead({
      file,
      metadata,
      columns,
      compressors,
      onChunk: ({ columnName, columnData, rowStart }) => {
        const column = cells.get(columnName)!;
        for (let i = 0; i < columnData.length; i++) column[rowStart + i] = columnData[i];
      },
    });
  } catch (error) {
    throw invalidData(path, `cannot be read as Parquet: ${(error as Error).message}`, error);
  }
  const columns = [...cells].map(
    ([name, values]) => [name, columnOfValues(values, (row) => `${path} row ${row + 1}, column "${name}"`)] as const,
  );
  return { source: path, rows, columns: new Map(columns) };
}
