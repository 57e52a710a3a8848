/**
 * Blocks: rows that must stay together, because a set loss joins the rows of one group. A group is never cut: neither between
 * clients, nor between training and test rows, nor between batches.
 *
 *     rows of the groups  a a b c b a   →   blocks  [0 1 5] [2 4] [3]
 *
 * With several groupings (queries of one objective, users of another) a block is whatever is linked by any of them.
 */

/** The group of a row under one grouping; negative where it belongs to none. */
export type GroupOf = (row: number) => number;

/** The blocks of these rows: each in the rows' order, the blocks in the order of their first rows. */
export function blocksOf(rows: ArrayLike<number>, groupings: readonly GroupOf[]): Int32Array[] {
  const parent = Int32Array.from({ length: rows.length }, (_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    while (parent[i] !== root) [parent[i], i] = [root, parent[i]!];
    return root;
  };
  for (const groupOf of groupings) {
    const first = new Map<number, number>();
    for (let i = 0; i < rows.length; i++) {
      const group = groupOf(rows[i]!);
      if (group < 0) continue;
      const before = first.get(group);
      if (before === undefined) first.set(group, i);
      else {
        const [a, b] = [find(before), find(i)];
        parent[Math.max(a, b)] = Math.min(a, b);
      }
    }
  }
  const blocks = new Map<number, number[]>();
  for (let i = 0; i < rows.length; i++) {
    const root = find(i);
    const block = blocks.get(root);
    if (block === undefined) blocks.set(root, [rows[i]!]);
    else block.push(rows[i]!);
  }
  return [...blocks.values()].map((block) => Int32Array.from(block));
}

/** The rows of the largest block; 0 when there is none. */
export const largestOf = (blocks: readonly Int32Array[]): number =>
  blocks.reduce((most, { length }) => Math.max(most, length), 0);

/** Blocks packed one after the other into pieces of at most `size` rows. Throws nothing: a larger block is a piece by itself. */
export function packed(blocks: readonly Int32Array[], size: number): Int32Array[] {
  const pieces: Int32Array[][] = [];
  let filled = Infinity;
  for (const block of blocks) {
    if (filled + block.length > size) {
      pieces.push([]);
      filled = 0;
    }
    pieces.at(-1)!.push(block);
    filled += block.length;
  }
  return pieces.map((piece) => Int32Array.from(piece.flatMap((block) => [...block])));
}

/** Pieces side by side as an order of rows, each padded with −1 to `size`. */
export function padded(pieces: readonly Int32Array[], size: number): Int32Array {
  const order = new Int32Array(pieces.length * size).fill(-1);
  pieces.forEach((piece, i) => {
    order.set(piece, i * size);
  });
  return order;
}

/** Whole numbers up to here are told apart in float32. */
const exactInFloat32 = 1 << 24;

/**
 * Replaces group numbers, in place, by their ranks among those here (equal ones stay equal, and in order), where some are so
 * large that float32 would take two for one. −1, no group, stays.
 */
export function rankGroups(numbers: Int32Array): void {
  if (numbers.every((number) => number <= exactInFloat32)) return;
  const ranks = new Map<number, number>();
  for (const number of numbers.slice().sort()) if (number >= 0 && !ranks.has(number)) ranks.set(number, ranks.size);
  for (let i = 0; i < numbers.length; i++) numbers[i] = ranks.get(numbers[i]!) ?? -1;
}
