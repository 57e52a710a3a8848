import type { Random } from "../../shared/random.ts";

/**
 * The rows of one global batch: `count` of all training rows of the cohort, uniformly without replacement, whoever holds them. Each
 * client computes its part on its own; together they are one batch of one machine, so the sharding law holds.
 *
 * @param rows client → number of its training rows, in sorted order
 * @returns client → the drawn positions among its training rows, ascending
 */
export function globalBatch(rows: ReadonlyMap<string, number>, count: number, random: Random): Map<string, Int32Array> {
  const total = [...rows.values()].reduce((sum, own) => sum + own, 0);
  const drawn = random
    .shuffle(Int32Array.from({ length: total }, (_, i) => i))
    .subarray(0, count)
    .sort();
  const batch = new Map<string, Int32Array>();
  let first = 0;
  let at = 0;
  for (const [client, own] of rows) {
    const from = at;
    while (at < drawn.length && drawn[at]! < first + own) at++;
    batch.set(
      client,
      drawn.slice(from, at).map((position) => position - first),
    );
    first += own;
  }
  return batch;
}

/**
 * The same where rows stay together: whole blocks, drawn uniformly without replacement until the next one would exceed `count`
 * rows.
 *
 * @param blocks client → its blocks, as positions among its training rows; clients in sorted order
 */
export function globalBatchOfBlocks(
  blocks: ReadonlyMap<string, readonly Int32Array[]>,
  count: number,
  random: Random,
): Map<string, Int32Array> {
  const all = [...blocks].flatMap(([client, own]) => own.map((block) => ({ client, block })));
  const drawn = new Map([...blocks.keys()].map((client) => [client, [] as number[]]));
  let rows = 0;
  for (const { client, block } of random.shuffle(all)) {
    rows += block.length;
    if (rows > count) break;
    drawn.get(client)!.push(...block);
  }
  return new Map([...drawn].map(([client, positions]) => [client, Int32Array.from(positions).sort()]));
}
