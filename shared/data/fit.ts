/**
 * Whether a client's table fits what an experiment declares: every column is tried by itself with the very rules of
 * `preprocess.ts`, so that all problems are found at once, and none that training would not meet.
 */
import { TributaryError } from "../errors.ts";
import { groupCells, levelCells, numberCells, textCells } from "./cells.ts";
import { encodeFeatures, throughView } from "./features.ts";
import { toDataset } from "./preprocess.ts";
import {
  canonical,
  targetColumns,
  targetShape,
  type DataSchema,
  type FeatureSchema,
  type Scalar,
  type TargetSchema,
} from "./schema.ts";
import { tableColumn, type Table } from "./table.ts";
import { encodeTargets } from "./targets.ts";

export interface ColumnFit {
  readonly column: string;
  /** What the experiment takes it for: "number", "category", "image", …, or "target disease". */
  readonly role: string;
  /** Rows without a value. */
  readonly missing: number;
  /** Its range, or how often each value occurs: "29 … 77", "0: 96, 1: 207". Empty when it does not fit. */
  readonly summary: string;
}

export interface Fit {
  readonly source: string;
  readonly rows: number;
  /** Rows that would be trained or tested on; 0 when there are problems. */
  readonly usable: number;
  readonly columns: readonly ColumnFit[];
  /** One sentence for each column that does not fit, with the place of its first wrong cell. */
  readonly problems: readonly string[];
}

/** Tries every declared column of a table. */
export function fitOf(table: Table, schema: DataSchema): Fit {
  const problems: string[] = [];
  const columns = trialsOf(table, schema).map(({ column, role, accept, describe }): ColumnFit => {
    try {
      accept();
      return { column, role, ...describe() };
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error;
      problems.push(error.message);
      return { column, role, missing: 0, summary: "" };
    }
  });
  const usable = problems.length > 0 ? 0 : toDataset(table, { schema }).rows;
  if (problems.length === 0 && usable === 0)
    problems.push(`${table.source}: none of its ${table.rows} rows is complete`);
  return { source: table.source, rows: table.rows, usable, columns, problems };
}

type Description = Pick<ColumnFit, "missing" | "summary">;

interface Trial {
  readonly column: string;
  readonly role: string;
  /** Encodes the column as if it were the only one. Throws what training would throw. */
  readonly accept: () => void;
  /** What is in a column that was accepted. */
  readonly describe: () => Description;
}

function trialsOf(table: Table, schema: DataSchema): Trial[] {
  const trials = (features: FeatureSchema): Trial[] => featureTrials(table, { ...schema, features, views: {} });
  const own = trials(schema.features);
  const known = new Set(own.map(({ column }) => column));
  const seen = Object.values(schema.views ?? {}).flatMap((view) => trials(throughView(schema.features, view)));
  return [
    ...own,
    ...seen.filter(({ column }) => !known.has(column)),
    ...Object.entries(schema.targets).map(([name, target]) => ({
      column: targetColumns(target).join(", "),
      role: `target ${name}`,
      accept: () => void encodeTargets(table, { ...schema, targets: { [name]: target } }),
      describe: () => describeTarget(table, target, schema),
    })),
  ];
}

function featureTrials(table: Table, schema: DataSchema): Trial[] {
  const { numeric = [], categorical = {}, vector, text = {}, image, index = {}, unknown } = schema.features;
  const feature = (column: string, role: string, features: FeatureSchema, describe: () => Description): Trial => ({
    column,
    role,
    accept: () => void encodeFeatures(table, { ...schema, features }),
    describe,
  });
  const complete = (): Description => ({ missing: 0, summary: "" });
  return [
    ...numeric.map((column) => feature(column, "number", { numeric: [column] }, () => range(table, column, schema))),
    ...Object.entries(categorical).map(([column, levels]) =>
      feature(column, "category", { categorical: { [column]: levels }, unknown }, () =>
        counts(table, column, levels, schema),
      ),
    ),
    ...(vector === undefined ? [] : [feature(vector.column, "vector", { vector }, complete)]),
    ...Object.entries(text).map(([column, words]) =>
      feature(column, "text", { text: { [column]: words } }, () => lengths(table, column, schema)),
    ),
    ...(image === undefined ? [] : [feature(image.column, "image", { image }, complete)]),
    ...Object.entries(index).map(([column, size]) =>
      feature(column, "index", { index: { [column]: size } }, () =>
        tableColumn(table, column).kind === "tensor" ? complete() : range(table, column, schema),
      ),
    ),
  ];
}

function describeTarget(table: Table, target: TargetSchema, schema: DataSchema): Description {
  const { above, equals, classes, levels } = target;
  const [column = ""] = targetColumns(target);
  if (targetShape(target).length > 0) return { missing: 0, summary: "" };
  if (target.group === true) {
    const { values, missing } = groupCells(table, column, schema.missing);
    return { missing: ones(missing), summary: `${new Set(values.filter((value) => value >= 0)).size} groups` };
  }
  if (equals !== undefined) return counts(table, column, [equals], schema);
  const values = typeof classes === "number" ? Array.from({ length: classes }, (_, i) => i) : (classes ?? levels);
  if (values !== undefined) return counts(table, column, values, schema);
  if (above === undefined) return range(table, column, schema);
  const { values: numbers, missing } = numberCells(table, column, schema.missing);
  const greater = numbers.reduce((sum, value) => sum + (value > above ? 1 : 0), 0);
  const absent = ones(missing);
  return { missing: absent, summary: `up to ${above}: ${table.rows - absent - greater}, above: ${greater}` };
}

/** "29 … 77, mean 54.4" */
function range(table: Table, column: string, schema: DataSchema): Description {
  const { values, missing } = numberCells(table, column, schema.missing);
  const there = values.filter((value) => !Number.isNaN(value));
  if (there.length === 0) return { missing: ones(missing), summary: "" };
  const [least, most] = there.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [
    Infinity,
    -Infinity,
  ] as [number, number]);
  const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
  return { missing: ones(missing), summary: `${least} … ${most}, mean ${Number(mean.toPrecision(4))}` };
}

/** "3 … 1204 characters" */
function lengths(table: Table, column: string, schema: DataSchema): Description {
  const { values, missing } = textCells(table, column, schema.missing);
  const there = values.filter((_, row) => missing[row] === 0).map((text) => text.length);
  if (there.length === 0) return { missing: ones(missing), summary: "" };
  const [least, most] = there.reduce(([low, high], n) => [Math.min(low, n), Math.max(high, n)], [Infinity, 0]);
  return { missing: ones(missing), summary: `${least} … ${most} characters` };
}

/** "red: 12, green: 30, other: 2" */
function counts(table: Table, column: string, levels: readonly Scalar[], schema: DataSchema): Description {
  const { values, missing } = levelCells(table, column, levels, schema.missing, "zero");
  const found = levels.map((level, i) => ({
    name: canonical(level),
    count: values.reduce((sum, value) => sum + (value === i ? 1 : 0), 0),
  }));
  const absent = ones(missing);
  const other = table.rows - absent - found.reduce((sum, { count }) => sum + count, 0);
  const named = [...found, ...(other > 0 ? [{ name: "other", count: other }] : [])];
  return { missing: absent, summary: named.map(({ name, count }) => `${name}: ${count}`).join(", ") };
}

const ones = (marks: Uint8Array): number => marks.reduce((sum, mark) => sum + mark, 0);
