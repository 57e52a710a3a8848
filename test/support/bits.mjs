// The bits of programs, from built code: in this thread, in a worker thread, or in a process of its own with its own flags.
//
//     node [--no-enable-avx …] test/support/bits.mjs PROGRAMS.json         prints one SHA-256
//
// PROGRAMS.json holds the canonical text of each program. Inputs are drawn from a fixed sequence; every output of both precisions is hashed.
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isMainThread, parentPort, workerData } from "node:worker_threads";

const built = (path) => new URL(`../../dist/shared/${path}`, import.meta.url).href;

export async function bitsOf(texts) {
  const { decodeProgram } = await import(built("graph/decoding.js"));
  const { createEngine } = await import(built("kernels/engine.js"));
  const { Heap } = await import(built("kernels/heap.js"));
  const digest = createHash("sha256");
  for (const text of texts) {
    const program = decodeProgram(Buffer.from(text));
    for (const precision of ["float32", "float64"]) {
      const engine = createEngine(program, { precision, heap: Heap.create() });
      let state = 12345;
      const next = () => (state = (state * 48271) % 2147483647) / 2147483647;
      for (const { name, dtype } of program.inputs) {
        const view = engine.input(name);
        for (let i = 0; i < view.length; i++) view[i] = dtype === "index" ? Math.floor(next() * 3) : next() * 4 - 2;
      }
      engine.run();
      for (const name of Object.keys(program.outputs))
        digest
          .update(name)
          .update(
            Uint8Array.from(
              new Uint8Array(
                engine.output(name).buffer,
                engine.output(name).byteOffset,
                engine.output(name).byteLength,
              ),
            ),
          );
    }
  }
  return digest.digest("hex");
}

if (!isMainThread && workerData?.texts) parentPort.postMessage(await bitsOf(workerData.texts));
else if (process.argv[1]?.endsWith("bits.mjs"))
  console.log(await bitsOf(JSON.parse(readFileSync(process.argv[2], "utf8"))));
