/**
 * The order in which a client walks over its rows: an Int32Array of row numbers, −1 for padding, made of micro-batches of
 * the size the program was planned for. A padded row is selected away; it changes neither value nor gradient.
 *
 *     10 rows, batches of 4, micro-batches of 3 → each step takes ⌈4/3⌉ = 2 micro-batches:
 *     7 2 9 | 4 −1 −1 ‖ 0 5 1 | 8 −1 −1 ‖ 3 6 −1 | −1 −1 −1
 *
 * Blocks (groups.ts) are walked over whole: they are what is shuffled, a step takes as many as fit into its batch, and a
 * micro-batch as many as fit into it. How many steps an epoch has then depends on the shuffle.
 *
 * Shuffles are forks by name: the order of an epoch depends on (seed, client, round, epoch), never on who walked before.
 */
import { TributaryError } from "../errors.ts";
import type { Random } from "../random.ts";
import { packed, padded } from "./groups.ts";

export interface BatchPlan {
  /** The rows to walk over: their number, or their row numbers. */
  readonly rows: number | ArrayLike<number>;
  /** Examples in one optimizer step. */
  readonly batchSize: number | "full";
  /** Examples the program computes at once. @default the batch size */
  readonly microBatchSize?: number | undefined;
  /** @default true */
  readonly shuffle?: boolean | undefined;
  /** Of these rows, those that must stay together. @default each row stands alone */
  readonly blocks?: readonly Int32Array[] | undefined;
  /** Leaves out an epoch's incomplete last batch. @default false */
  readonly dropLast?: boolean | undefined;
}

export interface BatchOrder {
  readonly order: Int32Array;
  readonly steps: number;
  readonly microBatchesPerStep: number;
}

/** `epochs` passes; epoch e is shuffled by `random.fork("epoch", e)`, where `random` belongs to (client, round). */
export function epochOrder(plan: BatchPlan, epochs: number, random: Random): BatchOrder {
  if (plan.blocks !== undefined) {
    const walk = Array.from({ length: epochs }, (_, epoch) => blockSteps(plan, plan.blocks!, epoch, random)).flat();
    return blockOrder(plan, walk);
  }
  return stepOrder(plan, 0, epochs * stepsPerEpoch(plan), random);
}

/**
 * `steps` steps of an endless walk, from step `first` of it on. With `random` of (client, round) and `first` 0 each round
 * starts afresh; with `random` of the client alone and `first` = the steps taken in earlier rounds, the walk goes on where
 * the last round stopped, as FLamby's loader does (batch 4, 100 updates a round). Nothing needs to be remembered but a count.
 */
export function stepOrder(plan: BatchPlan, first: number, steps: number, random: Random): BatchOrder {
  if (plan.blocks !== undefined) {
    const walk: Int32Array[][] = [];
    for (let epoch = 0; plan.blocks.length > 0 && walk.length < first + steps; epoch++)
      walk.push(...blockSteps(plan, plan.blocks, epoch, random));
    return blockOrder(plan, walk.slice(first, first + steps));
  }
  const rows =
    typeof plan.rows === "number" ? Int32Array.from({ length: plan.rows }, (_, i) => i) : Int32Array.from(plan.rows);
  const batch = batchSizeOf(plan);
  const micro = plan.microBatchSize ?? batch;
  const microBatchesPerStep = Math.ceil(batch / micro);
  const perEpoch = stepsPerEpoch(plan);
  if (perEpoch === 0) return { order: new Int32Array(0), steps: 0, microBatchesPerStep };
  const width = microBatchesPerStep * micro;
  const order = new Int32Array(steps * width).fill(-1);
  let epoch = -1;
  let walk = rows;
  for (let step = 0; step < steps; step++) {
    const at = first + step;
    if (Math.floor(at / perEpoch) !== epoch) {
      epoch = Math.floor(at / perEpoch);
      walk = plan.shuffle === false ? rows : random.fork("epoch", epoch).shuffle(rows.slice());
    }
    const from = (at - epoch * perEpoch) * batch;
    order.set(walk.subarray(from, from + batch), step * width);
  }
  return { order, steps, microBatchesPerStep };
}

/** The steps of one epoch over blocks: of each its micro-batches. */
function blockSteps(plan: BatchPlan, blocks: readonly Int32Array[], epoch: number, random: Random): Int32Array[][] {
  const batch = batchSizeOf(plan);
  const walk = plan.shuffle === false ? blocks : random.fork("epoch", epoch).shuffle([...blocks]);
  const steps: Int32Array[][] = [];
  let filled = Infinity;
  for (const block of walk) {
    if (filled + block.length > batch) {
      steps.push([]);
      filled = 0;
    }
    steps.at(-1)!.push(block);
    filled += block.length;
  }
  if (plan.dropLast === true && steps.length > 1 && filled < batch) steps.pop();
  return steps.map((step) => packed(step, plan.microBatchSize ?? batch));
}

function blockOrder(plan: BatchPlan, steps: readonly (readonly Int32Array[])[]): BatchOrder {
  const micro = plan.microBatchSize ?? batchSizeOf(plan);
  const microBatchesPerStep = steps.reduce((most, { length }) => Math.max(most, length), 1);
  const width = microBatchesPerStep * micro;
  const order = new Int32Array(steps.length * width).fill(-1);
  steps.forEach((step, i) => {
    order.set(padded(step, micro), i * width);
  });
  return { order, steps: steps.length, microBatchesPerStep };
}

/** Optimizer steps in one pass over rows that stand alone; 0 when there are no rows. */
export function stepsPerEpoch(plan: BatchPlan): number {
  const rows = rowCount(plan);
  const steps = rows / batchSizeOf(plan);
  return plan.dropLast === true ? Math.floor(steps) : Math.ceil(steps);
}

const rowCount = ({ rows }: BatchPlan): number => (typeof rows === "number" ? rows : rows.length);

function batchSizeOf(plan: BatchPlan): number {
  if (plan.batchSize === "full") return Math.max(1, rowCount(plan));
  if (Number.isInteger(plan.batchSize) && plan.batchSize > 0) return plan.batchSize;
  throw new TributaryError("invalid-option", `Expected a batch size of at least 1, got ${plan.batchSize}`);
}
