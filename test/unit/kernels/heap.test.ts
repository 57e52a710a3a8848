import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { TributaryError } from "../../../shared/errors.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { instantiate, kernel, kernelsHash } from "../../../shared/kernels/module.ts";

describe("the kernels module", () => {
  test("is instantiated once per memory", () => {
    const { memory } = Heap.create();
    expect(instantiate(memory)).toBe(instantiate(memory));
    expect(instantiate(memory)).not.toBe(instantiate(Heap.create().memory));
  });

  test("has a hash, and names the kernels it has when asked for one it has not", () => {
    expect(kernelsHash()).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(() => kernel(Heap.create().kernels, "nonsense", "float32")).toThrow(
      /Unknown kernel "nonsense_f32": expected one of .*heapBase/,
    );
  });
});

describe("a heap", () => {
  test("gives zeroed, disjoint blocks aligned to 64 bytes, behind the module's constants", () => {
    const heap = Heap.create();
    const sizes = [1, 64, 0, 100, 65, 4096];
    let end = kernel(heap.kernels, "heapBase")();
    for (const size of sizes) {
      const address = heap.allocate(size);
      expect(address % 64).toBe(0);
      expect(address).toBeGreaterThanOrEqual(end);
      expect(heap.bytes(address, size).every((byte) => byte === 0)).toBe(true);
      heap.bytes(address, size).fill(255);
      end = address + size;
    }
  });

  test("grows when needed, and views made before the growth stay valid", () => {
    const heap = Heap.create();
    const early = heap.float64(heap.allocate(800), 100);
    const later = heap.allocate(50_000_000);
    heap.float64(later, 6_250_000)[6_249_999] = 7;
    early[99] = 3;
    expect(heap.float64(early.byteOffset, 100)[99]).toBe(3);
  });

  test("refuses what does not fit into 4 GiB, and still serves what does", () => {
    const heap = Heap.create();
    expect(() => heap.allocate(2 ** 32)).toThrow(TributaryError);
    expect(() => heap.allocate(2 ** 32)).toThrow(/4 GiB.* got 4294967296 bytes on top of/);
    expect(() => heap.allocate(-1)).toThrow(/whole number of bytes/);
    expect(heap.allocate(16)).toBeGreaterThan(0);
  });

  test("is shared by threads: nobody is given a block twice", async () => {
    const heap = Heap.create();
    const heapModule = new URL("../../../dist/shared/kernels/heap.js", import.meta.url).href;
    const source = `
      const { parentPort, workerData } = require("node:worker_threads");
      import(${JSON.stringify(heapModule)}).then(({ Heap }) => {
        const heap = new Heap(workerData), addresses = [];
        for (let i = 0; i < 400; i++) { const at = heap.allocate(3000); heap.bytes(at, 3000).fill(1); addresses.push(at); }
        parentPort.postMessage(addresses);
      });`;
    const blocks = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<number[]>((resolve, reject) => {
            const worker = new Worker(source, { eval: true, workerData: heap.memory });
            worker.once("message", resolve).once("error", reject);
          }),
      ),
    );
    const addresses = blocks.flat().sort((a, b) => a - b);
    expect(addresses).toHaveLength(1200);
    expect(addresses.every((at, i) => i === 0 || at - addresses[i - 1]! >= 3000)).toBe(true);
    expect(addresses.every((at) => heap.bytes(at, 1)[0] === 1)).toBe(true);
  });
});
