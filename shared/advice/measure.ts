/**
 * What clients tell the adviser of their rows: counts, exact sums and sketches; nothing of a single row but the names of
 * categories and groups, the least and the greatest.
 *
 *     measure([A, B]) = measure([A ∪ B])                  rows read together: the same bits, however they are split over files
 *     merge([measure([A]), measure([B])])                 summaries of clients that never met: all as above, but for the noise,
 *                                                         which each has measured about a fit of its own
 */
import { factsOfTables } from "../data/inspect.ts";
import { mergeFacts, type ColumnFacts } from "../data/column-facts.ts";
import { leaksOf, type Leak } from "../data/leaks.ts";
import { canonical } from "../data/schema.ts";
import type { Table, TableColumn } from "../data/table.ts";
import { TributaryError } from "../errors.ts";
import { designOf, numberAt, rowsOf } from "./design.ts";
import { noiseOf, separationOf, type Noise, type Separation } from "./noise.ts";
import { Sketch, type SketchState } from "./sketch.ts";
import { classesOf, mustName, settleTask, type Question, type SettledTask } from "./task.ts";

export interface Measurements {
  readonly format: "tributary-summary-1";
  readonly clients: number;
  readonly rows: number;
  readonly question: Question;
  readonly columns: readonly ColumnFacts[];
  /** Where the numbers of each column lie. */
  readonly sketches: Readonly<Record<string, SketchState>>;
  /** About a robust fit of a target that is a number; absent where there is nothing to fit it with. */
  readonly noise?: Noise;
  /** The same about log(1 + target), for targets that are never negative. */
  readonly logNoise?: Noise;
  /** Columns that tell the target, as each client sees it. */
  readonly leaks: readonly Leak[];
  readonly separations?: readonly Separation[];
  /** For each client, how many rows of each group it has. */
  readonly groups?: readonly Readonly<Record<string, number>>[];
}

/** Throws "invalid-option" for columns there are not. Whether anything can be learned is for all clients together to say. */
export function measure(tables: readonly Table[], question: Question): Measurements {
  const columns = factsOfTables(tables);
  const sketches = Object.fromEntries(
    columns
      .filter(({ numbers }) => numbers.count > 0)
      .map(({ name }) => [name, sketchOf(tables, name).toJSON()] as const),
  );
  mustName(columns, question);
  return {
    format: "tributary-summary-1",
    clients: clientsOf(tables, columns, question),
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    question,
    columns,
    sketches,
    leaks: leaksOf(
      tables,
      question.target,
      new Set([question.event, question.group].filter((name) => name !== undefined)),
    ),
    ...measureTarget(tables, columns, sketches, question),
    ...(question.group !== undefined && {
      groups: tables.flatMap((table) => groupsOf(table, question.group!, question.by)),
    }),
  };
}

/** The task as these rows alone show it; undefined where they show too little, such as a single class. */
function settledHere(...asked: Parameters<typeof settleTask>): SettledTask | undefined {
  try {
    return settleTask(...asked);
  } catch (error) {
    if (error instanceof TributaryError) return undefined;
    throw error;
  }
}

function sketchOf(tables: readonly Table[], name: string): Sketch {
  const sketch = new Sketch();
  for (const table of tables) {
    const column = table.columns.get(name)!;
    for (let row = 0; row < table.rows; row++) {
      const value = numberAt(column, row);
      if (!Number.isNaN(value)) sketch.add(value);
    }
  }
  return sketch;
}

function measureTarget(
  tables: readonly Table[],
  columns: readonly ColumnFacts[],
  sketches: Measurements["sketches"],
  question: Question,
): Pick<Measurements, "noise" | "logNoise" | "separations"> {
  const { target, event, group, by } = question;
  const settled = settledHere(columns, sketches, question);
  if (settled === undefined) return {};
  const { task, facts } = settled;
  if (task === "survival" || task === "ranking") return {};
  const without = new Set([target, event, group, by].filter((name) => name !== undefined));
  const design = designOf(columns, sketches, without);
  if (design === undefined) return {};
  if (task === "regression" || task === "count") {
    const clients = tables.map((table) => {
      const column = table.columns.get(target)!;
      const rows = rowsOf(table, design, (row) => !Number.isNaN(numberAt(column, row)));
      return { rows, y: Float64Array.from(rows.origin, (row) => numberAt(column, row)) };
    });
    const positive = facts.numbers.least! >= 0;
    return { noise: noiseOf(clients), ...(positive && { logNoise: noiseOf(clients, true) }) };
  }
  const classes = classesOf(facts);
  const places = new Map(classes.map((name, c) => [name, c]));
  const clients = tables.map((table) => {
    const column = table.columns.get(target)!;
    const label = (row: number): number =>
      column.kind === "tensor" || column.missing?.[row] === 1 ? -1 : (places.get(canonical(column.values[row]!)) ?? -1);
    const rows = rowsOf(table, design, (row) => label(row) >= 0);
    return { rows, labels: Int32Array.from(rows.origin, label) };
  });
  return { separations: separationOf(clients, classes) };
}

const clientsOf = (tables: readonly Table[], columns: readonly ColumnFacts[], { by }: Question): number =>
  by === undefined ? tables.length : (columns.find(({ name }) => name === by)?.values?.length ?? tables.length);

/** How many rows of each group every client of a table has. */
function groupsOf(table: Table, name: string, by: string | undefined): Record<string, number>[] {
  const textAt = (column: TableColumn, row: number): string | undefined =>
    column.kind === "tensor" || column.missing?.[row] === 1 ? undefined : canonical(column.values[row]!);
  const group = table.columns.get(name)!;
  const owner = by === undefined ? undefined : table.columns.get(by);
  const clients = new Map<string, Map<string, number>>();
  for (let row = 0; row < table.rows; row++) {
    const list = textAt(group, row);
    if (list === undefined) continue;
    const client = owner === undefined ? "" : (textAt(owner, row) ?? "");
    if (!clients.has(client)) clients.set(client, new Map());
    const counts = clients.get(client)!;
    counts.set(list, (counts.get(list) ?? 0) + 1);
  }
  return [...clients.values()].map((counts) => Object.fromEntries(counts));
}

/** The measurements of several clients together. Throws "invalid-data" when they were asked different things. */
export function mergeMeasurements(parts: readonly Measurements[]): Measurements {
  const first = parts[0]!;
  for (const { question } of parts) {
    if (JSON.stringify(question) !== JSON.stringify(first.question))
      throw new TributaryError(
        "invalid-data",
        `Expected summaries about the same question, got ${JSON.stringify(first.question)} and ${JSON.stringify(question)}`,
      );
  }
  const columns = first.columns.flatMap(({ name }) => {
    const facts = parts.flatMap((part) => part.columns.find((column) => column.name === name) ?? []);
    return facts.length === parts.length ? [mergeFacts(facts)] : [];
  });
  const noise = mergeNoise(parts.flatMap((part) => part.noise ?? []));
  const logNoise = mergeNoise(parts.flatMap((part) => part.logNoise ?? []));
  const separations = mergeSeparations(parts.flatMap((part) => part.separations ?? []));
  return {
    format: first.format,
    clients: total(parts, (part) => part.clients),
    rows: total(parts, (part) => part.rows),
    question: first.question,
    columns,
    sketches: Object.fromEntries(
      columns.map(({ name }) => [name, mergeSketches(parts.map((part) => part.sketches[name] ?? []))]),
    ),
    leaks: first.leaks.filter(({ column }) => parts.every(({ leaks }) => leaks.some((leak) => leak.column === column))),
    ...(noise !== undefined && { noise }),
    ...(logNoise !== undefined && { logNoise }),
    ...(separations.length > 0 && { separations }),
    ...(first.groups !== undefined && { groups: parts.flatMap((part) => part.groups ?? []) }),
  };
}

const total = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);

function mergeSketches(states: readonly SketchState[]): SketchState {
  const sketch = new Sketch();
  for (const state of states) sketch.merge(Sketch.fromJSON(state));
  return sketch.toJSON();
}

function mergeNoise(parts: readonly Noise[]): Noise | undefined {
  if (parts.length === 0) return undefined;
  const rows = total(parts, (part) => part.rows);
  return {
    rows,
    width: parts.reduce((most, { width }) => Math.max(most, width), 0),
    slopes: total(parts, (part) => (part.rows / rows) * part.slopes),
    residuals: mergeSketches(parts.map((part) => part.residuals)),
    strata: parts.flatMap((part) => part.strata),
  };
}

function mergeSeparations(parts: readonly Separation[]): Separation[] {
  const names = [...new Set(parts.map(({ name }) => name))];
  return names.map((name) => {
    const same = parts.filter((part) => part.name === name);
    return {
      name,
      own: mergeSketches(same.map(({ own }) => own)),
      others: mergeSketches(same.map(({ others }) => others)),
    };
  });
}
