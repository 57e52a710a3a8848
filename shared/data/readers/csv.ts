/** CSV and TSV, read as a stream: quotes, byte order marks, CRLF, gzip; ragged rows are refused with their line. */
import { CsvError, parse } from "csv-parse";
import type { Table } from "../table.ts";
import { CellCollector } from "./collect.ts";
import { invalidData, readStream } from "./open.ts";

export interface CsvOptions {
  /** true: the first line names the columns. A list: the file has no such line. @default true */
  readonly header?: true | readonly string[] | undefined;
  /** @default "," */
  readonly delimiter?: string | undefined;
  readonly wantedBy?: string | undefined;
}

/** Reads one file. Blank lines are skipped, cells are trimmed, an empty cell is missing. Memory: 8 bytes per number. */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<Table> {
  const { header = true, delimiter = ",", wantedBy } = options;
  return readStream(path, wantedBy, async (stream) => {
    const parser = parse({ bom: true, delimiter, relax_column_count: true, trim: true });
    stream.on("error", (error) => parser.destroy(error)).pipe(parser);
    const reader = new RowReader(path, header === true ? undefined : header);
    try {
      for await (const record of parser) reader.read(record as string[]);
    } catch (error) {
      if (error instanceof CsvError) throw malformed(path, error);
      throw error;
    }
    return reader.finish();
  });
}

/** csv-parse's own count of lines, which is exact until the first line break inside quotes. */
const malformed = (path: string, error: CsvError): Error => {
  const line = typeof error["lines"] === "number" ? `:${error["lines"]}` : "";
  return invalidData(`${path}${line}`, error.message, error);
};

class RowReader {
  readonly #path: string;
  #names: readonly string[] | undefined;
  #columns: CellCollector[] = [];
  readonly #lines: number[] = [];
  #line = 1;

  constructor(path: string, names: readonly string[] | undefined) {
    this.#path = path;
    if (names !== undefined) this.#name(names);
  }

  read(record: readonly string[]): void {
    const line = this.#line;
    this.#line += 1;
    for (const cell of record) if (cell.includes("\n")) this.#line += cell.split("\n").length - 1;
    if (record.length === 1 && record[0] === "") return;
    if (this.#names === undefined) {
      this.#name(record);
      return;
    }
    if (record.length !== this.#names.length) {
      throw invalidData(`${this.#path}:${line}`, `expected ${this.#names.length} cells, got ${record.length}`);
    }
    this.#lines.push(line);
    for (let i = 0; i < record.length; i++) this.#columns[i]!.push(record[i]!);
  }

  finish(): Table {
    if (this.#line === 1) throw invalidData(this.#path, "is empty");
    const columns = this.#columns.map((column, i) => [this.#names![i]!, column.finish()] as const);
    return {
      source: this.#path,
      rows: this.#lines.length,
      columns: new Map(columns),
      lines: Uint32Array.from(this.#lines),
    };
  }

  #name(names: readonly string[]): void {
    names.forEach((name, i) => {
      const problem =
        name === "" ? "has no name" : names.indexOf(name) < i ? `is called "${name}", and so is another` : "";
      if (problem !== "") throw invalidData(this.#path, `column ${i + 1} ${problem}`);
    });
    this.#names = names;
    this.#columns = names.map(() => new CellCollector());
  }
}
