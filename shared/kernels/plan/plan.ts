/**
 * A plan: a program as a flat list of instructions over one arena of bytes, made once and run any number of times.
 *
 *     steps (step.ts)            aliases and dead steps gone, in an order that lets activations die early
 *       → checkpoint.ts          optional: recompute instead of keeping
 *       → batches (fuse.ts)      elementwise groups that run chunk by chunk
 *       → places (place.ts)      resident regions (layout.ts); temporaries by liveness (liveness.ts, arena.ts), in place where safe
 *       → instructions           one step each (lower.ts), or one group (group.ts)
 *
 * The arena:  constants | parameters | sums | outputs | inputs | temporaries | scratch | code.  All offsets are relative, so a plan
 * can be bound to any address (code.ts), and its bytes are known before any memory is taken.
 */
import { TributaryError } from "../../errors.ts";
import type { Program } from "../../graph/program.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { bytesPer, type Precision } from "../module.ts";
import { aligned } from "./arena.ts";
import { checkpoint } from "./checkpoint.ts";
import { at, bytesOfCode, type At, type Instruction } from "./code.ts";
import { fuse } from "./fuse.ts";
import { lowerGroup } from "./group.ts";
import type { Layout } from "./layout.ts";
import { lower, type ScratchSize } from "./lower.ts";
import { placeAll } from "./place.ts";
import { stepsOf } from "./steps.ts";
import type { Step } from "./step.ts";

export interface PlanOptions {
  readonly precision: Precision;
  readonly scratchSize: ScratchSize;
  /** Elementwise groups run chunk by chunk. @default true */
  readonly fusion?: boolean;
  /** Results may take the place of inputs that die. @default true */
  readonly inPlace?: boolean;
  /** Inputs are written anew before every run, so that a run may clear the rows of them that are selected away. @default false */
  readonly freshInputs?: boolean;
  /** Keep about √n of n activations and recompute the others on the way back: the same bits, one more forward pass. @default false */
  readonly checkpointing?: boolean;
}

export interface Plan {
  readonly program: Program;
  readonly precision: Precision;
  /** Run once, when the arena is bound: what depends on constants alone. */
  readonly prologue: readonly Instruction[];
  readonly instructions: readonly Instruction[];
  readonly layout: Layout;
  readonly constants: readonly {
    readonly place: At;
    readonly data: readonly number[];
    readonly dtype: "real" | "index";
  }[];
  /** Where the code goes. */
  readonly codeAt: number;
  /** Bytes, region by region; `total` is what an engine allocates. */
  readonly bytes: Readonly<Record<"resident" | "parameters" | "activations" | "scratch" | "code" | "total", number>>;
}

/** Throws "invalid-program" for an operation without a kernel, or when the arena would pass 2 GiB. */
export function planOf(program: Program, options: PlanOptions): Plan {
  const realBytes = bytesPer[options.precision];
  const bytesOf = (step: Step): number => sizeOf(step.shape) * (step.dtype === "real" ? realBytes : 4);

  const plain = stepsOf(program);
  const steps = options.checkpointing === true ? checkpoint(plain, bytesOf) : plain;
  const batches = fuse(steps.order, new Set(steps.outputs.values()), options.fusion ?? true);
  const { layout, placeOf, copies, constants, end } = placeAll(program, steps, batches, {
    realBytes,
    inPlace: options.inPlace ?? true,
    freshInputs: options.freshInputs ?? false,
    bytesOf,
  });

  let scratchBytes = 0;
  const scratch = (bytes: number): At => {
    scratchBytes = Math.max(scratchBytes, aligned(bytes));
    return at(end);
  };
  const alone = (step: Step): Instruction[] => {
    const x = step.inputs.map((input) => placeOf(input)!);
    return lower(step, { x, y: placeOf(step)!, scratch, realBytes, scratchSize: options.scratchSize });
  };
  const prologue = constants.filter(({ operation }) => operation !== "constant").flatMap(alone);
  const instructions = batches.flatMap((batch) =>
    batch.length > 1 ? lowerGroup(batch, placeOf, scratch, realBytes) : alone(batch[0]!),
  );
  instructions.push(...copies);

  const codeAt = end + scratchBytes;
  const code = aligned(bytesOfCode(prologue, instructions));
  const total = codeAt + code;
  if (total > maximumBytes) {
    throw new TributaryError(
      "invalid-program",
      `Expected a program that needs at most ${maximumBytes} bytes, got ${total}`,
    );
  }
  const parameters = layout.parameterCount * realBytes;
  return {
    program,
    precision: options.precision,
    prologue,
    instructions,
    layout,
    constants: constants
      .filter(({ operation }) => operation === "constant")
      .map((step) => ({
        place: placeOf(step)!,
        data: step.attributes["data"] as readonly number[],
        dtype: step.dtype,
      })),
    codeAt,
    bytes: { resident: layout.bytes, parameters, activations: end - layout.bytes, scratch: scratchBytes, code, total },
  };
}

/** Sizes and strides are 31-bit numbers of bytes. */
const maximumBytes = 2147483647;
