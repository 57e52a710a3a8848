import { TributaryError } from "../errors.ts";
import { instantiate, kernel, type KernelExports } from "./module.ts";

/**
 * One shared WASM memory and the line up to which it is in use. The line is a word in the memory itself, moved by an atomic
 * compare-and-exchange, so every thread that holds the memory may allocate from it. Nothing is freed: a heap belongs to one run and
 * goes when the run goes. 4 GiB of addresses are reserved, and only what is written is ever resident.
 *
 *     const heap = Heap.create();                      // here
 *     const same = new Heap(workerData.memory);        // there: the same bytes, seen from a worker thread
 *     const x = heap.allocate(800);                    // a byte address, a multiple of 64
 *     heap.float64(x, 100).fill(1);
 *
 * Layout  0 … 1023 the heap's own words and scratch that is never given out, then the module's constants, then what `allocate` gives.
 */
export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelExports;

  /** The heap over a memory that another thread made, or over a new one (initial ≥ 16 pages, maximum 65536, shared). */
  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.kernels = instantiate(memory);
    const first = Math.ceil(kernel(this.kernels, "heapBase")() / alignment);
    Atomics.compareExchange(new Int32Array(memory.buffer), lineWord, 0, first); // whoever comes first sets the line
  }

  static create(): Heap {
    return new Heap(new WebAssembly.Memory({ initial: 16, maximum: maximumPages, shared: true }));
  }

  /** Bytes in use, constants included. */
  get used(): number {
    return Atomics.load(new Int32Array(this.memory.buffer), lineWord) * alignment;
  }

  /**
   * The address of `bytes` fresh zero bytes, aligned to 64 (a cache line, so two threads' blocks never share one).
   * Throws "out-of-memory" when the 4 GiB that 32-bit addresses reach would be passed.
   */
  allocate(bytes: number): number {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new TributaryError("invalid-option", `Expected a whole number of bytes to allocate, got ${bytes}`);
    }
    const words = new Int32Array(this.memory.buffer);
    const units = Math.ceil(bytes / alignment);
    for (;;) {
      const line = Atomics.load(words, lineWord);
      if (line + units > maximumUnits) throw this.#tooLarge(bytes);
      this.#growTo((line + units) * alignment, bytes);
      if (Atomics.compareExchange(words, lineWord, line, line + units) === line) return line * alignment;
    }
  }

  float32(address: number, length: number): Float32Array<SharedArrayBuffer> {
    return new Float32Array(this.#buffer(address + 4 * length), address, length);
  }

  float64(address: number, length: number): Float64Array<SharedArrayBuffer> {
    return new Float64Array(this.#buffer(address + 8 * length), address, length);
  }

  int32(address: number, length: number): Int32Array<SharedArrayBuffer> {
    return new Int32Array(this.#buffer(address + 4 * length), address, length);
  }

  bytes(address: number, length: number): Uint8Array<SharedArrayBuffer> {
    return new Uint8Array(this.#buffer(address + length), address, length);
  }

  /** Whether a view is one of this memory's, made by this thread: then kernels reach it at its byteOffset. */
  holds(view: ArrayBufferView): boolean {
    return memoryOf.get(view.buffer) === this.memory;
  }

  /** The current buffer. `grow(0)` fetches what another thread has grown; views made before stay valid, since memory grows in place. */
  #buffer(end: number): SharedArrayBuffer {
    if (this.memory.buffer.byteLength < end) this.memory.grow(0);
    const buffer = this.memory.buffer as SharedArrayBuffer; // shared by construction
    if (!memoryOf.has(buffer)) memoryOf.set(buffer, this.memory);
    return buffer;
  }

  #growTo(end: number, bytes: number): void {
    if (this.memory.buffer.byteLength >= end) return;
    const missing = Math.ceil(end / pageBytes) - this.memory.grow(0);
    if (missing <= 0) return; // another thread grew it
    try {
      this.memory.grow(missing);
    } catch (cause) {
      if (this.memory.grow(0) * pageBytes < end) throw this.#tooLarge(bytes, cause); // else: another thread was faster
    }
  }

  #tooLarge(bytes: number, cause?: unknown): TributaryError {
    const text = `Expected an allocation that fits into the 4 GiB a heap can reach, got ${bytes} bytes on top of ${this.used} in use`;
    return new TributaryError("out-of-memory", text, { cause });
  }
}

/** Every buffer that views were made on: a memory has another one after each growth, over the same bytes. */
const memoryOf = new WeakMap<ArrayBufferLike, WebAssembly.Memory>();
const pageBytes = 65536;
const maximumPages = 65536;
const alignment = 64;
/** The last 64 bytes stay out of reach, so that the end of a block is still a 32-bit address. */
const maximumUnits = (maximumPages * pageBytes) / alignment - 1;
/** The line, counted in blocks of 64 bytes, is the 32-bit word at address 64. */
const lineWord = 64 / 4;
