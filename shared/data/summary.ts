/**
 * What a client tells of its training rows so that all can standardize alike: per column of `feature/table` the count, the
 * exact Σx and Σx², the least and the greatest; per target the number of rows and of each class. Nothing of a single row.
 *
 *     merge(fit(A), fit(B)) = fit(A ∪ B), bit for bit, in any order and grouping
 *
 * holds because the sums are exact (`ExactSum`), not because a centre was agreed on: x² is kept with the part that
 * rounding loses, and only `standardizationOf` rounds. One exchange is enough. Cost: three exact additions a number, 0.3 µs.
 */
import { TributaryError } from "../errors.ts";
import { ExactSum, type ExactSumState } from "../sum.ts";
import { columnOf, type Dataset } from "./dataset.ts";
import { exactProduct } from "./exact-product.ts";
import { standardizeOf, tableColumns, targetShape, type DataSchema, type Standardization } from "./schema.ts";

export interface ColumnSummary {
  /** Rows that have a number here, and rows that lack one. */
  readonly count: number;
  readonly missing: number;
  readonly sum: ExactSumState;
  readonly squares: ExactSumState;
  /** null when there is no number at all. */
  readonly least: number | null;
  readonly greatest: number | null;
}

export interface TargetSummary {
  /** Rows with this target, and rows that lack it. */
  readonly count: number;
  readonly missing: number;
  /** Rows of each class or level, of 0 and of 1; absent for a target that is a number. */
  readonly classes?: readonly number[];
}

/** Plain data: JSON, and what a thread hands over. */
export interface Statistics {
  readonly rows: number;
  readonly table: readonly ColumnSummary[];
  readonly targets: Readonly<Record<string, TargetSummary>>;
}

/** Beyond this a square would leave float64; such a number is a mistake in the data. */
const largest = 1e150;

/** Summarizes what is there of an encoded, not yet standardized data set: the rows given (the training rows), or all. */
export function fitStatistics(dataset: Dataset, schema: DataSchema, rows?: ArrayLike<number>): Statistics {
  const chosen = rows ?? Int32Array.from({ length: dataset.rows }, (_, row) => row);
  const names = dataset.columns.has("feature/table") ? tableColumns(schema) : [];
  const data = names.length === 0 ? undefined : columnOf(dataset, "feature/table").data;
  const table = names.map((name, at) =>
    summarizeNumbers(chosen.length, (i) => data![chosen[i]! * names.length + at]!, name),
  );
  const targets = Object.keys(schema.targets)
    .filter((name) => dataset.columns.has(`target/${name}`))
    .map((name) => [name, summarizeTarget(dataset, schema, name, chosen)] as const);
  return { rows: chosen.length, table, targets: Object.fromEntries(targets) };
}

/** The counts and exact sums of `length` numbers, of which NaN is a missing one. Throws "invalid-data" beyond ±1e150. */
export function summarizeNumbers(length: number, numberAt: (i: number) => number, name: string): ColumnSummary {
  const sum = new ExactSum();
  const squares = new ExactSum();
  let count = 0;
  let least = Infinity;
  let greatest = -Infinity;
  for (let i = 0; i < length; i++) {
    const x = numberAt(i);
    if (Number.isNaN(x)) continue;
    if (Math.abs(x) > largest) {
      throw new TributaryError("invalid-data", `Column "${name}": cannot standardize numbers beyond ±1e150, got ${x}`);
    }
    count += 1;
    least = Math.min(least, x);
    greatest = Math.max(greatest, x);
    sum.add(x);
    for (const part of exactProduct(x, x)) squares.add(part);
  }
  return {
    count,
    missing: length - count,
    sum: sum.toJSON(),
    squares: squares.toJSON(),
    least: count === 0 ? null : least,
    greatest: count === 0 ? null : greatest,
  };
}

function summarizeTarget(dataset: Dataset, schema: DataSchema, name: string, rows: ArrayLike<number>): TargetSummary {
  const { above, equals, classes, levels } = schema.targets[name]!;
  const values = columnOf(dataset, `target/${name}`).data;
  const weights = columnOf(dataset, `weight/${name}`).data;
  const declared = typeof classes === "number" ? classes : (classes ?? levels)?.length;
  const binary = above !== undefined || equals !== undefined;
  const single = targetShape(schema.targets[name]!).length === 0;
  const counts = new Array<number>(single ? (declared ?? (binary ? 2 : 0)) : 0).fill(0);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (weights[row] === 0) continue;
    count += 1;
    if (counts.length > 0) counts[values[row]!]! += 1;
  }
  const summary = { count, missing: rows.length - count };
  return counts.length === 0 ? summary : { ...summary, classes: counts };
}

/** The statistics of all rows together. Throws "shape-mismatch" when the parts have different columns or targets. */
export function mergeStatistics(parts: readonly Statistics[]): Statistics {
  const first = parts[0];
  if (first === undefined) return { rows: 0, table: [], targets: {} };
  const names = Object.keys(first.targets);
  for (const part of parts) {
    if (part.table.length !== first.table.length || names.some((name) => part.targets[name] === undefined)) {
      throw new TributaryError(
        "shape-mismatch",
        "Expected statistics of the same columns and targets from every client",
      );
    }
  }
  return {
    rows: total(parts, (part) => part.rows),
    table: first.table.map((_, i) => mergeColumns(parts.map((part) => part.table[i]!))),
    targets: Object.fromEntries(names.map((name) => [name, mergeTargets(parts.map((part) => part.targets[name]!))])),
  };
}

const total = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);

/** The summary of all the parts' numbers together. */
export function mergeColumns(parts: readonly ColumnSummary[]): ColumnSummary {
  const present = parts.filter((part) => part.count > 0);
  return {
    count: total(parts, (part) => part.count),
    missing: total(parts, (part) => part.missing),
    sum: merged(parts.map((part) => part.sum)),
    squares: merged(parts.map((part) => part.squares)),
    least: present.length === 0 ? null : present.reduce((least, part) => Math.min(least, part.least!), Infinity),
    greatest: present.length === 0 ? null : present.reduce((most, part) => Math.max(most, part.greatest!), -Infinity),
  };
}

function merged(states: readonly ExactSumState[]): ExactSumState {
  const sum = new ExactSum();
  for (const state of states) sum.merge(ExactSum.fromJSON(state));
  return sum.toJSON();
}

function mergeTargets(parts: readonly TargetSummary[]): TargetSummary {
  const summary = { count: total(parts, (part) => part.count), missing: total(parts, (part) => part.missing) };
  const classes = parts[0]!.classes?.map((_, c) => total(parts, (part) => part.classes![c]!));
  return classes === undefined ? summary : { ...summary, classes };
}

/** Σx/n; 0 when there is no number; the value itself, free of rounding, when there is only one. */
export function meanOf({ count, sum, least, greatest }: ColumnSummary): number {
  if (least !== null && least === greatest) return least;
  return count === 0 ? 0 : ExactSum.fromJSON(sum).value() / count;
}

/**
 * The standard deviation √((Σ(x − c)² − (Σx − nc)²/n) / (n − ddof)) about the rounded mean c, expanded exactly: no digits
 * cancel, however far the mean lies from 0. 0 when the column does not vary.
 */
export function deviationOf(column: ColumnSummary, ddof: 0 | 1): number {
  const { count, sum, squares } = column;
  if (count <= ddof || column.least === column.greatest) return 0;
  const c = meanOf(column);
  const about = ExactSum.fromJSON(squares); // Σ(x − c)² = Σx² − 2c·Σx + n·c²
  for (const piece of pieces(sum)) for (const part of exactProduct(-2 * c, piece)) about.add(part);
  for (const part of exactProduct(c, c)) for (const piece of exactProduct(part, count)) about.add(piece);
  const shift = ExactSum.fromJSON(sum); // Σx − n·c, what rounding c left
  for (const part of exactProduct(-c, count)) shift.add(part);
  const offset = shift.value();
  return Math.sqrt((about.value() - (offset * offset) / count) / (count - ddof));
}

/** The exact sum as float64 numbers: the nearest, the nearest to what is left, and so on. */
function pieces(state: ExactSumState): number[] {
  const rest = ExactSum.fromJSON(state);
  const found: number[] = [];
  for (let value = rest.value(); value !== 0; value = rest.value()) {
    found.push(value);
    rest.add(-value);
  }
  return found;
}

/** Whether training must know statistics before it begins: to standardize, or to fill what is missing. */
export const needsStatistics = (schema: DataSchema): boolean =>
  tableColumns(schema).length > 0 && (standardizeOf(schema).scope !== "none" || schema.missing?.features === "mean");

/** Whether everybody standardizes (or fills) with the same statistics, so that clients must tell theirs. */
export const sharesStatistics = (schema: DataSchema): boolean =>
  needsStatistics(schema) && standardizeOf(schema).scope !== "per-client";

/** Whether a target's values are counted one by one: yes or no, a class, a level. */
export const hasClasses = (schema: DataSchema): boolean =>
  Object.values(schema.targets).some(
    (target) =>
      targetShape(target).length === 0 &&
      [target.above, target.equals, target.classes, target.levels].some((rule) => rule !== undefined),
  );

/**
 * How the table feature is filled, centred and scaled. Columns that are not standardized have center 0 and scale 1. A
 * column that does not vary (or has fewer than two rows under ddof 1) has scale 1: it becomes 0, whatever epsilon is. A
 * missing number becomes the mean; a column without any number becomes 0.
 */
export function standardizationOf(statistics: Statistics, schema: DataSchema): Standardization {
  const { scope, columns: wanted, ddof, epsilon } = standardizeOf(schema);
  const names = tableColumns(schema);
  if (statistics.table.length !== names.length) {
    throw new TributaryError(
      "shape-mismatch",
      `Expected statistics of ${names.length} columns, got ${statistics.table.length}`,
    );
  }
  const numeric = new Set(schema.features.numeric ?? []);
  const chosen = (name: string, i: number): boolean => {
    if (scope === "none") return false;
    if (wanted === "all") return true;
    return i < numeric.size && (wanted === "numeric" ? numeric.has(name) : wanted.includes(name));
  };
  const fill = statistics.table.map(meanOf);
  const scale = names.map((name, i) => {
    const deviation = chosen(name, i) ? deviationOf(statistics.table[i]!, ddof) : 0;
    return deviation === 0 ? 1 : deviation + epsilon;
  });
  const center = names.map((name, i) => (chosen(name, i) ? fill[i]! : 0));
  return { columns: names, fill, center, scale };
}
