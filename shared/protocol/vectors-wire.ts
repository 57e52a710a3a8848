/**
 * How vectors travel: in the assignment's precision, or, where an experiment says so, in the 16 bits they were rounded to when they left.
 * Half the bytes, and not one bit of difference: what is packed is what a simulation hands over.
 */
import { bytesPer } from "../kernels/module.ts";
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16, type HalfFormat } from "../tensor/half.ts";
import { vectorsPerClient, type Assignment } from "./assignment.ts";
import { bytesOf, numbersOf } from "./content.ts";
import type { Ring } from "../secure/ring.ts";
import { maskedLength, maskedShape } from "./masked.ts";
import type { Task, Vector } from "./task.ts";

type Shape = Pick<Assignment, "local" | "objectives" | "parameters" | "precision" | "secureSums" | "transport">;

/** Whether a task is answered with vectors. */
export const learns = ({ kind }: Task): boolean => kind === "train" || kind === "gradient";

/** Whether it is answered with one masked ring in place of vectors. */
export const isMasked = (task: Task, { secureSums }: Pick<Assignment, "secureSums">): boolean =>
  learns(task) && secureSums !== undefined;

/** Bytes of the vectors that answer this task. */
export function vectorBytes(task: Task, assignment: Shape): number {
  if (isMasked(task, assignment)) return 4 * maskedLength(maskedShape(assignment));
  return learns(task) ? vectorsPerClient(assignment) * assignment.parameters * widthOf(assignment) : 0;
}

const widthOf = ({ precision, transport }: Shape): number => (transport === undefined ? bytesPer[precision] : 2);

/** What comes with an answer: its vectors, or in place of them what is masked. */
export const encodeSent = (
  { vectors, masked }: { readonly vectors: readonly Vector[]; readonly masked?: Ring },
  task: Task,
  assignment: Shape,
): Uint8Array => (masked === undefined ? encodeVectors(vectors, task, assignment) : bytesOf(masked));

/** The vectors of an answer, one after the other. */
export function encodeVectors(vectors: readonly Vector[], task: Task, { transport }: Shape): Uint8Array {
  const scale = scaleOf(task);
  return Buffer.concat(
    vectors.map((vector) => (transport === undefined ? bytesOf(vector) : packHalf(vector, transport.dtype, scale))),
  );
}

/** Throws "invalid-data" when the bytes are not whole numbers of what travels. */
export function decodeVectors(bytes: Uint8Array, task: Task, assignment: Shape): Vector[] {
  const { parameters, precision, transport } = assignment;
  const all =
    transport === undefined
      ? numbersOf(precision, bytes, "vectors")
      : unpackHalf(bytes, { format: transport.dtype, scale: scaleOf(task), precision });
  return Array.from({ length: learns(task) ? vectorsPerClient(assignment) : 0 }, (_, i) =>
    all.subarray(i * parameters, (i + 1) * parameters),
  );
}

const scaleOf = (task: Task): number => ("scale" in task ? (task.scale ?? 1) : 1);

/** Numbers that were rounded to `format` at `scale` (`updates/transport.ts`), in two bytes each. */
export function packHalf(vector: Vector, format: HalfFormat, scale = 1): Uint8Array {
  const toBits = format === "float16" ? toFloat16 : toBfloat16;
  const packed = new Uint16Array(vector.length);
  for (let i = 0; i < vector.length; i++) packed[i] = toBits(vector[i]! * scale);
  return new Uint8Array(packed.buffer);
}

/** The numbers that `packHalf` was given. */
export function unpackHalf(
  bytes: Uint8Array,
  { format, scale = 1, precision }: { format: HalfFormat; scale?: number; precision: Assignment["precision"] },
): Vector {
  const fromBits = format === "float16" ? fromFloat16 : fromBfloat16;
  const packed = numbersOf("uint16", bytes, "vectors");
  const vector = new (precision === "float32" ? Float32Array : Float64Array)(packed.length);
  for (let i = 0; i < packed.length; i++) vector[i] = fromBits(packed[i]!) / scale;
  return vector;
}
