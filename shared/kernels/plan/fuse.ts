/**
 * Fusion: elementwise steps of one size that run together, chunk by chunk, so that what passes between them stays in the
 * first-level cache and never touches the arena. An expand is a producer: each group that reads it repeats the rows itself,
 * and only a reader outside of every group (a matmul, an output) has it written out.
 *
 * Elementwise steps wait in one open group per size. A step that needs a waiting result from outside that group closes the
 * group first, so a group never depends on itself through others, and the sequence of batches is a valid order. What a waiting
 * group reads stays alive, so it waits for a few batches only: a long sum of gradients must not keep all its terms.
 *
 * The sum of all numbers that a group makes is a member too: it adds them up as they come, and they need not be written down.
 */
import { around, sizeOf } from "../../tensor/shape.ts";
import { isElementwise } from "./rewrite.ts";
import { isLeaf, type Step } from "./step.ts";

/** Steps run together: one kernel call, or a group of elementwise steps and expands of equal size, and of sums of all their numbers. */
export type Batch = readonly Step[];

/** An expand that groups may repeat for themselves. */
const isProducer = (step: Step): boolean => step.operation === "expand" && step.dtype === "real" && !step.once;

/** Elements of the longest chunk, of float32: groups of more run chunk by chunk. */
export const longestChunk = 512;

/** One number, the sum of all of a tensor's; larger than a chunk, so that it is worth a place in a group. */
export function isTotal({ operation, inputs, inputShapes, attributes }: Step): boolean {
  if (operation !== "sum" || inputs[0]!.dtype !== "real") return false;
  const { outer, length, inner } = around(inputShapes[0]!, attributes["axis"] as number);
  return outer === 1 && inner === 1 && length > longestChunk;
}

const isTotalOfExpand = (step: Step): boolean => isTotal(step) && isProducer(step.inputs[0]!);

/** True for a member that leaves nothing behind: other groups have their own, and a copy in the arena is made elsewhere. */
export const isWithin = (step: Step, batch: Batch): boolean => batch.length > 1 && isProducer(step);

/** How many batches a group waits for more members: the four gates of a recurrent cell, each cut out of one product. */
const patience = 8;

export function fuse(order: readonly Step[], outputs: ReadonlySet<Step>, enabled: boolean): Batch[] {
  const running = order.filter((step) => !isLeaf(step));
  if (!enabled) return running.map((step) => [step]);

  const writtenOut = new Set([
    ...outputs,
    ...running.filter((step) => !isElementwise(step) && !isTotalOfExpand(step)).flatMap((step) => step.inputs),
  ]);
  const batches: Batch[] = [];
  const open = new Map<number, Set<Step>>();
  const openedAt = new Map<number, number>();
  const waiting = new Map<Step, number>(); // in the open group of that size
  const close = (size: number | undefined): void => {
    const group = open.get(size ?? -1);
    if (group === undefined) return;
    open.delete(size!);
    openedAt.delete(size!);
    for (const step of group) waiting.delete(step);
    batches.push([...group]);
  };

  for (const step of running) {
    const joins = isElementwise(step) || isTotalOfExpand(step) || (isTotal(step) && waiting.has(step.inputs[0]!));
    const size = sizeOf(isTotal(step) ? step.inputs[0]!.shape : step.shape); // of what it goes through
    if (!joins) {
      if (isProducer(step) && !writtenOut.has(step)) continue;
      for (const input of step.inputs) close(waiting.get(input));
      batches.push([step]);
      for (const [size, since] of [...openedAt]) if (batches.length - since > patience) close(size);
      continue;
    }
    for (const input of step.inputs) {
      if (isProducer(input))
        close(waiting.get(input.inputs[0]!)); // it reads other elements than its chunk's
      else if (waiting.get(input) !== size) close(waiting.get(input));
    }
    const group = open.get(size) ?? new Set();
    open.set(size, group);
    if (!openedAt.has(size)) openedAt.set(size, batches.length);
    for (const input of step.inputs) if (isProducer(input)) group.add(input);
    group.add(step);
    waiting.set(step, size);
  }
  for (const size of [...open.keys()]) close(size);
  return batches;
}

/**
 * An input that dies in this batch and whose bytes `step` may take over: of the same size, so read element by element, and by no
 * member that runs after `step`. Chunks touch different elements, so they cannot disturb each other.
 */
export function heirOf(
  step: Step,
  batch: Batch,
  dying: ReadonlySet<Step>,
  bytesOf: (step: Step) => number,
): Step | undefined {
  if (step.operation === "selectRows") return dying.has(step.inputs[1]!) ? step.inputs[1] : undefined;
  if (!isElementwise(step)) return undefined;
  const later = batch.slice(batch.indexOf(step) + 1);
  return [...dying].find(
    (input) =>
      bytesOf(input) === bytesOf(step) &&
      sizeOf(input.shape) === sizeOf(step.shape) &&
      !later.some((member) => member.inputs.includes(input)),
  );
}
