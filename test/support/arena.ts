import { Heap } from "../../shared/kernels/heap.ts";
import { bytesPer, kernel, type Precision } from "../../shared/kernels/module.ts";

/** A heap for tests of kernels: values in, addresses out. */
export class Arena {
  readonly heap = Heap.create();

  put(precision: Precision, values: ArrayLike<number>): number {
    const address = this.heap.allocate(Math.max(bytesPer[precision] * values.length, 1));
    this.view(precision, address, values.length).set(values);
    return address;
  }

  putIndex(values: ArrayLike<number>): number {
    const address = this.heap.allocate(4 * values.length);
    this.heap.int32(address, values.length).set(values);
    return address;
  }

  view(precision: Precision, address: number, n: number): Float32Array | Float64Array {
    return precision === "float32" ? this.heap.float32(address, n) : this.heap.float64(address, n);
  }

  run(name: string, precision: Precision, ...args: number[]): number {
    return kernel(this.heap.kernels, name, precision)(...args);
  }
}

export const precisions = ["float32", "float64"] as const satisfies readonly Precision[];
export const round = (precision: Precision, value: number): number =>
  precision === "float32" ? Math.fround(value) : value;
