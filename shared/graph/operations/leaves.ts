/** Leaves: values that are given, not computed. */
import type { Shape } from "../../tensor/shape.ts";
import type { DType, Node } from "../graph.ts";
import type { Table } from "./operation.ts";
import { apply, mismatch, row } from "./operation.ts";

const leaf = { inputs: [], vjp: () => [], kernel: "leaf", flops: () => 0 } as const;

export const leaves = {
  /** A tensor that the engine is handed before each run, by name. */
  input: row({
    ...leaf,
    attributes: { name: "text", shape: "integers", dtype: "text" },
    shape: ({ shape, dtype }) => ({ shape, dtype: known(dtype) }),
  }),
  /** A tensor that travels with the program: row-major data, integers in int32's range when the dtype is index. */
  constant: row({
    ...leaf,
    attributes: { data: "numbers", shape: "integers", dtype: "text" },
    shape: ({ data, shape, dtype }) => {
      if (BigInt(data.length) !== shape.reduce((size, axis) => size * BigInt(axis), 1n)) {
        throw mismatch(`one number for each element of [${shape.join(", ")}]`, `${data.length} numbers`);
      }
      if (dtype === "index" && data.some((element) => !Object.is(element, element | 0))) {
        throw mismatch("an index constant's data to be 32-bit integers", "other numbers");
      }
      return { shape, dtype: known(dtype) };
    },
  }),
} satisfies Table;

function known(dtype: string): DType {
  if (dtype === "real" || dtype === "index") return dtype;
  throw mismatch('the dtype "real" or "index"', `"${dtype.slice(0, 40)}"`);
}

export const input = (name: string, shape: Shape, dtype: DType = "real"): Node =>
  apply(leaves, "input", [], { name, shape, dtype });

export const constant = (data: readonly number[], shape: Shape, dtype: DType = "real"): Node =>
  apply(leaves, "constant", [], { data, shape, dtype });

export const scalar = (value: number): Node => constant([value], []);
