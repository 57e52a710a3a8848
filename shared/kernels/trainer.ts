/**
 * Local work: a program trained or summed over rows of a data set, in the arena, by one call into WebAssembly per epoch.
 *
 *     const trainer = createTrainer(program, { precision: "float32", heap, optimizer: { kind: "sgd", momentum: 0.9 } });
 *     trainer.parameters.set(model);
 *     trainer.train(columns, order, { microBatchesPerStep: 1, learningRates, firstStep: 0 });
 *     const { gradient } = trainer.accumulate(columns, order, { step: 7 }).sums;
 *
 * `train` follows the outputs `gradient/<parameter>`: gather rows → run → (add gradients of micro-batches in float64) →
 * optimizer step. `accumulate` adds every output that is a sum (layout.ts) over all rows, in float64 and row order, and leaves
 * the parameters alone: gradient mode and evaluation. New running statistics (`buffer/…`) replace the old ones after each
 * micro-batch of training. Parameters without a gradient output, and buffers, are not touched by the optimizer.
 */
import { TributaryError } from "../errors.ts";
import type { Program } from "../graph/program.ts";
import { bindPlan, planFor, type EngineOptions } from "./engine.ts";
import type { Values } from "./engine-interface.ts";
import { bytesPer, kernel } from "./module.ts";
import { instruction, type Instruction } from "./plan/code.ts";
import type { ParameterSlice } from "./plan/layout.ts";
import type { Plan } from "./plan/plan.ts";
import { batchSizeOf, type ColumnView } from "./training/feed.ts";
import { descentOf } from "./training/descent.ts";
import { createLoop } from "./training/loop.ts";
import { localOptimizer, type OptimizerSpec } from "./training/optimizer.ts";

export type { ColumnView, OptimizerSpec };

export interface TrainOptions {
  /** Micro-batches (each of the program's batch size) per optimizer step; their gradients are added in float64. */
  readonly microBatchesPerStep: number;
  /** One per step: as many as the rows need. */
  readonly learningRates: Float64Array;
  /** The number of the first step, for `randomUniform` keys: chance differs from step to step. */
  readonly firstStep: number;
}

export interface NoisyOptions extends Omit<TrainOptions, "microBatchesPerStep"> {
  /** Changes the gradient of a step, the sum over its rows, before the optimizer sees it. */
  readonly noise: (gradient: Float64Array, step: number) => void;
}

export interface AccumulateOptions {
  /** The number of the step, for `randomUniform` keys; a program without chance needs none. @default 0 */
  readonly step?: number;
}

/** Sums by name: `objective/<name>/numerator`, …, and a flat vector per gradient family (`gradient`, `objective/<name>/gradient`). */
export type Sums = Readonly<Record<string, Float64Array>>;

export interface Trained {
  readonly steps: number;
  /** Sums over all micro-batches as they were met, while the parameters moved; without the gradients. Live views. */
  readonly sums: Sums;
  /** Rows whose gradient was clipped. */
  readonly clipped: number;
  /** Values that are NaN or infinite among the sums and the parameters: more than 0 means that training diverged. */
  readonly nonFinite: number;
}

export interface Accumulated {
  /** Live views, overwritten by the next call. */
  readonly sums: Sums;
  /** Rows whose gradient was clipped. */
  readonly clipped: number;
  readonly nonFinite: number;
}

export interface LocalTrainer {
  readonly program: Program;
  readonly plan: Plan;
  /** Rows per micro-batch. */
  readonly batchSize: number;
  /** All parameters as one flat live view; `slices` says where each lies. */
  readonly parameters: Float32Array | Float64Array;
  readonly slices: readonly ParameterSlice[];
  /** A live view of an input, for constants such as `scale/<objective>`. */
  input(name: string): Values;
  /** The norm that a row's gradients, stacked, are clipped to from now on; of a trainer made with `clipsRows`. */
  clipRows(bound: number): void;
  /** Forgets momentum and moments. */
  resetOptimizer(): void;
  /** `order`: row numbers, −1 for padding; the last step is padded. Throws "invalid-option" when a batch input has no column. */
  train(columns: readonly ColumnView[], order: Int32Array, options: TrainOptions): Trained;
  /**
   * A step for each batch of rows, which may have any number of them, or none; of a trainer made with `clipsRows`, whose program carries
   * nothing from batch to batch. Throws "invalid-option" otherwise.
   */
  trainNoisily(columns: readonly ColumnView[], batches: readonly Int32Array[], options: NoisyOptions): Trained;
  /** One step however many micro-batches its rows make: where a row lies among them changes nothing of its chance. */
  accumulate(columns: readonly ColumnView[], order: Int32Array, options?: AccumulateOptions): Accumulated;
}

export interface TrainerOptions extends EngineOptions {
  /** Needed by `train` only. */
  readonly optimizer?: OptimizerSpec;
  /** Clips the gradients of each row before rows are added up, to no bound at first. The program must take single rows. @default false */
  readonly clipsRows?: boolean;
}

export function createTrainer(
  program: Program,
  { optimizer: spec, clipsRows = false, ...options }: TrainerOptions,
): LocalTrainer {
  const { heap, precision } = options;
  const plan = planFor(program, { ...options, freshInputs: true }); // every micro-batch is gathered anew
  const { arena, code, end } = bindPlan(plan, heap);
  const { layout } = plan;
  const batchSize = batchSizeOf(program.inputs);
  if (clipsRows && batchSize !== 1)
    throw new TributaryError(
      "invalid-option",
      `Expected a program of single rows to clip them, got one of ${batchSize}`,
    );
  const parameters = arena.reals(layout.parametersAt, layout.parameterCount);
  const totalsAt = heap.allocate(layout.sumCount * 8);
  const totals = heap.float64(totalsAt, layout.sumCount);
  const sums = Object.fromEntries(
    layout.sums.map(({ name, offset, size }) => [name, totals.subarray(offset, offset + size)]),
  );
  const scalars = Object.fromEntries(
    layout.sums.filter(({ name }) => !isFamily(name)).map(({ name }) => [name, sums[name]!]),
  );
  const loop = createLoop(plan, arena, heap, { code, end });

  const realBytes = bytesPer[precision];
  const sumsAt = arena.base + layout.sumsAt;
  /** totals[from … to) += sums[from … to) */
  const add = (from: number, to: number): Instruction[] =>
    from === to ? [] : [instruction("accumulate", to - from, sumsAt + from * realBytes, totalsAt + from * 8)];
  const gradient = layout.sums.find(({ name }) => name === "gradient") ?? { offset: 0, size: 0 };
  const gradientAt = sumsAt + gradient.offset * realBytes;
  const optimizer =
    spec &&
    localOptimizer(spec, plan, heap, {
      parameters: arena.base + layout.parametersAt,
      gradient: gradientAt,
      ...loop.cells,
    });
  const clippingAt = heap.allocate(16);
  const clipping = heap.float64(clippingAt, 2); // [bound, how often it was needed]: assembly/clip.ts
  clipping[0] = Infinity;
  const clip = clipsRows ? [instruction("clip", layout.gradientCount, sumsAt, clippingAt)] : [];
  const addScalars = add(layout.gradientCount, layout.sumCount);
  const addGradient = add(gradient.offset, gradient.offset + gradient.size);
  const settle =
    gradient.size === 0 ? [] : [instruction("settle", gradient.size, totalsAt + gradient.offset * 8, gradientAt)];
  const carried = carriedBuffers(plan, arena.base);
  const step = optimizer?.code() ?? [];
  const isPlain = spec?.kind === "sgd" && spec.momentum === 0 && spec.weightDecay === 0 && !clipsRows;
  const descent = isPlain ? descentOf(plan, heap, loop.cells.rate) : undefined;
  const train = loop.list({
    ...(descent && { program: descent.instructions }),
    after: [...clip, ...addScalars, ...carried],
    update: descent === undefined ? step : (optimizer?.code(descent.stepped) ?? []),
  });
  const trainMany = loop.list({
    after: [...clip, ...addGradient, ...addScalars, ...carried],
    update: [...settle, ...step],
  });
  const gatherRows = loop.list({ after: [...clip, ...addGradient, ...addScalars], update: [] });
  const settleStep = loop.list({ program: [], after: [], update: [...settle, ...step] });
  const accumulate = loop.list({ after: [...clip, ...add(0, layout.sumCount)], update: [] });
  const noRates = new Float64Array(0);
  const countReals = kernel(heap.kernels, "countNonFinite", precision);
  const countDoubles = kernel(heap.kernels, "countNonFinite", "float64");
  const nonFiniteParameters = (): number => countReals(parameters.length, arena.base + layout.parametersAt);
  const nonFiniteTotals = (first: number): number => countDoubles(layout.sumCount - first, totalsAt + first * 8);

  return {
    program,
    plan,
    batchSize,
    parameters,
    slices: layout.parameters,
    input: arena.input,
    clipRows(bound) {
      clipping[0] = bound;
    },
    resetOptimizer() {
      optimizer?.memory.fill(0);
      loop.resetSteps();
    },
    train(columns, order, { microBatchesPerStep, learningRates, firstStep }) {
      if (optimizer === undefined)
        throw new TributaryError("invalid-option", "Expected a trainer made with an optimizer, got one without");
      const [first, lists] = microBatchesPerStep === 1 ? [layout.gradientCount, train] : [0, trainMany];
      clipping[1] = 0;
      totals.fill(0, first); // the gradients of a single micro-batch are never added up
      const steps = loop.run(lists, columns, order, {
        microBatches: microBatchesPerStep,
        rates: learningRates,
        firstStep,
      });
      const nonFinite = nonFiniteTotals(layout.gradientCount) + nonFiniteParameters();
      return { steps, sums: scalars, clipped: clipping[1], nonFinite };
    },
    trainNoisily(columns, batches, { learningRates, firstStep, noise }) {
      if (optimizer === undefined || !clipsRows || carried.length > 0 || gradient.size !== layout.gradientCount)
        throw new TributaryError(
          "invalid-option",
          "Expected a trainer with an optimizer that clips single rows, and a program of one gradient that carries nothing on",
        );
      clipping[1] = 0;
      totals.fill(0);
      const sum = totals.subarray(gradient.offset, gradient.offset + gradient.size);
      batches.forEach((rows, s) => {
        const taken = loop.taken();
        const key = { firstStep: firstStep + s };
        if (rows.length > 0) loop.run(gatherRows, columns, rows, { ...key, microBatches: rows.length, rates: noRates });
        noise(sum, s);
        loop.resetSteps(taken); // adding up was no step of the optimizer
        loop.run(settleStep, columns, padding, { ...key, microBatches: 1, rates: learningRates.subarray(s, s + 1) });
      });
      const nonFinite = nonFiniteTotals(layout.gradientCount) + nonFiniteParameters();
      return { steps: batches.length, sums: scalars, clipped: clipping[1], nonFinite };
    },
    accumulate(columns, order, { step: firstStep = 0 } = {}) {
      clipping[1] = 0;
      totals.fill(0);
      const microBatches = Math.max(1, Math.ceil(order.length / batchSize)); // of one step, as chance has one key
      loop.run(accumulate, columns, order, { microBatches, rates: noRates, firstStep });
      return { sums, clipped: clipping[1], nonFinite: nonFiniteTotals(0) };
    },
  };
}

/** A row that is none. */
const padding = Int32Array.of(-1);

const isFamily = (name: string): boolean => name === "gradient" || name.endsWith("/gradient");

/** New running statistics take the place of the old ones. */
function carriedBuffers({ program, layout, precision }: Plan, base: number): Instruction[] {
  return layout.parameters
    .filter(({ name }) => `buffer/${name}` in program.outputs)
    .map(({ name, size }) => {
      const bytes = size * bytesPer[precision];
      return instruction(
        "copyBlocks",
        1,
        bytes,
        bytes,
        bytes,
        base + layout.outputs.get(`buffer/${name}`)!,
        base + layout.inputs.get(name)!,
      );
    });
}
