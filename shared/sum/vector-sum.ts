import { TributaryError } from "../errors.ts";
import { Heap } from "../kernels/heap.ts";
import { kernel, type Kernel } from "../kernels/module.ts";
import { fromFixed, toFixed } from "./fixed-point.ts";
import { OwnOutliers, SharedOutliers, type Outliers } from "./outliers.ts";

/**
 * The sum of weighted vectors, Σ weight·vector, whose bits do not depend on order, grouping or threads.
 *
 *     const sum = new VectorSum(length);              // in this thread's memory
 *     const sum = VectorSum.at(heap, address, length) // in a shared heap: fold here, read there; heap.allocate(VectorSum.bytes(length))
 *     sum.add(weight, gradient);                      // 0, or how many elements were not finite — then nothing was added
 *     total.merge(sum);
 *     total.value();                                  // Float64Array, each element correctly rounded from the total
 *
 * Each product float64(x)·weight is rounded to a multiple of 2⁻⁶⁴ (5.4e-20) — the only error there is — and added as integers: two 64-bit
 * limbs per element (assembly/fold.ts), 16 bytes, about 1 ns. A product of 2³¹ or more, up to the largest float64, goes to an exact side
 * table (outliers.ts), slower by far and just as right. In a heap all of it lies at the one address, so any thread can go on with it;
 * one at a time.
 *
 * Layout  [header 64: budget used, float64 · first outlier, u32][hi: i64 × length][lo: i64 × length]
 */
export class VectorSum {
  readonly length: number;
  readonly #header: Float64Array;
  readonly #limbs: BigInt64Array;
  readonly #outliers: Outliers;
  readonly #heap: Heap | undefined;

  constructor(length: number, place?: { readonly heap: Heap; readonly address: number }) {
    this.length = length;
    this.#heap = place?.heap;
    if (place === undefined) {
      const buffer = new ArrayBuffer(VectorSum.bytes(length));
      this.#header = new Float64Array(buffer, 0, 1);
      this.#limbs = new BigInt64Array(buffer, headerBytes, 2 * length);
      this.#outliers = new OwnOutliers();
    } else {
      const { heap, address } = place;
      this.#header = heap.float64(address, 1);
      const { buffer, byteOffset } = heap.bytes(address + headerBytes, 16 * length);
      this.#limbs = new BigInt64Array(buffer, byteOffset, 2 * length);
      this.#outliers = new SharedOutliers(heap, address + 8);
    }
  }

  /** The sum at an address of a heap, as it stands: all zeros at first. */
  static at(heap: Heap, address: number, length: number): VectorSum {
    return new VectorSum(length, { heap, address });
  }

  /** Bytes that a sum of `length` elements takes. */
  static bytes(length: number): number {
    return headerBytes + 16 * length;
  }

  /** Adds weight·vector. Returns 0, or how many products are infinite or NaN: then nothing is added. */
  add(weight: number, vector: Float32Array | Float64Array): number {
    this.#expect(vector.length);
    this.#spend(1);
    return this.#heap?.holds(vector) === true
      ? this.#addInPlace(this.#heap, weight, vector)
      : this.#addByChunks(weight, vector);
  }

  /** this += other; `other` keeps its value. */
  merge(other: VectorSum): void {
    this.#expect(other.length);
    if (this.#header[0]! + other.#header[0]! > budget) other.#carry();
    this.#spend(other.#header[0]!);
    const [mine, theirs] = [this.#limbs, other.#limbs];
    for (let i = 0; i < mine.length; i++) mine[i] = BigInt.asIntN(64, mine[i]! + theirs[i]!);
    for (const [index, total] of other.#outliers.entries())
      this.#outliers.set(index, this.#outliers.get(index) + total);
  }

  /** The total, each element correctly rounded; into `out` when it is given. */
  value(out = new Float64Array(this.length)): Float64Array {
    this.#settle();
    const { heap, limbs, other } = bench();
    const read = kernel(heap.kernels, "foldRead");
    this.#chunks((from, count) => {
      this.#copyIn(limbs, from, count);
      read(count, limbs, other);
      out.set(heap.float64(other, count), from);
    });
    for (const [index, total] of this.#outliers.entries()) out[index] = fromFixed(total, fractionBits);
    return out;
  }

  clear(): void {
    this.#header[0] = 0;
    this.#limbs.fill(0n);
    this.#outliers.clear();
  }

  /** The state as bytes: equal totals have equal bytes, however they came about. */
  toBytes(): Uint8Array {
    this.#settle();
    const entries = [...this.#outliers.entries()].sort(([a], [b]) => a - b);
    const tail = new TextEncoder().encode(JSON.stringify(entries.map(([index, total]) => [index, total.toString()])));
    const bytes = new Uint8Array(16 * this.length + tail.length);
    bytes.set(new Uint8Array(this.#limbs.buffer, this.#limbs.byteOffset, 16 * this.length));
    bytes.set(tail, 16 * this.length);
    return bytes;
  }

  /** A sum from `toBytes`. Throws "shape-mismatch" when they are not those of `length` elements. */
  static fromBytes(bytes: Uint8Array, length: number): VectorSum {
    if (bytes.length < 16 * length + 2) {
      throw new TributaryError(
        "shape-mismatch",
        `Expected a sum of ${length} elements in at least ${16 * length + 2} bytes, got ${bytes.length}`,
      );
    }
    const sum = new VectorSum(length);
    new Uint8Array(sum.#limbs.buffer, sum.#limbs.byteOffset, 16 * length).set(bytes.subarray(0, 16 * length));
    const entries = JSON.parse(new TextDecoder().decode(bytes.subarray(16 * length))) as [number, string][];
    for (const [index, total] of entries) sum.#outliers.set(index, BigInt(total));
    sum.#carry();
    return sum;
  }

  #addInPlace(heap: Heap, weight: number, vector: Float32Array | Float64Array): number {
    const result = foldAdd(heap, vector)(this.length, weight, vector.byteOffset, this.#limbs.byteOffset);
    if (result > 0) this.#addLarge(weight, vector, 0);
    return Math.max(-result, 0);
  }

  /** By way of the bench, so that kernels can reach it. Looks at every element before the first is added. */
  #addByChunks(weight: number, vector: Float32Array | Float64Array): number {
    let broken = 0;
    for (let i = 0; i < vector.length; i++) if (!Number.isFinite(vector[i]! * weight)) broken++;
    if (broken > 0) return broken;
    const { heap, limbs, other } = bench();
    const fold = foldAdd(heap, vector);
    this.#chunks((from, count) => {
      this.#copyIn(limbs, from, count);
      const part = vector.subarray(from, from + count);
      (vector instanceof Float32Array ? heap.float32(other, count) : heap.float64(other, count)).set(part);
      if (fold(count, weight, other, limbs) > 0) this.#addLarge(weight, part, from);
      this.#copyOut(limbs, from, count);
    });
    return 0;
  }

  /** The products that the kernel has left to us. */
  #addLarge(weight: number, vector: Float32Array | Float64Array, from: number): void {
    vector.forEach((x, i) => {
      const v = x * weight;
      if (Math.abs(v) >= large) this.#outliers.set(from + i, this.#outliers.get(from + i) + toFixed(v, fractionBits));
    });
  }

  /**
   * Limbs overflow only if 2¹² contributions of the largest size meet. A budget of 2¹¹ is kept; a carry, after which |hi| < 2⁶⁰ is as much as
   * 2⁹ of them, makes room again.
   */
  #spend(contributions: number): void {
    if (this.#header[0]! + contributions > budget) this.#carry();
    this.#header[0] = this.#header[0]! + contributions;
  }

  /** lo into [0, 2⁴⁴), and what has reached |hi| ≥ 2⁶⁰ to the outliers. */
  #carry(): void {
    const { heap, limbs } = bench();
    const carry = kernel(heap.kernels, "foldCarry");
    this.#chunks((from, count) => {
      this.#copyIn(limbs, from, count);
      const found = carry(count, limbs);
      this.#copyOut(limbs, from, count);
      if (found === 0) return;
      for (let i = from; i < from + count; i++) {
        const hi = this.#limbs[i]!;
        if (hi >= highest || hi < -highest) this.#moveOut(i);
      }
    });
    this.#header[0] = afterCarry;
  }

  /** Carries, then brings every outlier to where its total belongs: the one form of this value. */
  #settle(): void {
    this.#carry();
    for (const [index, total] of this.#outliers.entries()) {
      const sum = total + this.#take(index);
      if (sum < highest << lowBits && sum >= -highest << lowBits) {
        this.#outliers.set(index, 0n);
        this.#limbs[index] = sum >> lowBits;
        this.#limbs[this.length + index] = BigInt.asUintN(Number(lowBits), sum);
      } else this.#outliers.set(index, sum);
    }
  }

  #moveOut(index: number): void {
    this.#outliers.set(index, this.#outliers.get(index) + this.#take(index));
  }

  /** Takes an element's total out of its limbs. */
  #take(index: number): bigint {
    const total = (this.#limbs[index]! << lowBits) + this.#limbs[this.length + index]!;
    this.#limbs[index] = 0n;
    this.#limbs[this.length + index] = 0n;
    return total;
  }

  #chunks(work: (from: number, count: number) => void): void {
    for (let from = 0; from < this.length; from += chunk) work(from, Math.min(chunk, this.length - from));
  }

  #copyIn(address: number, from: number, count: number): void {
    const view = benchLimbs(address, 2 * count);
    view.set(this.#limbs.subarray(from, from + count));
    view.set(this.#limbs.subarray(this.length + from, this.length + from + count), count);
  }

  #copyOut(address: number, from: number, count: number): void {
    const view = benchLimbs(address, 2 * count);
    this.#limbs.set(view.subarray(0, count), from);
    this.#limbs.set(view.subarray(count), this.length + from);
  }

  #expect(length: number): void {
    if (length !== this.length)
      throw new TributaryError(
        "shape-mismatch",
        `Expected ${this.length} elements, as many as the sum has, got ${length}`,
      );
  }
}

const foldAdd = (heap: Heap, vector: Float32Array | Float64Array): Kernel =>
  kernel(heap.kernels, "foldAdd", vector instanceof Float32Array ? "float32" : "float64");

const headerBytes = 64;
const fractionBits = 64;
const lowBits = 44n;
const large = 2147483648; // 2³¹
const highest = 1n << 60n;
const budget = 2048;
const afterCarry = 512;
const chunk = 4096;

/** A small piece of memory that kernels can reach, where sums pass through chunk by chunk. One per thread. */
let workbench: { readonly heap: Heap; readonly limbs: number; readonly other: number } | undefined;

function bench(): NonNullable<typeof workbench> {
  if (workbench === undefined) {
    const heap = Heap.create();
    workbench = { heap, limbs: heap.allocate(16 * chunk), other: heap.allocate(8 * chunk) };
  }
  return workbench;
}

const benchLimbs = (address: number, count: number): BigInt64Array =>
  new BigInt64Array(bench().heap.memory.buffer, address, count);
