import type { Heap } from "../kernels/heap.ts";
import { bytesPer } from "../kernels/module.ts";
import type { Vector } from "../tensor/parameters.ts";
import type { Assignment } from "./assignment.ts";

/** Bytes of `count` updates that lie one after the other. */
export const updateBytes = (count: number, { parameters, precision }: Assignment): number =>
  count * parameters * bytesPer[precision];

/** Vector number `i` of a table at the byte address `table`: where a thread leaves a client's own vector. */
export function vectorAt(heap: Heap, table: number, assignment: Assignment, i: number): Vector {
  const { parameters, precision } = assignment;
  const at = table + updateBytes(i, assignment);
  return precision === "float32" ? heap.float32(at, parameters) : heap.float64(at, parameters);
}
