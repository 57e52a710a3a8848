/**
 * What is known of one column of unknown tables: counts and exact sums, of which those of two parts make those of both.
 *
 *     mergeFacts(columnFacts(A), columnFacts(B)) = columnFacts(A ∪ B)
 *
 * In any order and grouping, but for `ascending`, which says of each part that its numbers stand in order. Nothing is decided
 * here about what the column means; `inspect.ts` does that.
 */
import { canonical, plainNumber } from "./schema.ts";
import { mergeColumns, summarizeNumbers, type ColumnSummary } from "./summary.ts";
import type { TableColumn } from "./table.ts";
import { sizeOf, type Shape } from "../tensor/shape.ts";

export interface ColumnFacts {
  readonly name: string;
  /** Of one row: `[]` a number or a text, `[300]` a vector, `[28, 28]` an image. */
  readonly shape: Shape;
  /** Cells with a value, cells without one, and those of the former that are no plain numbers. */
  readonly count: number;
  readonly missing: number;
  readonly texts: number;
  /** The sums of the cells that are numbers. */
  readonly numbers: ColumnSummary;
  /** Numbers that are not whole, and numbers that equal the least and the greatest. */
  readonly fractions: number;
  readonly atLeast: number;
  readonly atGreatest: number;
  /** Whether each number is greater than the one before it. */
  readonly ascending: boolean;
  /** How often each value occurs, by the alphabet; null beyond `mostValues`. */
  readonly values: readonly (readonly [value: string, count: number])[] | null;
  /** Texts found that usually mean "missing", and were counted so. */
  readonly tokens: readonly string[];
}

/** Beyond so many different values they are not listed. */
export const mostValues = 1000;
const usualTokens = new Set(["?", "na", "n/a", "nan", "null", "none", "-", ".", "missing"]);

export function columnFacts(name: string, column: TableColumn): ColumnFacts {
  if (column.kind === "tensor") {
    const size = sizeOf(column.rowShape);
    return factsOf(name, column.rowShape, [], {
      count: size === 0 ? 0 : column.values.length / size,
      missing: 0,
      tokens: [],
    });
  }
  const cells: string[] = [];
  const tokens = new Set<string>();
  let missing = 0;
  for (let row = 0; row < column.values.length; row++) {
    const text = column.missing?.[row] === 1 ? undefined : canonical(column.values[row]!);
    if (text === undefined || usualTokens.has(text.toLowerCase())) {
      missing += 1;
      if (text !== undefined) tokens.add(text);
    } else cells.push(text);
  }
  return factsOf(name, [], cells, { count: cells.length, missing, tokens: [...tokens].sort() });
}

function factsOf(
  name: string,
  shape: Shape,
  cells: readonly string[],
  counts: Pick<ColumnFacts, "count" | "missing" | "tokens">,
): ColumnFacts {
  const plain = cells.filter((cell) => plainNumber.test(cell)).map(Number);
  const numbers = summarizeNumbers(plain.length, (i) => plain[i]!, name);
  const equal = (to: number | null): number => plain.filter((value) => value === to).length;
  return {
    name,
    shape,
    ...counts,
    texts: cells.length - plain.length,
    numbers,
    fractions: plain.filter((value) => !Number.isInteger(value)).length,
    atLeast: equal(numbers.least),
    atGreatest: equal(numbers.greatest),
    ascending: plain.every((value, i) => i === 0 || value > plain[i - 1]!),
    values: tally(cells.map((cell) => [cell, 1])),
  };
}

/** The facts of all parts together; they are of one column, so there is at least one. */
export function mergeFacts(parts: readonly ColumnFacts[]): ColumnFacts {
  const total = (of: (part: ColumnFacts) => number): number => parts.reduce((sum, part) => sum + of(part), 0);
  const numbers = mergeColumns(parts.map((part) => part.numbers));
  return {
    name: parts[0]!.name,
    shape: widest(parts.map((part) => part.shape)),
    count: total((part) => part.count),
    missing: total((part) => part.missing),
    texts: total((part) => part.texts),
    numbers,
    fractions: total((part) => part.fractions),
    atLeast: total((part) => (part.numbers.least === numbers.least ? part.atLeast : 0)),
    atGreatest: total((part) => (part.numbers.greatest === numbers.greatest ? part.atGreatest : 0)),
    ascending: parts.every((part) => part.ascending),
    values: parts.some((part) => part.values === null) ? null : tally(parts.flatMap((part) => part.values!)),
    tokens: [...new Set(parts.flatMap((part) => part.tokens))].sort(),
  };
}

/** A file need not name the last features of its vectors: the longest shape counts. */
const widest = (shapes: readonly Shape[]): Shape =>
  shapes.reduce((widest, shape) => (sizeOf(shape) > sizeOf(widest) ? shape : widest));

function tally(entries: readonly (readonly [string, number])[]): ColumnFacts["values"] {
  const counts = new Map<string, number>();
  for (const [value, count] of entries) {
    counts.set(value, (counts.get(value) ?? 0) + count);
    if (counts.size > mostValues) return null;
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
