import { numberColumn, textColumn } from "../../shared/data/readers/collect.ts";
import type { Table, TableColumn } from "../../shared/data/table.ts";
import { Random } from "../../shared/random.ts";

/** A drawn table: two standard normal features, and a target made of the first and of further draws. */
export function drawnTable(rows: number, seed: number, target: (x: number, random: Random) => number | string): Table {
  const random = Random.seeded(seed);
  const x = Float64Array.from({ length: rows }, () => random.normal());
  const z = Float64Array.from({ length: rows }, () => random.normal());
  const y = Array.from(x, (value) => target(value, random));
  const column = y.some((value) => typeof value === "string")
    ? textColumn(y.map(String))
    : numberColumn(Float64Array.from(y as number[]));
  return {
    source: "drawn",
    rows,
    columns: new Map<string, TableColumn>([
      ["x", numberColumn(x)],
      ["z", numberColumn(z)],
      ["y", column],
    ]),
  };
}

/** The rows of a table dealt to `count` tables; one more, without rows, stands between them. */
export function dealt(table: Table, count: number): Table[] {
  const owners = Array.from({ length: table.rows }, (_, row) => (5 * row + (row >> 3)) % count);
  const parts = Array.from({ length: count }, (_, k) =>
    take(
      table,
      owners.flatMap((owner, row) => (owner === k ? [row] : [])),
    ),
  );
  return [parts[0]!, take(table, []), ...parts.slice(1)];
}

function take(table: Table, rows: readonly number[]): Table {
  const columns = [...table.columns].map(([name, column]): [string, TableColumn] => {
    const missing = column.kind === "tensor" ? undefined : column.missing;
    const marks = missing === undefined ? undefined : Uint8Array.from(rows, (row) => missing[row]!);
    if (column.kind === "text")
      return [
        name,
        textColumn(
          rows.map((row) => column.values[row]!),
          marks,
        ),
      ];
    if (column.kind === "tensor") throw new Error("dealt: tables of numbers and texts only");
    return [
      name,
      numberColumn(
        Float64Array.from(rows, (row) => column.values[row]!),
        marks,
      ),
    ];
  });
  return { source: table.source, rows: rows.length, columns: new Map(columns) };
}
