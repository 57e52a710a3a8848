/**
 * Training and test rows, divided inside each client. A client's division depends on the seed and its own name and rows
 * only: neither on other clients nor on the platform.
 */
import { TributaryError } from "../errors.ts";
import type { Random } from "../random.ts";
import { columnOf, type Dataset } from "./dataset.ts";

/** Row numbers of a data set, ascending. */
export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** The rows of one client, as row numbers of the columns they lie in. */
export interface ClientRows extends Split {
  readonly client: string;
}

export interface SplitRule {
  /** The share of rows held out, in (0, 1). */
  readonly test: number;
  /** A target whose classes both parts hold in proportion; rows without that target are a class of their own. */
  readonly stratify?: string | undefined;
}

/**
 * Holds out ⌈test·n⌉ rows, as scikit-learn's train_test_split does; the share of each class is rounded by largest
 * remainder, ties and rows drawn by `random.fork("split", client)`. One row alone is a training row.
 */
export function splitDataset(dataset: Dataset, rule: SplitRule, random: Random, client: string): Split {
  const strata = rule.stratify === undefined ? new Int32Array(dataset.rows) : strataOf(dataset, rule.stratify);
  return splitRows(strata, rule.test, random.fork("split", client));
}

/** Divides rows 0 … n − 1, whose classes are `strata`; the parts' proportions follow them as closely as whole rows can. */
export function splitRows(strata: ArrayLike<number>, test: number, random: Random): Split {
  if (!(test > 0 && test < 1))
    throw new TributaryError("invalid-option", `Expected a share of test rows in (0, 1), got ${test}`);
  const rows = strata.length;
  // The guard keeps 0.07·100 = 7.000000000000001 at 7 rows.
  const held = Math.min(Math.ceil(rows * test - 1e-9), Math.max(0, rows - 1));
  const classes = new Map<number, number[]>();
  for (let row = 0; row < rows; row++) {
    const members = classes.get(strata[row]!);
    if (members === undefined) classes.set(strata[row]!, [row]);
    else members.push(row);
  }
  const groups = [...classes.entries()].sort(([a], [b]) => a - b).map(([, members]) => members);
  const shares = apportion(
    groups.map((members) => members.length),
    held,
    random,
  );
  const isTest = new Uint8Array(rows);
  groups.forEach((members, i) => {
    for (const row of random.shuffle(members).slice(0, shares[i])) isTest[row] = 1;
  });
  const part = (wanted: number): Int32Array =>
    Int32Array.from({ length: rows }, (_, row) => row).filter((row) => isTest[row] === wanted);
  return { train: part(0), test: part(1) };
}

/**
 * Holds out the last row of each group of `rows`: the one with the greatest place in `order`, of equals the last in the data set.
 * A group of one row, and rows of no group (below 0), are training rows.
 */
export function splitLast(rows: Int32Array, order: Float64Array, groupOf: (row: number) => number): Split {
  const last = new Map<number, number>();
  const sizes = new Map<number, number>();
  for (const row of rows) {
    const group = groupOf(row);
    if (group < 0) continue;
    sizes.set(group, (sizes.get(group) ?? 0) + 1);
    const before = last.get(group);
    if (before === undefined || order[row]! >= order[before]!) last.set(group, row);
  }
  const held = new Set([...last].flatMap(([group, row]) => (sizes.get(group)! > 1 ? [row] : [])));
  return { train: rows.filter((row) => !held.has(row)), test: rows.filter((row) => held.has(row)) };
}

/** Divides blocks of rows that stay together: ⌈test·blocks⌉ of them are held out. */
export function splitBlocks(blocks: readonly Int32Array[], test: number, random: Random): Split {
  const { train, test: held } = splitRows(new Int32Array(blocks.length), test, random);
  const rowsOf = (chosen: Int32Array): Int32Array =>
    Int32Array.from(Array.from(chosen).flatMap((i) => [...blocks[i]!])).sort();
  return { train: rowsOf(train), test: rowsOf(held) };
}

/** Whole numbers in proportion to `sizes` that add up to `total`: floors, then one more for the largest remainders. */
export function apportion(sizes: readonly number[], total: number, random: Random): number[] {
  const sum = sizes.reduce((a, b) => a + b, 0);
  if (sum === 0) return sizes.map(() => 0);
  const exact = sizes.map((size) => (size * total) / sum);
  const shares = exact.map(Math.floor);
  const order = random.shuffle(exact.map((_, i) => i)); // ties fall as chance will
  order.sort((a, b) => exact[b]! - shares[b]! - (exact[a]! - shares[a]!));
  const left = total - shares.reduce((a, b) => a + b, 0);
  for (const i of order.slice(0, left)) shares[i]! += 1;
  return shares;
}

/** The class of each row for one target; −1 where it has none, or weighs nothing. */
export function strataOf(dataset: Dataset, target: string): Int32Array {
  const { data } = columnOf(dataset, `target/${target}`);
  const weight = columnOf(dataset, `weight/${target}`).data;
  const values = new Map([...new Set(data)].sort((a, b) => a - b).map((value, i) => [value, i]));
  return Int32Array.from(data, (value, row) => (weight[row] === 0 ? -1 : values.get(value)!));
}
