/**
 * A client's rows as the adviser's own simple fit sees them: numbers about their median in robust deviations, categories as 0/1.
 *
 *     x = clip((v − median) / (1.4826·MAD), ±8), to a multiple of 2⁻¹²;   a missing number is 0
 *
 * The rounding is on purpose. Products of such numbers are multiples of 2⁻²⁴, and 8 million of them add up below 2²⁹: every
 * float64 sum of them is exact, so that it does not matter which client holds which row, nor in which order they are added.
 */
import type { ColumnFacts } from "../data/column-facts.ts";
import { inspectFacts, type Guess } from "../data/inspect.ts";
import { canonical, plainNumber } from "../data/schema.ts";
import { deviationOf, meanOf } from "../data/summary.ts";
import type { Table, TableColumn } from "../data/table.ts";
import { Sketch, type SketchState } from "./sketch.ts";

/** What one column contributes: `width` numbers of a row. */
interface Part {
  readonly name: string;
  readonly guess: Exclude<Guess, { readonly kind: "none" }>;
  readonly width: number;
  readonly center: number;
  readonly scale: number;
}

export interface Design {
  readonly parts: readonly Part[];
  readonly width: number;
}

/** The rows of one client that have a target. */
export interface Rows {
  readonly count: number;
  readonly width: number;
  /** [count, width]; the last of a row is the 1 of the intercept. */
  readonly x: Float64Array;
  /** For each row its number in the table. */
  readonly origin: Int32Array;
}

/** Wider than this, the fit would cost more than it tells: the adviser does without. */
export const widest = 400;
const farthest = 8;
const unit = 4096;

/** A number to the nearest multiple of 2⁻¹² within ±`limit`. */
export const rounded = (value: number, limit = farthest): number =>
  Math.round(Math.min(limit, Math.max(-limit, value)) * unit) / unit;

/** How the columns other than those in `without` become numbers; undefined when there are none, or too many. */
export function designOf(
  facts: readonly ColumnFacts[],
  sketches: Readonly<Record<string, SketchState>>,
  without: ReadonlySet<string>,
): Design | undefined {
  const { columns } = inspectFacts(facts);
  const parts = columns.flatMap(({ name, guess }, i): Part[] => {
    if (guess.kind === "none" || without.has(name)) return [];
    if (guess.kind === "category") return [{ name, guess, width: guess.values.length, center: 0, scale: 1 }];
    if (guess.kind === "vector") return [{ name, guess, width: guess.size, center: 0, scale: 1 }];
    return [{ name, guess, width: 1, ...placeOf(facts[i]!, sketches[name] ?? []) }];
  });
  const width = parts.reduce((sum, part) => sum + part.width, 1);
  return width === 1 || width > widest ? undefined : { parts, width };
}

/** Median and 1.4826·MAD; the deviation where most values are one and the same. */
function placeOf({ numbers }: ColumnFacts, state: SketchState): { readonly center: number; readonly scale: number } {
  const sketch = Sketch.fromJSON(state);
  const center = sketch.quantile(0.5);
  const scale = 1.4826 * sketch.distances(center).quantile(0.5);
  if (scale > 1e-3 * deviationOf(numbers, 0)) return { center, scale };
  return { center: meanOf(numbers), scale: deviationOf(numbers, 0) || 1 };
}

/** The rows of a table for which `has` holds. */
export function rowsOf(table: Table, { parts, width }: Design, has: (row: number) => boolean): Rows {
  const origin = Int32Array.from({ length: table.rows }, (_, row) => row).filter(has);
  const x = new Float64Array(origin.length * width);
  let at = 0;
  for (const part of parts) {
    write(x, at, width, part, table.columns.get(part.name)!, origin);
    at += part.width;
  }
  for (let i = 0; i < origin.length; i++) x[i * width + at] = 1;
  return { count: origin.length, width, x, origin };
}

function write(
  x: Float64Array,
  at: number,
  width: number,
  { guess, center, scale }: Part,
  column: TableColumn,
  origin: Int32Array,
): void {
  if (column.kind === "tensor") {
    const size = column.rowShape[0] ?? 1;
    origin.forEach((row, i) => {
      for (let k = 0; k < size; k++) x[i * width + at + k] = rounded(column.values[row * size + k]!);
    });
  } else if (guess.kind === "category") {
    const places = new Map(guess.values.map((value, k) => [value, k]));
    origin.forEach((row, i) => {
      const place = places.get(canonical(column.values[row]!));
      if (place !== undefined && column.missing?.[row] !== 1) x[i * width + at + place] = 1;
    });
  } else {
    origin.forEach((row, i) => {
      const value = numberAt(column, row);
      if (!Number.isNaN(value)) x[i * width + at] = rounded((value - center) / scale);
    });
  }
}

/** The number in a cell; NaN where it is missing or no number. */
export function numberAt(column: TableColumn, row: number): number {
  if (column.kind === "tensor" || column.missing?.[row] === 1) return NaN;
  const cell = column.values[row]!;
  if (typeof cell === "number") return cell;
  const text = canonical(cell);
  return plainNumber.test(text) ? Number(text) : NaN;
}
