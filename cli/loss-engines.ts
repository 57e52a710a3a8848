/** Engines for tried losses. Equal shapes and options make one program, whose engine is kept; a heap that has filled up goes whole. */
import { TributaryError } from "../shared/errors.ts";
import type { Program } from "../shared/graph/program.ts";
import type { Engine, Precision } from "../shared/kernels/engine-interface.ts";
import { createEngine } from "../shared/kernels/engine.ts";
import { Heap } from "../shared/kernels/heap.ts";
import { answerOf, type TrialAnswer } from "../shared/objectives/trial-answer.ts";
import type { TrialRequest } from "../shared/objectives/trial-request.ts";
import { tryLoss } from "../shared/objectives/trial.ts";
import { sizeOf } from "../shared/tensor/shape.ts";

/** Numbers that a program may compute, all its nodes together: 1.6 GB in float64. */
const largestProgram = 2e8;
const heapBytes = 256 * 2 ** 20;

/** A function that tries losses, one after the other. Throws "out-of-memory" for a batch that is too large for it. */
export function lossTrials(): (request: TrialRequest) => TrialAnswer {
  let heap = Heap.create();
  let engines = new Map<string, Engine>();
  const engineOf =
    (precision: Precision) =>
    (program: Program): Engine => {
      const numbers = program.nodes.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
      if (numbers > largestProgram) {
        const text = `expected a batch that takes at most ${largestProgram} numbers to compute, got ${numbers}`;
        throw new TributaryError("out-of-memory", text);
      }
      const key = `${precision} ${program.hash}`;
      const known = engines.get(key);
      if (known !== undefined) return known;
      if (heap.used > heapBytes) {
        heap = Heap.create();
        engines = new Map();
      }
      const engine = createEngine(program, { precision, heap });
      engines.set(key, engine);
      return engine;
    };
  return ({ loss, batch, weights, precision }) => answerOf(loss, tryLoss(loss, batch, weights, engineOf(precision)));
}
