/**
 * How long does one train step take, and how long in PyTorch on the same core?
 *
 *     npm run build && TRIBUTARY_BENCH=1 TRIBUTARY_TORCH_PYTHON=python3 npx vitest run --config .ci/vitest.config.ts test/bench/steps
 *
 * A step is: gather the batch's rows from the data set, forward, mean softmax cross-entropy, backward, SGD; float32, one thread. The best of
 * fifteen epochs after a warm-up, on both sides: the machine is rarely alone. PyTorch runs in the same minute when
 * TRIBUTARY_TORCH_PYTHON names a Python that has it.
 */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { describe, expect, test } from "vitest";
import type { Program } from "../../shared/graph/program.ts";
import { sizeOf } from "../../shared/tensor/shape.ts";
import { Heap } from "../../shared/kernels/heap.ts";
import { createTrainer, type ColumnView } from "../../shared/kernels/trainer.ts";
import { cnnStep, logisticStep, mlpStep } from "../support/train-steps.ts";

const steps: readonly { name: string; program: Program; classes: number }[] = [
  { name: "logistic b16", program: logisticStep(16), classes: 2 },
  { name: "mlp b10", program: mlpStep(10), classes: 10 },
  { name: "mlp b64", program: mlpStep(64), classes: 10 },
  { name: "cnn b10", program: cnnStep(10), classes: 10 },
];

describe.skipIf(process.env["TRIBUTARY_BENCH"] === undefined)("train steps (set TRIBUTARY_BENCH to measure)", () => {
  test("seconds per step, beside PyTorch", { timeout: 600_000 }, () => {
    const peers = torchSeconds();
    process.stdout.write(
      `\n${new Date().toISOString()} · Node ${process.version} · ${cpus()[0]?.model ?? "unknown processor"} · ${peers.about}\n`,
    );
    for (const { name, program, classes } of steps) {
      const ours = secondsPerStep(program, classes);
      const theirs = peers.seconds.get(name);
      const ratio =
        theirs === undefined ? "" : `   PyTorch ${microseconds(theirs)}   ratio ${(ours / theirs).toFixed(4)}`;
      process.stdout.write(`${name.padEnd(14)} ${microseconds(ours)}${ratio}\n`);
      expect(ours).toBeGreaterThan(0);
    }
  });
});

const microseconds = (seconds: number): string => `${(seconds * 1e6).toFixed(2).padStart(10)} µs`;

/** Rows of bytes for images, of float32 for a table, as the readers keep them. */
function secondsPerStep(program: Program, classes: number): number {
  const heap = Heap.create();
  const trainer = createTrainer(program, {
    precision: "float32",
    heap,
    optimizer: { kind: "sgd", momentum: 0, nesterov: false, weightDecay: 0 },
  });
  for (let i = 0; i < trainer.parameters.length; i++) trainer.parameters[i] = ((i * 7919) % 1009) / 20180 - 0.025;

  const rows = 640;
  const rowSize = sizeOf(program.inputs.find(({ name }) => name === "feature/x")!.shape.slice(1));
  const bytes = rowSize >= 784;
  const features = heap.allocate(rows * rowSize * 4);
  if (bytes) heap.bytes(features, rows * rowSize).forEach((_, i, all) => (all[i] = (i * 31) % 256));
  else heap.float32(features, rows * rowSize).forEach((_, i, all) => (all[i] = ((i * 31) % 100) / 50 - 1));
  const labels = heap.allocate(rows * 4);
  heap.int32(labels, rows).forEach((_, i, all) => (all[i] = (i * 13) % classes));
  const columns: ColumnView[] = [
    { input: "feature/x", dtype: bytes ? "uint8" : "float32", offset: features, rowSize, scale: bytes ? 1 / 255 : 1 },
    { input: "target/y", dtype: "int32", offset: labels, rowSize: 1 },
  ];

  const epoch = (count: number): number => {
    const order = Int32Array.from({ length: count * trainer.batchSize }, (_, i) => (i * 271) % rows);
    const options = { microBatchesPerStep: 1, learningRates: new Float64Array(count).fill(0.01), firstStep: 0 };
    const start = performance.now();
    trainer.train(columns, order, options);
    return (performance.now() - start) / 1000 / count;
  };
  epoch(3);
  const count = Math.max(3, Math.round(0.1 / epoch(10)));
  epoch(count);
  return Math.min(...Array.from({ length: 15 }, () => epoch(count)));
}

function torchSeconds(): { about: string; seconds: ReadonlyMap<string, number> } {
  const python = process.env["TRIBUTARY_TORCH_PYTHON"];
  if (python === undefined) return { about: "no PyTorch: TRIBUTARY_TORCH_PYTHON is not set", seconds: new Map() };
  const script = new URL("steps.py", import.meta.url).pathname;
  const [about, ...lines] = execFileSync(python, [script, ...steps.map(({ name }) => name)], { encoding: "utf8" })
    .trim()
    .split("\n");
  const results = lines.map((line) => JSON.parse(line) as { step: string; seconds: number });
  return { about: about!, seconds: new Map(results.map(({ step, seconds }) => [step, seconds])) };
}
