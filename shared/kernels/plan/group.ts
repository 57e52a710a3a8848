/**
 * A fused group as one instruction. Every member works on one chunk of elements, then the next member on the same chunk,
 * before the group moves on: what passes between members lies in slots of scratch that never leave the first-level cache.
 *
 *     [fused, length, elements, chunk, members × (number, y, a, b, c)]
 *
 * y, a, b, c are pairs (address, bytes per element): 0 bytes for a slot, which every chunk uses anew. An expand reads
 * its input by the chunk's element numbers: its words are (number, y, (x, times), (inner, –), –). One number repeated everywhere
 * is written for the first chunk only, into a slot that stays its own. A sum of all numbers keeps eight partial sums in a slot of its
 * own: (number, y, x, (partial sums, 0), –).
 * A group that fits into one chunk is a plain sequence of instructions.
 */
import { sizeOf } from "../../tensor/shape.ts";
import { at, instruction, opcodeOf, type At, type Instruction, type Opcode, type Operand } from "./code.ts";
import { isTotal, isWithin, longestChunk, type Batch } from "./fuse.ts";
import { repeatOf } from "./repeat.ts";
import type { Step } from "./step.ts";

/** Bytes of a slot: a chunk of 512 float32 or 256 float64. A dozen slots fit into 32 KiB of first-level cache. */
const slotBytes = 4 * longestChunk;

export function lowerGroup(
  group: Batch,
  placeOf: (step: Step) => At | undefined,
  scratch: (bytes: number) => At,
  realBytes: number,
): Instruction[] {
  const elements = sizeOf(group[0]!.shape);
  const chunk = slotBytes / realBytes;
  const { slots, count } = slotsOf(group, placeOf);
  const totals = group.filter(isTotal);
  const base = scratch((count + totals.length) * slotBytes).at;
  const slotOf = (step: Step): At => at(base + slots.get(step)! * slotBytes);
  const stride = (step: Step): number => (step.dtype === "real" ? realBytes : 4);
  const where = (step: Step): At => (slots.has(step) ? slotOf(step) : placeOf(step)!);

  if (elements <= chunk) {
    return group.map((step) => {
      if (step.operation !== "expand")
        return instruction(step.operation as Opcode, elements, where(step), ...step.inputs.map(where));
      const { outer, times, inner } = repeatOf(step);
      return instruction("expand", outer, times, inner, where(step.inputs[0]!), where(step));
    });
  }
  const operand = (step: Step): Operand[] => (slots.has(step) ? [slotOf(step), 0] : [placeOf(step)!, stride(step)]);
  const members = group.flatMap((step) => {
    const words: Operand[] =
      step.operation === "expand"
        ? [where(step.inputs[0]!), repeatOf(step).times, repeatOf(step).inner]
        : step.inputs.flatMap(operand);
    if (isTotal(step)) words.push(at(base + (count + totals.indexOf(step)) * slotBytes), 0);
    const number = opcodeOf(step.operation as Opcode);
    const y = isTotal(step) ? [where(step), 0] : operand(step);
    return [number, ...y, ...words, ...new Array<number>(6 - words.length).fill(0)];
  });
  return [instruction("fused", elements, chunk, ...members)];
}

/** An expand of a single number. */
const isEverywhere = (step: Step): boolean =>
  step.operation === "expand" && !step.once && repeatOf(step).outer * repeatOf(step).inner === 1;

/** A slot for each member without a place, taken back after its last reader in the group. */
function slotsOf(
  group: Batch,
  placeOf: (step: Step) => At | undefined,
): { slots: ReadonlyMap<Step, number>; count: number } {
  const last = new Map<Step, number>();
  group.forEach((step, index) => {
    for (const input of step.inputs) last.set(input, index);
  });
  const slots = new Map<Step, number>();
  const free: number[] = [];
  let count = 0;
  group.forEach((step, index) => {
    const ending = [...new Set(step.inputs)].filter(
      (input) => slots.has(input) && last.get(input) === index && !isEverywhere(input),
    );
    const sameWidth = ending.filter((input) => input.dtype === step.dtype);
    free.push(...sameWidth.map((input) => slots.get(input)!)); // the result may take it at once: kernels work in place
    if (isEverywhere(step)) slots.set(step, count++);
    else if (isWithin(step, group) || placeOf(step) === undefined) slots.set(step, free.pop() ?? count++);
    free.push(...ending.filter((input) => input.dtype !== step.dtype).map((input) => slots.get(input)!));
  });
  return { slots, count };
}
