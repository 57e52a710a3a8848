// How fast are matrix products and convolutions, and how far from PyTorch on one thread of this machine?
//
//   npm run build && node test/bench/kernels.mjs
//   TRIBUTARY_TORCH_PYTHON=/path/to/python node test/bench/kernels.mjs      adds the ratio, measured in the same run
//
// CPU time of each process, best of many rounds, both sides in turns: other work on the machine only ever adds. Inputs are made outside the
// timed part.
/* global WebAssembly */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { cpuSeconds, inTurns, openPeer } from "./peer.mjs";

/** Why each is here: its place in training. m × k times k × n; T marks a transposed operand. */
const products = [
  { m: 16, k: 13, n: 1, of: "logistic 13, forward" },
  { m: 13, k: 16, n: 1, transposeA: 1, of: "logistic 13, weights" },
  { m: 10, k: 784, n: 10, of: "MNIST logistic, forward" },
  { m: 784, k: 10, n: 10, transposeA: 1, of: "MNIST logistic, weights" },
  { m: 10000, k: 784, n: 10, of: "MNIST logistic, evaluation" },
  { m: 10, k: 784, n: 200, of: "2NN b10, forward" },
  { m: 784, k: 10, n: 200, transposeA: 1, of: "2NN b10, weights" },
  { m: 10, k: 200, n: 200, of: "2NN b10, second layer" },
  { m: 10, k: 200, n: 200, transposeB: 1, of: "2NN b10, input gradient" },
  { m: 200, k: 10, n: 200, transposeA: 1, of: "2NN b10, second weights" },
  { m: 64, k: 784, n: 200, of: "2NN b64, forward" },
  { m: 784, k: 64, n: 200, transposeA: 1, of: "2NN b64, weights" },
  { m: 10, k: 3136, n: 512, of: "CNN b10, dense" },
  { m: 10, k: 512, n: 3136, transposeB: 1, of: "CNN b10, dense input gradient" },
  { m: 3136, k: 10, n: 512, transposeA: 1, of: "CNN b10, dense weights" },
  { m: 32, k: 784, n: 128, of: "kernels table" },
  { m: 256, k: 256, n: 256, of: "kernels table" },
  { m: 512, k: 512, n: 512, of: "kernels table" },
  { m: 1024, k: 1024, n: 1024, of: "kernels table" },
  { m: 25088, k: 25, n: 32, of: "convolution as a product" },
  { m: 6272, k: 800, n: 64, of: "convolution as a product" },
];
const convolutions = [
  { n: 10, h: 28, w: 28, c: 1, o: 32, k: 5, of: "CNN b10, first layer" },
  { n: 10, h: 14, w: 14, c: 32, o: 64, k: 5, of: "CNN b10, second layer" },
  { n: 32, h: 28, w: 28, c: 1, o: 32, k: 5, of: "CNN b32, first layer" },
  { n: 32, h: 14, w: 14, c: 32, o: 64, k: 5, of: "CNN b32, second layer" },
  { n: 8, h: 32, w: 32, c: 16, o: 16, k: 3, of: "residual block" },
];

const memory = new WebAssembly.Memory({ initial: 4096, maximum: 65536, shared: true });
const wasm = readFileSync(process.env.KERNELS ?? new URL("../../dist/shared/kernels/kernels.wasm", import.meta.url));
const kernels = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory } }).exports;

let line = kernels.heapBase();
const allocate = (bytes) => {
  const address = line;
  line += Math.ceil(bytes / 64) * 64;
  return address;
};
const numbers = (count) => {
  const address = allocate(4 * count);
  const view = new Float32Array(memory.buffer, address, count);
  for (let i = 0, state = 1; i < count; i++) view[i] = ((state = (state * 48271) % 2147483647) / 2147483647) * 2 - 1;
  return address;
};
const atStart = line;

const turns = 8;
/** Of each side in a turn. */
const rounds = 5;

/** CPU seconds of one call: the best of some rounds of about 2 ms. */
function secondsOf(run, flops) {
  const calls = Math.max(1, Math.ceil(6e7 / flops));
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const from = cpuSeconds();
    for (let i = 0; i < calls; i++) run();
    best = Math.min(best, (cpuSeconds() - from) / calls);
  }
  return best;
}

const python = process.env.TRIBUTARY_TORCH_PYTHON;
const peer = python === undefined ? undefined : await openPeer(python, "kernels_torch.py");
if (peer !== undefined) console.log(`PyTorch ${peer.about.version}, ${peer.about.blas}, threads ${peer.about.threads}`);
console.log(`${cpus()[0].model}, Node ${process.version}, float32, one thread\n`);
console.log(
  `${"".padEnd(44)}${"µs".padStart(10)}${"GFLOP/s".padStart(9)}${peer === undefined ? "" : `${"torch µs".padStart(10)}${"ratio".padStart(7)}`}`,
);

async function measure({ name, of, flops, task, run }) {
  if (only && !`${name} ${of}`.includes(only)) return;
  const theirs = async () => (peer === undefined ? Infinity : (await peer.ask({ task, flops, rounds })).seconds);
  const [seconds, others] = await inTurns(turns, () => secondsOf(run, flops), theirs);
  const beside =
    peer === undefined ? "" : `${(others * 1e6).toFixed(2).padStart(10)}${(seconds / others).toFixed(2).padStart(7)}`;
  console.log(
    `${name.padEnd(44)}${(seconds * 1e6).toFixed(2).padStart(10)}${(flops / seconds / 1e9).toFixed(1).padStart(9)}${beside}  ${of}`,
  );
}

const only = process.argv[2];
for (const { m, k, n, transposeA = 0, transposeB = 0, of } of products) {
  line = atStart;
  const a = numbers(m * k),
    b = numbers(k * n),
    c = numbers(m * n);
  const scratch = allocate(kernels.matmulScratch_f32(m, n, k, transposeA, transposeB));
  const name = `${m}×${k}${transposeA ? "ᵀ" : ""} · ${k}×${n}${transposeB ? "ᵀ" : ""}`;
  const flops = 2 * m * k * n;
  await measure({
    name,
    of,
    flops,
    task: ["product", m, k, n, transposeA, transposeB],
    run: () => kernels.matmul_f32(1, m, n, k, transposeA, transposeB, a, b, c, scratch),
  });
}
for (const { n, h, w, c, o, k, of } of convolutions) {
  const flops = 2 * n * h * w * k * k * c * o;
  for (const kernel of ["conv2d", "conv2dInput", "conv2dKernel"]) {
    line = atStart;
    const x = numbers(n * h * w * c),
      weights = numbers(k * k * c * o),
      y = numbers(n * h * w * o),
      params = allocate(14 * 4);
    new Int32Array(memory.buffer, params, 14).set([n, h, w, c, h, w, o, k, k, 1, 1, (k - 1) / 2, (k - 1) / 2, 1]);
    const scratch = allocate(kernels[`${kernel}Scratch_f32`](params));
    const operands = { conv2d: [x, weights, y], conv2dInput: [y, weights, x], conv2dKernel: [x, y, weights] }[kernel];
    const name = `${kernel} ${n}×${h}×${w}×${c} ${k}×${k}×${o}`;
    await measure({
      name,
      of,
      flops,
      task: [kernel, n, h, w, c, o, k],
      run: () => kernels[`${kernel}_f32`](params, ...operands, scratch),
    });
  }
}
peer?.close();
