/**
 * The loop over batches, as the host sees it: code lists in the heap, and one call of `epoch` (assembly/epoch.ts), which runs
 * feed → program → after for every micro-batch and update for every step. The feed is written anew when other columns come;
 * the other lists are written once. Nothing is allocated but room for a longer order than ever before.
 */
import { TributaryError } from "../../errors.ts";
import type { Arena } from "../engine.ts";
import type { Heap } from "../heap.ts";
import { kernel } from "../module.ts";
import { bytesOfCode, encode, type Instruction } from "../plan/code.ts";
import type { Plan } from "../plan/plan.ts";
import { batchSizeOf, feedCode, stepKey, wordsPerColumn, type ColumnView } from "./feed.ts";

/** Byte addresses from, to. */
type List = readonly [from: number, to: number];

export interface Lists {
  readonly program: List;
  readonly after: List;
  readonly update: List;
}

export interface ListsOptions {
  /** Runs in place of the plan's own instructions; places as in the plan. */
  readonly program?: readonly Instruction[];
  readonly after: readonly Instruction[];
  readonly update: readonly Instruction[];
}

export interface LoopOptions {
  readonly microBatches: number;
  /** One per step, or none at all. */
  readonly rates: Float64Array;
  readonly firstStep: number;
}

export interface Loop {
  /** Addresses of the cells that instructions may point to. */
  readonly cells: { readonly rate: number; readonly steps: number };
  list(code: ListsOptions): Lists;
  /** Returns the number of steps. Throws "invalid-option" for columns that do not fit, or too few learning rates. */
  run(lists: Lists, columns: readonly ColumnView[], order: Int32Array, options: LoopOptions): number;
  /** The optimizer's steps taken, back to 0, or to so many. */
  resetSteps(taken?: number): void;
  /** How many the optimizer has taken. */
  taken(): number;
}

/** Byte offsets in the block that the epoch reads: see assembly/epoch.ts. */
const block = { rows: 0, steps: 4, rate: 8, lists: 16, bytes: 48 } as const;

export function createLoop(
  plan: Plan,
  arena: Arena,
  heap: Heap,
  program: { readonly code: number; readonly end: number },
): Loop {
  const { inputs } = plan.program;
  const batch = batchSizeOf(inputs);
  const at = heap.allocate(block.bytes);
  const words = heap.int32(at, block.bytes / 4);
  const epoch = kernel(heap.kernels, "epoch", plan.precision);
  const feedAt = heap.allocate(inputs.length * wordsPerColumn * 4);
  const addressOf = (input: string): number => arena.base + plan.layout.inputs.get(input)!;
  const rows = room(heap, 4, (address, length) => heap.int32(address, length));
  const rates = room(heap, 8, (address, length) => heap.float64(address, length));

  const write = (code: readonly Instruction[], address = heap.allocate(bytesOfCode(code))): List => {
    const encoded = encode(code, arena.base);
    heap.int32(address, encoded.length).set(encoded);
    return [address, address + encoded.length * 4];
  };

  let fed: readonly ColumnView[] | undefined;
  let feed: List = [feedAt, feedAt];

  return {
    cells: { rate: at + block.rate, steps: at + block.steps },
    list: ({ program: other, after, update }) => ({
      program: other === undefined ? [program.code, program.end] : write(other),
      after: write(after),
      update: write(update),
    }),
    resetSteps: (taken = 0) => void (words[block.steps / 4] = taken),
    taken: () => words[block.steps / 4]!,
    run(lists, columns, order, { microBatches, rates: given, firstStep }) {
      const steps = Math.ceil(order.length / (batch * microBatches));
      if (given.length > 0 && given.length < steps) {
        throw new TributaryError(
          "invalid-option",
          `Expected a learning rate for each of ${steps} steps, got ${given.length}`,
        );
      }
      if (columns !== fed) feed = write(feedCode(inputs, columns, addressOf, at + block.rows), feedAt);
      fed = columns;
      words.set([...feed, ...lists.program, ...lists.after, ...lists.update], block.lists / 4);
      const wanted = steps * microBatches * batch;
      rows.need(wanted).fill(-1, order.length, wanted).set(order);
      const stepRates = rates.need(steps);
      if (given.length > 0) stepRates.set(given.subarray(0, steps));
      const key = stepKey(inputs, columns);
      epoch(
        steps,
        microBatches,
        batch,
        rows.address(),
        rates.address(),
        key === undefined ? 0 : addressOf(key),
        firstStep,
        at,
      );
      return steps;
    },
  };
}

/** A piece of the heap that is taken again, twice as long, when it has become too short. */
function room<View>(
  heap: Heap,
  bytes: number,
  view: (address: number, length: number) => View,
): { address(): number; need(length: number): View } {
  let [address, capacity] = [0, 0];
  return {
    address: () => address,
    need(length) {
      if (length > capacity) {
        capacity = Math.max(length, 2 * capacity, 256);
        address = heap.allocate(capacity * bytes);
      }
      return view(address, capacity);
    },
  };
}
