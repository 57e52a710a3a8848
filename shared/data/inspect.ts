/**
 * What the columns of unknown tables probably are: the guesses that `tributary init` writes down for a person to correct.
 * Several tables are looked at as one, since every client must encode alike.
 */
import { canonical, plainNumber } from "./schema.ts";
import type { Table, TableColumn } from "./table.ts";

export type Guess =
  | { readonly kind: "number" }
  /** At most `mostCategories` different values; numbers in their order, else by the alphabet. */
  | { readonly kind: "category"; readonly values: readonly string[] }
  /** Nothing to learn from: "the same in every row", "missing in 611 of 920 rows", "it counts the rows". */
  | { readonly kind: "none"; readonly why: string };

export interface InspectedColumn {
  readonly name: string;
  readonly guess: Guess;
  readonly missing: number;
  /** The different values when there are at most `mostCategories`, whatever the guess. */
  readonly values: readonly string[] | undefined;
}

export interface Inspection {
  readonly rows: number;
  readonly columns: readonly InspectedColumn[];
  /** The texts found that usually mean "missing". */
  readonly tokens: readonly string[];
}

const mostCategories = 30;
/** Whole numbers with so few values are rather codes than amounts; two values are as well a number. */
const codes = { least: 3, most: 12 } as const;
const usualTokens = new Set(["?", "na", "n/a", "nan", "null", "none", "-", ".", "missing"]);

/** Looks at the tables as one; columns that not all of them have are left out. */
export function inspectTables(tables: readonly Table[]): Inspection {
  const tokens = new Set<string>();
  const names = [...(tables[0]?.columns.keys() ?? [])].filter((name) =>
    tables.every((table) => table.columns.has(name)),
  );
  const columns = names.map((name) =>
    inspectColumn(
      name,
      tables.map((table) => table.columns.get(name)!),
      tokens,
    ),
  );
  return { rows: tables.reduce((sum, table) => sum + table.rows, 0), columns, tokens: [...tokens].sort() };
}

function inspectColumn(name: string, parts: readonly TableColumn[], tokens: Set<string>): InspectedColumn {
  const cells: string[] = [];
  let missing = 0;
  for (const part of parts) {
    if (part.kind === "tensor")
      return {
        name,
        guess: { kind: "none", why: "rows of several numbers: declare it as image or vector" },
        missing: 0,
        values: undefined,
      };
    for (let row = 0; row < part.values.length; row++) {
      const text = part.missing?.[row] === 1 ? undefined : canonical(part.values[row]!);
      if (text === undefined || usualTokens.has(text.toLowerCase())) {
        missing += 1;
        if (text !== undefined) tokens.add(text);
      } else cells.push(text);
    }
  }
  const distinct = new Set(cells);
  const values = distinct.size <= mostCategories ? inOrder([...distinct]) : undefined;
  const guess: Guess =
    missing > cells.length
      ? { kind: "none", why: `missing in ${missing} of ${missing + cells.length} rows` }
      : guessOf(cells, distinct, values);
  return { name, guess, missing, values };
}

function guessOf(
  cells: readonly string[],
  distinct: ReadonlySet<string>,
  values: readonly string[] | undefined,
): Guess {
  if (distinct.size === 1) return { kind: "none", why: "the same in every row" };
  if (!cells.every((cell) => plainNumber.test(cell))) {
    return values === undefined
      ? { kind: "none", why: `${distinct.size} different texts` }
      : { kind: "category", values };
  }
  const numbers = cells.map(Number);
  const whole = numbers.every(Number.isInteger);
  const countsRows = whole && cells.length > 2 && numbers.every((value, i) => i === 0 || value === numbers[i - 1]! + 1);
  if (countsRows) return { kind: "none", why: "it counts the rows" };
  const coded = whole && values !== undefined && values.length >= codes.least && values.length <= codes.most;
  return coded ? { kind: "category", values } : { kind: "number" };
}

function inOrder(values: readonly string[]): string[] {
  const numeric = values.every((value) => plainNumber.test(value));
  return [...values].sort(numeric ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : 1));
}
