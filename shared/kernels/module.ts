import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { builtFile } from "../built.ts";
import { TributaryError, unknownName } from "../errors.ts";

/**
 * The kernels: one WASM module, written in AssemblyScript (shared/kernels/assembly), read and compiled once per thread and
 * instantiated on a shared memory. It has no state of its own — no globals that change, no allocator — so any number of
 * instances may work on one memory at the same time, each on its own addresses.
 *
 *     const heap = Heap.create();
 *     const exp = kernel(instantiate(heap.memory), "exp", "float32");
 *     exp(n, x, y);                                                  // addresses in bytes: y[i] = exp(x[i])
 */

/** A kernel as JavaScript sees it: sizes, attributes and byte addresses in; a number out, where it returns one. */
export type Kernel = (...args: number[]) => number;

export type KernelExports = Readonly<Record<string, Kernel>>;

/** float32 | float64: the number type of a run, and the suffix of its kernels. */
export type Precision = "float32" | "float64";

export const bytesPer = { float32: 4, float64: 8 } as const satisfies Record<Precision, number>;

/** The instance of the kernels on `memory`: the same one each time this thread asks. A call costs 6–38 ns. */
export function instantiate(memory: WebAssembly.Memory): KernelExports {
  let exports = instances.get(memory);
  if (exports === undefined) {
    const instance = new WebAssembly.Instance(compiled().module, { env: { memory } });
    exports = instance.exports as KernelExports; // every export of the module is a function of numbers
    instances.set(memory, exports);
  }
  return exports;
}

/** One kernel by name: `exp_f32` for ("exp", "float32"), the bare name when it knows no precision. Throws "unknown-name". */
export function kernel(exports: KernelExports, name: string, precision?: Precision): Kernel {
  const full = precision === undefined ? name : `${name}_${precision === "float32" ? "f32" : "f64"}`;
  const found = exports[full];
  if (found === undefined) throw unknownName("kernel", full, Object.keys(exports));
  return found;
}

/** The SHA-256 of the module's bytes: two parties with the same hash compute the same bits. */
export const kernelsHash = (): `sha256:${string}` => compiled().hash;

const instances = new WeakMap<WebAssembly.Memory, KernelExports>();
let cache: { readonly module: WebAssembly.Module; readonly hash: `sha256:${string}` } | undefined;

function compiled(): NonNullable<typeof cache> {
  if (cache === undefined) {
    const file = builtFile("shared/kernels/kernels.wasm");
    if (!existsSync(file))
      throw new TributaryError("missing-file", `Expected the compiled kernels at ${file}: run npm run build`);
    const bytes = readFileSync(file);
    cache = {
      module: new WebAssembly.Module(bytes),
      hash: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
    };
  }
  return cache;
}
