/** What a partition looks like: sizes, classes, and how far clients differ from the whole. */
import type { Partition } from "./partition.ts";

export interface PartitionReport {
  readonly clients: readonly { readonly name: string; readonly rows: number; readonly classes: readonly number[] }[];
  readonly smallest: number;
  readonly largest: number;
  /**
   * Mean over clients with rows of ½·Σ_c |p_k(c) − p(c)|, the total variation distance of a client's classes to everyone's:
   * 0 all alike, near 1 − 1/C when each of C equal classes sits at one client.
   */
  readonly heterogeneity: number;
}

/** `classes`: the class of each row, in 0 … C − 1 (−1: none, not counted). */
export function describePartition(partition: Partition, classes: ArrayLike<number>): PartitionReport {
  let count = 0;
  for (let row = 0; row < classes.length; row++) count = Math.max(count, classes[row]! + 1);
  const clients = [...partition].map(([name, rows]) => ({
    name,
    rows: rows.length,
    classes: histogram(rows, classes, count),
  }));
  const all = Array.from({ length: count }, (_, c) => clients.reduce((sum, client) => sum + client.classes[c]!, 0));
  const distances = clients
    .filter((client) => client.classes.some((n) => n > 0))
    .map((client) => totalVariation(client.classes, all));
  const sizes = clients.map((client) => client.rows);
  return {
    clients,
    smallest: Math.min(...sizes),
    largest: Math.max(...sizes),
    heterogeneity: distances.length === 0 ? 0 : distances.reduce((a, b) => a + b, 0) / distances.length,
  };
}

function histogram(rows: Int32Array, classes: ArrayLike<number>, count: number): number[] {
  const counts = new Array<number>(count).fill(0);
  for (const row of rows) if (classes[row]! >= 0) counts[classes[row]!]! += 1;
  return counts;
}

function totalVariation(a: readonly number[], b: readonly number[]): number {
  const sum = (counts: readonly number[]): number => counts.reduce((x, y) => x + y, 0);
  const [sumA, sumB] = [sum(a), sum(b)];
  return a.reduce((distance, n, c) => distance + Math.abs(n / sumA - b[c]! / sumB), 0) / 2;
}
