/**
 * One data set cut into clients, for simulation. Every rule covers the rows exactly: each row belongs to one client.
 *
 * | kind         | rule                                                                                          |
 * |--------------|-----------------------------------------------------------------------------------------------|
 * | iid          | a permutation cut into equal parts: sizes differ by at most one                               |
 * | dirichlet    | each class is cut at proportions drawn from Dirichlet(α): .1 harsh, .3 to .5 usual, 100 ≈ iid |
 * | pathological | rows sorted by class, cut into shards, S shards dealt to each client                          |
 * | size-skewed  | iid rows, uneven sizes                                                                        |
 * | natural      | one client for each value of a column                                                         |
 * | file         | as a file says                                                                                |
 *
 * The same seed gives the same clients on every platform. Drawn partitions shuffle each client's rows by the client's own
 * fork; natural and file ones keep the order of the table. `describe.ts` reports sizes, classes and heterogeneity.
 */
import { TributaryError } from "../../errors.ts";
import type { Random } from "../../random.ts";
import { selectRows, type Dataset } from "../dataset.ts";
import { strataOf } from "../split.ts";
import { categoryCells } from "../cells.ts";
import { lineOf, type Table } from "../table.ts";
import { dirichletByClass, pathological, type DirichletRule } from "./by-class.ts";
import { iid, sizeSkewed, type SizeRule } from "./by-size.ts";

interface Drawn {
  readonly clients: number;
}
interface ByClass extends Drawn {
  /** The target whose classes are dealt out; needed when there are several. */
  readonly by?: string | undefined;
}

export type PartitionRule =
  | ({ readonly kind: "iid" } & Drawn)
  | ({ readonly kind: "dirichlet" } & ByClass & DirichletRule)
  | ({ readonly kind: "pathological"; readonly shardsPerClient?: number | undefined } & ByClass)
  | ({ readonly kind: "size-skewed" } & Drawn & SizeRule)
  | { readonly kind: "natural"; readonly column: string }
  | { readonly kind: "file"; readonly file: string };

/** Client → row numbers of the data set. */
export type Partition = ReadonlyMap<string, Int32Array>;

export interface PartitionOptions {
  /** For "file": line (1-based) → client, as `readAssignment` gives it. */
  readonly assignment?: ReadonlyMap<number, string> | undefined;
  /** Rows that stay together: they are dealt out as if each block were one row, of the class of its first. */
  readonly blocks?: readonly Int32Array[] | undefined;
  /** A client without rows: an error, or a client all the same. @default "refuse" */
  readonly empty?: "refuse" | "allow" | undefined;
}

/** Cuts a data set, whose `origin` points into `table`, into clients. */
export function partition(
  rule: PartitionRule,
  dataset: Dataset,
  table: Table,
  random: Random,
  options: PartitionOptions = {},
): Partition {
  if (rule.kind === "natural") {
    const values = categoryCells(table, rule.column);
    return grouped(dataset, (row) => values[row]!);
  }
  if (rule.kind === "file") {
    const { assignment } = options;
    if (assignment === undefined)
      throw new TributaryError("invalid-option", "A partition from a file needs its assignment");
    return grouped(dataset, (row) => {
      const client = assignment.get(lineOf(table, row));
      if (client !== undefined) return client;
      throw new TributaryError(
        "invalid-data",
        `${rule.file} names no client for line ${lineOf(table, row)} of ${table.source}`,
      );
    });
  }
  const names = clientNames(rule.clients);
  const allowEmpty = options.empty === "allow";
  const { blocks } = options;
  const units = blocks?.length ?? dataset.rows;
  if (units < rule.clients && !allowEmpty) {
    const unit = blocks === undefined ? "row" : "group";
    throw new TributaryError(
      "invalid-option",
      `Expected at least one ${unit} for each client, got ${rule.clients} clients and ${units} ${unit}s`,
    );
  }
  const fork = random.fork("partition");
  const shards = blocks === undefined ? drawn(rule, dataset, fork) : drawnBlocks(rule, dataset, blocks, fork);
  const lacking = shards.findIndex((rows) => rows.length === 0);
  if (lacking >= 0 && !allowEmpty)
    throw new TributaryError("invalid-option", `The partition leaves ${names[lacking]!} without rows`);
  return new Map(shards.map((rows, i) => [names[i]!, fork.fork("order", i).shuffle(Int32Array.from(rows))]));
}

type DrawnRule = Exclude<PartitionRule, { kind: "natural" | "file" }>;

function drawn(rule: DrawnRule, dataset: Dataset, random: Random): ArrayLike<number>[] {
  switch (rule.kind) {
    case "iid":
      return iid(dataset.rows, rule.clients, random);
    case "size-skewed":
      return sizeSkewed(dataset.rows, rule.clients, rule, random);
    case "dirichlet":
      return dirichletByClass(classesOf(dataset, rule.by), rule.clients, rule, random);
    case "pathological":
      return pathological(classesOf(dataset, rule.by), rule.clients, rule.shardsPerClient ?? 2, random);
  }
}

/** Blocks dealt out as rows are, each for its first row. */
function drawnBlocks(
  rule: DrawnRule,
  dataset: Dataset,
  blocks: readonly Int32Array[],
  random: Random,
): ArrayLike<number>[] {
  const first = selectRows(
    dataset,
    blocks.map((block) => block[0]!),
  );
  return drawn(rule, first, random).map((own) => Array.from(own).flatMap((i) => [...blocks[i]!]));
}

/** The class of each row: of the target named, or of the only one. */
export function classesOf(dataset: Dataset, target?: string): Int32Array {
  const targets = [...dataset.columns.keys()]
    .filter((name) => name.startsWith("target/"))
    .map((name) => name.slice("target/".length));
  if (target === undefined && targets.length !== 1) {
    throw new TributaryError("invalid-option", `The partition must say by which target: one of ${targets.join(", ")}`);
  }
  return strataOf(dataset, target ?? targets[0]!);
}

/** client-1 … client-9, or client-001 … client-100: as many digits as the last one has, so that names sort. */
export function clientNames(count: number): string[] {
  const digits = String(count).length;
  return Array.from({ length: count }, (_, i) => `client-${String(i + 1).padStart(digits, "0")}`);
}

/** Clients in the order of their names: numbers as numbers, the rest by code units. */
function grouped(dataset: Dataset, clientOf: (tableRow: number) => string): Partition {
  const groups = new Map<string, number[]>();
  for (let row = 0; row < dataset.rows; row++) {
    const client = clientOf(dataset.origin[row]!);
    const rows = groups.get(client);
    if (rows === undefined) groups.set(client, [row]);
    else rows.push(row);
  }
  const order = (a: string, b: string): number => Number(a) - Number(b) || (a < b ? -1 : 1);
  return new Map([...groups].sort(([a], [b]) => order(a, b)).map(([client, rows]) => [client, Int32Array.from(rows)]));
}
