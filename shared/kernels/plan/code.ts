/**
 * Instructions as words: [number, length in words, operands …], where an operand is a number, or a byte offset that becomes an
 * address once the code is bound to the place where its arena lies.
 */
import * as opcodes from "../assembly/opcodes.ts";

export type Opcode = keyof typeof opcodes;

/** A byte offset from the arena's start. */
export interface At {
  readonly at: number;
}
export const at = (offset: number): At => ({ at: offset });

/** A float64, in two words. */
export interface Real {
  readonly real: number;
}

export type Operand = number | At | Real;

export interface Instruction {
  readonly name: Opcode;
  readonly operands: readonly Operand[];
}

export const instruction = (name: Opcode, ...operands: Operand[]): Instruction => ({ name, operands });

/** The words of `instructions` with every offset bound to an arena at byte address `base`. */
export function encode(instructions: readonly Instruction[], base: number): Int32Array {
  const words = new Int32Array(lengthOf(instructions)); // addresses beyond 2 GiB wrap to the same 32 bits
  let end = 0;
  for (const one of instructions) {
    words[end++] = opcodes[one.name];
    words[end++] = lengthOf([one]);
    for (const operand of one.operands) {
      if (typeof operand === "number") words[end++] = operand;
      else if ("at" in operand) words[end++] = base + operand.at;
      else {
        real[0] = operand.real;
        words[end++] = halves[0]!;
        words[end++] = halves[1]!;
      }
    }
  }
  return words;
}

/** A float64 and its two words: WebAssembly is little-endian, and so is every host that runs Node. */
const real = new Float64Array(1);
const halves = new Int32Array(real.buffer);

/** Words that `encode` will write. */
export function lengthOf(instructions: readonly Instruction[]): number {
  let length = 0;
  for (const { operands } of instructions) {
    length += 2 + operands.length;
    for (const operand of operands) if (typeof operand === "object" && "real" in operand) length++;
  }
  return length;
}

/**
 * Bytes to set aside for lists of instructions that lie one behind the other. Three operands are read of every elementwise instruction,
 * also of the last, and of one that has fewer.
 */
export const bytesOfCode = (...lists: readonly (readonly Instruction[])[]): number =>
  4 * (lists.reduce((words, list) => words + lengthOf(list), 0) + 2);

export const opcodeOf = (name: Opcode): number => opcodes[name];
