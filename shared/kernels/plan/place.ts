/**
 * Places: the byte offset of every result in the arena. Leaves and outputs have their places for good (layout.ts); everything
 * else is a temporary, which takes a free range when its batch runs, or the range of an input that dies there, and gives it
 * back after its last reader.
 */
import type { Program } from "../../graph/program.ts";
import { aligned, createArena } from "./arena.ts";
import { at, instruction, type At, type Instruction } from "./code.ts";
import { heirOf, type Batch } from "./fuse.ts";
import { layoutOf, type Layout } from "./layout.ts";
import { livenessOf } from "./liveness.ts";
import type { Steps } from "./steps.ts";
import type { Step } from "./step.ts";

export interface Placement {
  readonly layout: Layout;
  /** Undefined for what never leaves its batch. */
  readonly placeOf: (step: Step) => At | undefined;
  /** Outputs that are a leaf, or the same result under a second name, are copied when the run is over. */
  readonly copies: readonly Instruction[];
  /** What is there from the beginning: constants, and what is made of them once. */
  readonly constants: readonly Step[];
  /** Where the temporaries end. */
  readonly end: number;
}

export interface PlacementOptions {
  readonly realBytes: number;
  readonly inPlace: boolean;
  /** See PlanOptions. */
  readonly freshInputs: boolean;
  readonly bytesOf: (step: Step) => number;
}

export function placeAll(
  program: Program,
  { order, outputs }: Steps,
  batches: readonly Batch[],
  options: PlacementOptions,
): Placement {
  const { bytesOf } = options;
  const constants = order.filter((step) => step.once);
  const constantBytes = constants.reduce((bytes, step) => bytes + aligned(bytesOf(step)), 0);
  const layout = layoutOf(program, options.realBytes, constantBytes);

  const resident = new Map<Step, number>();
  let constantAt = layout.constantsAt;
  for (const step of constants) {
    resident.set(step, constantAt);
    constantAt += aligned(bytesOf(step));
  }
  for (const step of order)
    if (isInput(step)) resident.set(step, layout.inputs.get(step.attributes["name"] as string)!);
  const alone = selectingAlone(order);
  if (options.freshInputs)
    for (const step of alone) if (isInput(step.inputs[1]!)) resident.set(step, resident.get(step.inputs[1]!)!);
  const copies: Instruction[] = [];
  for (const [name, step] of outputs) {
    const place = layout.outputs.get(name)!;
    const already = resident.get(step);
    if (already === undefined) resident.set(step, place);
    else copies.push(instruction("copyBlocks", 1, bytesOf(step), bytesOf(step), bytesOf(step), at(already), at(place)));
  }

  if (options.inPlace)
    for (const step of alone) {
      const place = resident.get(step);
      if (place !== undefined && !resident.has(step.inputs[1]!)) resident.set(step.inputs[1]!, place); // made where it is selected
    }

  const { offsets, bytes } = temporariesOf(batches, resident, outputs.values(), options);
  const placeOf = (step: Step): At | undefined => {
    const offset = resident.get(step) ?? offsets.get(step);
    if (offset === undefined) return undefined;
    return at(resident.has(step) ? offset : layout.bytes + offset);
  };
  return { layout, placeOf, copies, constants, end: layout.bytes + bytes };
}

const isInput = ({ operation }: Step): boolean => operation === "input";

/** The `selectRows` whose input nothing else reads, so that they may clear its own rows. */
function selectingAlone(order: readonly Step[]): Step[] {
  const readers = new Map<Step, number>();
  for (const { inputs } of order) for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1);
  return order.filter(({ operation, inputs }) => operation === "selectRows" && readers.get(inputs[1]!) === 1);
}

function temporariesOf(
  batches: readonly Batch[],
  resident: ReadonlyMap<Step, number>,
  outputs: Iterable<Step>,
  { inPlace, bytesOf }: PlacementOptions,
): { offsets: ReadonlyMap<Step, number>; bytes: number } {
  const liveness = livenessOf(batches, outputs);
  const arena = createArena();
  const offsets = new Map<Step, number>();
  batches.forEach((batch, index) => {
    const dying = new Set(
      batch.flatMap((step) => step.inputs).filter((input) => offsets.has(input) && liveness.lastUse(input) === index),
    );
    for (const step of batch) {
      if (liveness.staysInside(step, batch) || resident.has(step)) continue;
      const heir = inPlace ? heirOf(step, batch, dying, bytesOf) : undefined;
      offsets.set(step, heir === undefined ? arena.allocate(bytesOf(step)) : offsets.get(heir)!);
      if (heir !== undefined) dying.delete(heir);
    }
    for (const input of dying) arena.free(offsets.get(input)!);
    for (const step of batch) {
      const unread = offsets.has(step) && liveness.lastUse(step) === index && !liveness.staysInside(step, batch);
      if (unread) arena.free(offsets.get(step)!);
    }
  });
  return { offsets, bytes: arena.bytes };
}
