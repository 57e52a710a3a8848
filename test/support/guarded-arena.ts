import { Heap } from "../../shared/kernels/heap.ts";
import { bytesPer, kernel, type Precision } from "../../shared/kernels/module.ts";

/**
 * A place to run single kernels: numbers go in at fresh addresses, numbers come out.
 *
 *     const { real, space, run, values } = arena("float32");
 *     const x = real([1, 2, 3]), y = space(3);
 *     run("negate", 3, x, y);
 *     values(y, 3);                                            // [-1, -2, -3]
 *
 * `misalignment` (in elements) moves every block away from the multiples of 64 that a heap gives. Behind each block lie guards;
 * `run` throws when a kernel has written over one.
 */
export interface Arena {
  /** Whether a number is what a kernel of this precision would store. */
  readonly round: (x: number) => number;
  readonly real: (values: ArrayLike<number>) => number;
  readonly index: (values: ArrayLike<number>) => number;
  readonly bytes: (values: ArrayLike<number>) => number;
  /** Room for `count` reals (the larger size: also for as many indices). */
  readonly space: (count: number) => number;
  readonly scratch: (bytes: number) => number;
  readonly run: (name: string, ...args: readonly number[]) => number;
  /** Calls a kernel that knows no precision. */
  readonly runPlain: (name: string, ...args: readonly number[]) => number;
  readonly values: (address: number, count: number) => number[];
  readonly indices: (address: number, count: number) => number[];
}

export const precisions = ["float32", "float64"] as const satisfies readonly Precision[];

/** Number of elements by which the places of the law "bits do not depend on addresses" are moved. */
export const misalignments = [0, 1, 3] as const;

export function arena(precision: Precision, misalignment = 0): Arena {
  const heap = Heap.create();
  const size = bytesPer[precision];
  const guards: number[] = [];
  const take = (bytes: number, unit: number): number => {
    const address = heap.allocate(bytes + guardBytes + 64) + misalignment * unit;
    heap.bytes(address + bytes, guardBytes).fill(guard);
    guards.push(address + bytes);
    return address;
  };
  const reals = (address: number, count: number) =>
    precision === "float32" ? heap.float32(address, count) : heap.float64(address, count);
  const call = (name: string, suffix: Precision | undefined, args: readonly number[]): number => {
    const result = kernel(heap.kernels, name, suffix)(...args);
    for (const at of guards) {
      if (heap.bytes(at, guardBytes).some((byte) => byte !== guard))
        throw new Error(`${name} wrote past the end of a block`);
    }
    return result;
  };
  return {
    round: precision === "float32" ? Math.fround : (x) => x,
    real(values) {
      const address = take(values.length * size, size);
      reals(address, values.length).set(values);
      return address;
    },
    index(values) {
      const address = take(values.length * 4, 4);
      heap.int32(address, values.length).set(values);
      return address;
    },
    bytes(values) {
      const address = take(values.length, 1);
      heap.bytes(address, values.length).set(values);
      return address;
    },
    space(count) {
      const address = take(count * size, size);
      reals(address, count).fill(NaN); // what a kernel forgets to write shows
      return address;
    },
    scratch(bytes) {
      const address = heap.allocate(bytes + guardBytes);
      heap.bytes(address + bytes, guardBytes).fill(guard);
      guards.push(address + bytes);
      return address;
    },
    run: (name, ...args) => call(name, precision, args),
    runPlain: (name, ...args) => call(name, undefined, args),
    values: (address, count) => Array.from(reals(address, count)),
    indices: (address, count) => Array.from(heap.int32(address, count)),
  };
}

const guardBytes = 32;
const guard = 0xa5;

/** `count` numbers in (−1, 1), as the precision stores them. */
export const drawReals = (unit: () => number, count: number, round: (x: number) => number): number[] =>
  Array.from({ length: count }, () => round(2 * unit() - 1));
