/** Newline-delimited JSON: one object a line, keys are columns; null or an absent key is missing, lists are vectors. */
import { createInterface } from "node:readline";
import type { Table } from "../table.ts";
import { invalidData, readStream } from "./open.ts";
import { columnOfValues } from "./values.ts";

/** Reads one file as a stream of lines. Blank lines are skipped. */
export async function readNdjson(
  path: string,
  options: { readonly wantedBy?: string | undefined } = {},
): Promise<Table> {
  return readStream(path, options.wantedBy, async (stream) => {
    const cells = new Map<string, unknown[]>();
    const lines: number[] = [];
    let line = 0;
    const texts = createInterface({ input: stream, crlfDelay: Infinity });
    let failure: unknown;
    stream.once("error", (error) => {
      failure = error; // readline does not hand it on
      texts.close();
    });
    for await (const raw of texts) {
      line += 1;
      const text = line === 1 ? raw.replace(/^\uFEFF/, "") : raw;
      if (text.trim() === "") continue;
      for (const [name, value] of Object.entries(objectOf(text, `${path}:${line}`))) {
        let column = cells.get(name);
        if (column === undefined) cells.set(name, (column = []));
        while (column.length < lines.length) column.push(undefined);
        column.push(value);
      }
      lines.push(line);
    }
    if (failure !== undefined) throw failure as Error;
    if (line === 0) throw invalidData(path, "is empty");
    const columns = new Map(
      [...cells].map(([name, values]) => {
        while (values.length < lines.length) values.push(undefined);
        return [name, columnOfValues(values, (row) => `${path}:${lines[row]!}, column "${name}"`)] as const;
      }),
    );
    return { source: path, rows: lines.length, columns, lines: Uint32Array.from(lines) };
  });
}

function objectOf(text: string, place: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalidData(place, `is not JSON: ${(error as Error).message}`, error);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw invalidData(place, `expected an object, got ${text.slice(0, 40)}`);
}
