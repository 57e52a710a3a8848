/**
 * How long does one train step take, and how long in PyTorch on the same core?
 *
 *     npm run build && TRIBUTARY_BENCH=1 TRIBUTARY_TORCH_PYTHON=python3 npx vitest run --config .ci/vitest.config.ts test/bench/steps
 *
 * A step is: gather the batch's rows from the data set, forward, mean softmax cross-entropy, backward, SGD; float32, one thread. The best of
 * fifteen epochs after a warm-up, in CPU time, on both sides: the machine is rarely alone. PyTorch takes turns with ours, three epochs each, when
 * TRIBUTARY_TORCH_PYTHON names a Python that has it.
 */
import { cpus } from "node:os";
import { describe, expect, test } from "vitest";
import type { Program } from "../../shared/graph/program.ts";
import { sizeOf } from "../../shared/tensor/shape.ts";
import { Heap } from "../../shared/kernels/heap.ts";
import { createTrainer, type ColumnView } from "../../shared/kernels/trainer.ts";
import { cnnStep, logisticStep, mlpStep } from "../support/train-steps.ts";
import { cpuSeconds, inTurns, openPeer } from "./peer.mjs";

const steps: readonly { name: string; program: Program; classes: number }[] = [
  { name: "logistic b16", program: logisticStep(16), classes: 2 },
  { name: "mlp b10", program: mlpStep(10), classes: 10 },
  { name: "mlp b64", program: mlpStep(64), classes: 10 },
  { name: "cnn b10", program: cnnStep(10), classes: 10 },
];

describe.skipIf(process.env["TRIBUTARY_BENCH"] === undefined)("train steps (set TRIBUTARY_BENCH to measure)", () => {
  test("seconds per step, beside PyTorch", { timeout: 600_000 }, async () => {
    const python = process.env["TRIBUTARY_TORCH_PYTHON"];
    const peer =
      python === undefined ? undefined : await openPeer<{ step: string }, { seconds: number }>(python, "steps.py");
    const beside = peer === undefined ? "no PyTorch: TRIBUTARY_TORCH_PYTHON is not set" : JSON.stringify(peer.about);
    process.stdout.write(
      `\n${new Date().toISOString()} · Node ${process.version} · ${cpus()[0]?.model ?? "unknown processor"} · ${beside}\n`,
    );
    for (const { name, program, classes } of steps) {
      const theirSeconds = async (): Promise<number> =>
        peer === undefined ? Infinity : (await peer.ask({ step: name })).seconds;
      const [ours, theirs] = await inTurns(5, epochsOf(program, classes), theirSeconds);
      const ratio =
        peer === undefined ? "" : `   PyTorch ${microseconds(theirs)}   ratio ${(ours / theirs).toFixed(4)}`;
      process.stdout.write(`${name.padEnd(14)} ${microseconds(ours)}${ratio}\n`);
      expect(ours).toBeGreaterThan(0);
    }
    peer?.close();
  });
});

const microseconds = (seconds: number): string => `${(seconds * 1e6).toFixed(2).padStart(10)} µs`;

/** Seconds per step, the best of three epochs; rows of bytes for images, of float32 for a table, as the readers keep them. */
function epochsOf(program: Program, classes: number): () => number {
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
    const start = cpuSeconds();
    trainer.train(columns, order, options);
    return (cpuSeconds() - start) / count;
  };
  epoch(3);
  const count = Math.max(3, Math.round(0.1 / epoch(10)));
  epoch(count);
  return () => Math.min(...Array.from({ length: 3 }, () => epoch(count)));
}
