/**
 * The feed: how rows of a data set become a batch. One gather per column, which converts what is stored (bytes stay bytes in the
 * data set) to what the program reads, scaled and shifted on the way. Padding, row −1, becomes zeros.
 */
import { TributaryError, unknownName } from "../../errors.ts";
import type { ProgramInput } from "../../graph/program.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { instruction, type Instruction } from "../plan/code.ts";

/** A column of a data set in the heap: [rows, rowSize]. */
export interface ColumnView {
  /** The program input that it feeds. */
  readonly input: string;
  readonly dtype: keyof typeof sources;
  /** Byte address in the heap, a multiple of the element's bytes. */
  readonly offset: number;
  /** Elements per row. */
  readonly rowSize: number;
  /** Value = stored · scale + shift, for real inputs only. @default 1 and 0 */
  readonly scale?: number;
  readonly shift?: number;
}

/** As assembly/rows.ts numbers them. */
const sources = { float32: 0, float64: 1, uint8: 2, int32: 3 } as const;

/** Words of one gather: see `run.ts`. */
export const wordsPerColumn = 12;

/**
 * One gather per column, into the input's place; `rows` is the address of the cell that points to the batch's row numbers.
 * Throws "invalid-option" when a batch input has no column or a column's rows do not fit, "unknown-name" for a column of no input.
 */
export function feedCode(
  inputs: readonly ProgramInput[],
  columns: readonly ColumnView[],
  addressOf: (input: string) => number,
  rows: number,
): Instruction[] {
  const fed = new Map(
    inputs.filter(({ role }) => role === "batch" || role === "key").map((input) => [input.name, input]),
  );
  for (const { input } of columns) if (!fed.has(input)) throw unknownName("batch input", input, fed.keys());
  const missing = inputs
    .filter(({ name, role }) => role === "batch" && !columns.some(({ input }) => input === name))
    .map(({ name }) => name);
  if (missing.length > 0)
    throw new TributaryError(
      "invalid-option",
      `Expected a column for every batch input, got none for ${missing.join(", ")}`,
    );

  return columns.map(({ input, dtype, offset, rowSize, scale = 1, shift = 0 }) => {
    const { shape, dtype: target } = fed.get(input)!;
    const expected = sizeOf(shape.slice(1));
    if (rowSize !== expected) {
      throw new TributaryError(
        "invalid-option",
        `Expected rows of ${expected} numbers for the input "${input}", got ${rowSize}`,
      );
    }
    const name = target === "real" ? "gatherRows" : "gatherRowsIndex";
    return instruction(
      name,
      sources[dtype],
      shape[0]!,
      rowSize,
      offset,
      rows,
      addressOf(input),
      { real: scale },
      { real: shift },
    );
  });
}

/** The key that no column feeds: the number of the step. */
export const stepKey = (inputs: readonly ProgramInput[], columns: readonly ColumnView[]): string | undefined =>
  inputs.find(({ name, role }) => role === "key" && !columns.some(({ input }) => input === name))?.name;

/** The first axis that all batch inputs share. Throws "invalid-program" when there is none. */
export function batchSizeOf(inputs: readonly ProgramInput[]): number {
  const sizes = new Set(inputs.filter(({ role }) => role === "batch").map(({ shape }) => shape[0] ?? 0));
  const [size] = sizes;
  if (sizes.size !== 1 || size === undefined || size === 0) {
    throw new TributaryError(
      "invalid-program",
      `Expected batch inputs with one common first axis, got ${[...sizes].join(", ") || "none"}`,
    );
  }
  return size;
}
