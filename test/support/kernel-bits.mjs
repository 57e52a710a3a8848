// Prints one hash of the outputs of the elementwise, reducing, folding and random kernels over fixed inputs, and of draws and scalar
// functions of the host: run as a child process under any engine or flags, or as a worker thread, it must always print the same.
import { createHash } from "node:crypto";
import { parentPort } from "node:worker_threads";

const built = (path) => import(new URL(`../../dist/shared/${path}`, import.meta.url));
const { Heap } = await built("kernels/heap.js");
const { Random } = await built("random.js");
const { VectorSum } = await built("sum.js");
const math = await built("kernels/math.js");

const digest = createHash("sha256");
/** NaNs have many bits, all meaning the same. */
const take = (view) => digest.update(Float64Array.from(view, (value) => (Number.isNaN(value) ? NaN : value)));

const heap = Heap.create();
const n = 1003;
const [a, b, c, y] = [0, 1, 2, 3].map(() => heap.allocate(8 * n));
const unary =
  "negate abs sign sqrt reciprocal square floor relu isFinite exp expm1 log log1p tanh sigmoid softplus sin cos erf lgamma digamma trigamma";
const binary = "add subtract multiply divide power maximum minimum less lessEqual equal";

for (const [suffix, view] of [
  ["f32", "float32"],
  ["f64", "float64"],
]) {
  const run = (name, ...args) => heap.kernels[`${name}_${suffix}`](...args);
  const random = Random.seeded("bits");
  const fill = (address, draw) => heap[view](address, n).set(Float64Array.from({ length: n }, draw));
  const special = [0, -0, Infinity, -Infinity, NaN, 1e-310, 1e300, -1e5, 88.7, -745];
  fill(a, (_, i) => special[i] ?? 12 * random.uniform() - 4);
  fill(b, () => 3 * random.uniform());
  const out = (count = n) => take(heap[view](y, count));
  for (const name of unary.split(" ")) (run(name, n, a, y), out());
  for (const name of binary.split(" ")) (run(name, n, a, b, y), out());
  (run("select", n, a, b, a, y), out());
  fill(a, () => 20 * random.uniform() - 10);
  for (const name of ["sum", "max"])
    for (const shape of [
      [17, 59, 1],
      [1, 59, 17],
      [1, n, 1],
    ])
      (run(name, ...shape, a, y), out(shape[0] * shape[2]));
  (run("softmax", 17, 59, a, y), out());
  (run("logSumExp", 17, 59, a, y), out(17));
  heap.int32(c, 17).set(Array.from({ length: 17 }, (_, i) => i));
  (run("softmaxCrossEntropy", 17, 59, a, c, y), out(17));
  (run("randomUniform", 17, 59, 5, c, c, y), out());
  for (const address of [c, y]) heap[view](address, n).fill(0);
  for (let step = 1; step < 4; step++) run("adam", n, 0.01, 0.9, 0.999, 1e-8, 0.01, 1, step, b, c, y, a);
  run("sgd", n, 0.1, 0.9, 0.01, 1, b, c, a);
  for (const address of [a, c, y]) take(heap[view](address, n));
  const sum = VectorSum.at(heap, heap.allocate(VectorSum.bytes(n)), n);
  for (let i = 0; i < 5; i++) sum.add(random.uniform() * 10 ** (3 * i), heap[view](a, n));
  digest.update(sum.toBytes());
}
const random = Random.seeded(1).fork("round", 2);
take([
  ...Array.from({ length: 50 }, () => random.normal()),
  random.gamma(0.3),
  random.gamma(9),
  ...random.dirichlet(0.01, 9),
]);
take(Object.values(math).map((f) => f(0.7, 2.3)));

const hash = digest.digest("hex");
if (parentPort === null) console.log(hash);
else parentPort.postMessage(hash);
