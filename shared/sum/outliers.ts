import type { Heap } from "../kernels/heap.ts";

/** The few elements of a vector sum that do not fit into its limbs: their exact totals by index. */
export interface Outliers {
  /** The total of an element; 0 when it has none. */
  get(index: number): bigint;
  /** Sets it; 0 removes it. */
  set(index: number, total: bigint): void;
  entries(): Iterable<readonly [index: number, total: bigint]>;
  clear(): void;
}

/** Outliers of a sum that lives in this thread alone. */
export class OwnOutliers implements Outliers {
  readonly #totals = new Map<number, bigint>();

  get(index: number): bigint {
    return this.#totals.get(index) ?? 0n;
  }

  set(index: number, total: bigint): void {
    if (total === 0n) this.#totals.delete(index);
    else this.#totals.set(index, total);
  }

  entries(): Iterable<readonly [number, bigint]> {
    return [...this.#totals];
  }

  clear(): void {
    this.#totals.clear();
  }
}

/**
 * Outliers in a heap, where the thread that reads the sum finds what the thread that folded it put down: a linked list whose first
 * address is the word at `head`. A record is [next, index, 38 words of the total in two's complement]; removed ones are used again.
 */
export class SharedOutliers implements Outliers {
  readonly #heap: Heap;
  readonly #head: number;

  constructor(heap: Heap, head: number) {
    this.#heap = heap;
    this.#head = head;
  }

  get(index: number): bigint {
    for (const record of this.#records()) if (record[1] === index + 1) return readTotal(record);
    return 0n;
  }

  set(index: number, total: bigint): void {
    let free: Int32Array | undefined;
    for (const record of this.#records()) {
      if (record[1] === index + 1) {
        writeTotal(record, total === 0n ? 0 : index + 1, total);
        return;
      }
      if (record[1] === 0) free = record;
    }
    if (total !== 0n) writeTotal(free ?? this.#newRecord(), index + 1, total);
  }

  *entries(): Iterable<readonly [number, bigint]> {
    for (const record of this.#records()) if (record[1] !== 0) yield [record[1]! - 1, readTotal(record)];
  }

  clear(): void {
    for (const record of this.#records()) record[1] = 0;
  }

  *#records(): Iterable<Int32Array> {
    for (let at = this.#first(); at !== 0;) {
      const record = this.#heap.int32(at, recordWords);
      yield record;
      at = record[0]! >>> 0;
    }
  }

  #newRecord(): Int32Array {
    const address = this.#heap.allocate(4 * recordWords);
    const record = this.#heap.int32(address, recordWords);
    record[0] = this.#first();
    this.#heap.int32(this.#head, 1)[0] = address;
    return record;
  }

  #first(): number {
    return this.#heap.int32(this.#head, 1)[0]! >>> 0;
  }
}

const totalWords = 38; // 2⁶⁴ units in one, times 2¹⁰²⁴, times 2⁵³ contributions, and a sign: 1142 bits
const recordWords = 2 + totalWords;

/** Words 2 … of a record; word 1 is the index + 1, 0 for a record that is free. */
function writeTotal(record: Int32Array, indexWord: number, total: bigint): void {
  record[1] = indexWord;
  for (let i = 2; i < recordWords; i++, total >>= 32n) record[i] = Number(BigInt.asIntN(32, total));
}

function readTotal(record: Int32Array): bigint {
  let total = BigInt(record[recordWords - 1]!);
  for (let i = recordWords - 2; i >= 2; i--) total = (total << 32n) | BigInt(record[i]! >>> 0);
  return total;
}
