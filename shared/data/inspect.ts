/**
 * What the columns of unknown tables probably are: the guesses that `tributary init` writes down for a person to correct.
 * Several tables are looked at as one, since every client must encode alike: rows may be split over files in any way.
 */
import { columnFacts, mergeFacts, mostValues, type ColumnFacts } from "./column-facts.ts";
import { plainNumber } from "./schema.ts";
import { deviationOf, meanOf } from "./summary.ts";
import type { Table } from "./table.ts";

export type Guess =
  | { readonly kind: "number" }
  /** At most `mostCategories` different values; numbers in their order, else by the alphabet. */
  | { readonly kind: "category"; readonly values: readonly string[] }
  /** A row is several numbers. */
  | { readonly kind: "vector"; readonly size: number }
  /** Nothing to learn from: "the same in every row", "missing in 611 of 920 rows", "it counts the rows". */
  | { readonly kind: "none"; readonly why: string; readonly text?: true };

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

export const mostCategories = 30;
/** Whole numbers with so few values are rather codes than amounts; two values are as well a number. */
export const codes = { least: 3, most: 12 } as const;

/** Looks at the tables as one; columns that not all of them have are left out. */
export const inspectTables = (tables: readonly Table[]): Inspection => inspectFacts(factsOfTables(tables));

/** The facts of every column that all tables have, in the order of the first. */
export function factsOfTables(tables: readonly Table[]): ColumnFacts[] {
  const names = [...(tables[0]?.columns.keys() ?? [])].filter((name) =>
    tables.every((table) => table.columns.has(name)),
  );
  return names.map((name) => mergeFacts(tables.map((table) => columnFacts(name, table.columns.get(name)!))));
}

export function inspectFacts(facts: readonly ColumnFacts[]): Inspection {
  const rows = facts.reduce((most, { count, missing }) => Math.max(most, count + missing), 0);
  const tokens = new Set(facts.flatMap((column) => column.tokens));
  return { rows, columns: facts.map(inspectColumn), tokens: [...tokens].sort() };
}

function inspectColumn(facts: ColumnFacts): InspectedColumn {
  const { name, missing, values: found } = facts;
  const values = found === null || found.length > mostCategories ? undefined : inOrder(found.map(([value]) => value));
  return { name, guess: guessOf(facts, values), missing, values };
}

function guessOf(facts: ColumnFacts, values: readonly string[] | undefined): Guess {
  const { shape, count, missing, texts, fractions, values: found } = facts;
  if (shape.length === 1) return { kind: "vector", size: shape[0]! };
  if (shape.length > 1) return { kind: "none", why: `rows of the shape [${shape.join(", ")}]: declare it as image` };
  if (missing > count) return { kind: "none", why: `missing in ${missing} of ${missing + count} rows` };
  if (found?.length === 1) return { kind: "none", why: "the same in every row" };
  if (texts > 0) {
    if (values !== undefined) return { kind: "category", values };
    return {
      kind: "none",
      why: found === null ? `over ${mostValues} different texts` : `${found.length} different texts`,
      text: true,
    };
  }
  const whole = fractions === 0;
  if (whole && countsRows(facts)) return { kind: "none", why: "it counts the rows" };
  const coded = whole && values !== undefined && values.length >= codes.least && values.length <= codes.most;
  return coded ? { kind: "category", values } : { kind: "number" };
}

/** Few rows may be a permutation of 1 … n by chance; then each part must be in order too. */
const fewRows = 20;

/** n whole numbers between a and a + n − 1, with the mean and the variance (n² − 1)/12 of a, a + 1, …: each occurs once. */
function countsRows({ count, ascending, numbers }: ColumnFacts): boolean {
  const { least, greatest } = numbers;
  if (count <= 2 || greatest! - least! !== count - 1 || !(ascending || count >= fewRows)) return false;
  const variance = (count * count - 1) / 12;
  const deviation = deviationOf(numbers, 0);
  return (
    Math.abs(meanOf(numbers) - (least! + greatest!) / 2) <= 1e-9 * count &&
    Math.abs(deviation * deviation - variance) <= 1e-9 * variance
  );
}

function inOrder(values: readonly string[]): string[] {
  const numeric = values.every((value) => plainNumber.test(value));
  return [...values].sort(numeric ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : 1));
}
