/**
 * Columns that tell the target, or almost: another spelling of it, a code for it, something that is only known once it is.
 *
 *     numbers       |correlation| with the target ≥ .999
 *     few values    rows that the most frequent target of their value gets right ≥ 99.5 %, where guessing gets < 95 %
 *
 * All tables are looked at as one. O(rows) for each column.
 */
import { plainNumber, canonical } from "./schema.ts";
import type { Table, TableColumn } from "./table.ts";

export interface Leak {
  readonly column: string;
  /** "its correlation with price is 1", "it tells sold in 99.8 % of the rows". */
  readonly how: string;
}

const nearlyAlways = 0.995;
const guessed = 0.95;
const alike = 0.999;
/** A value tells something only when several rows share it. */
const rowsPerValue = 5;

export function leaksOf(tables: readonly Table[], target: string, without: ReadonlySet<string> = new Set()): Leak[] {
  const names = [...(tables[0]?.columns.keys() ?? [])].filter(
    (name) => name !== target && !without.has(name) && tables.every((table) => table.columns.has(name)),
  );
  return names.flatMap((name): Leak[] => {
    const pairs = pairsOf(tables, name, target);
    const correlation = correlationOf(pairs);
    if (Math.abs(correlation) >= alike)
      return [{ column: name, how: `its correlation with ${target} is ${Number(correlation.toPrecision(5))}` }];
    const told = toldBy(pairs);
    if (told === undefined) return [];
    const share = told === 1 ? "every row" : `${Number((100 * told).toPrecision(4))} % of the rows`;
    return [{ column: name, how: `each of its values goes with one value of ${target} in ${share}` }];
  });
}

type Pair = readonly [feature: string, target: string];

function pairsOf(tables: readonly Table[], name: string, target: string): Pair[] {
  return tables.flatMap((table) => {
    const [feature, wanted] = [table.columns.get(name)!, table.columns.get(target)!];
    return Array.from({ length: table.rows }, (_, row) => [textAt(feature, row), textAt(wanted, row)] as const).filter(
      (pair): pair is Pair => pair[0] !== undefined && pair[1] !== undefined,
    );
  });
}

const textAt = (column: TableColumn, row: number): string | undefined =>
  column.kind === "tensor" || column.missing?.[row] === 1 ? undefined : canonical(column.values[row]!);

/** Pearson's, over the rows where both are numbers; 0 where they are few, or do not vary. */
function correlationOf(pairs: readonly Pair[]): number {
  const numbers = pairs
    .filter(([x, y]) => plainNumber.test(x) && plainNumber.test(y))
    .map(([x, y]) => [Number(x), Number(y)] as const);
  const n = numbers.length;
  if (n < 10 || n < 0.9 * pairs.length) return 0;
  const [mx, my] = [0, 1].map((i) => numbers.reduce((sum, pair) => sum + pair[i]!, 0) / n) as [number, number];
  let [xy, xx, yy] = [0, 0, 0];
  for (const [x, y] of numbers) {
    xy += (x - mx) * (y - my);
    xx += (x - mx) * (x - mx);
    yy += (y - my) * (y - my);
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

/** The share of rows told by their value; undefined where values are too many, or guessing does nearly as well. */
function toldBy(pairs: readonly Pair[]): number | undefined {
  const values = new Map<string, Map<string, number>>();
  const targets = new Map<string, number>();
  for (const [x, y] of pairs) {
    const counts = values.get(x) ?? new Map<string, number>();
    counts.set(y, (counts.get(y) ?? 0) + 1);
    values.set(x, counts);
    targets.set(y, (targets.get(y) ?? 0) + 1);
  }
  const n = pairs.length;
  const most = (counts: ReadonlyMap<string, number>): number => Math.max(0, ...counts.values());
  if (n < 20 || values.size * rowsPerValue > n || targets.size * rowsPerValue > n || most(targets) >= guessed * n)
    return undefined;
  const told = [...values.values()].reduce((sum, counts) => sum + most(counts), 0) / n;
  return told >= nearlyAlways ? told : undefined;
}
