import { expect, test } from "vitest";
import { input } from "../../../shared/graph/build.ts";
import { node } from "../../../shared/graph/operations.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import { createEngine, planFor } from "../../../shared/kernels/engine.ts";
import { Heap } from "../../../shared/kernels/heap.ts";

const pageBytes = 65_536;

test.each(Array.from({ length: 16 }, (_, i) => i + 1))("a plan of %i steps runs where the memory ends", (steps) => {
  let y = input("x", [4]);
  for (let i = 0; i < steps; i++) y = node(i % 3 === 0 ? "square" : "negate", [y]);
  for (let i = 0; i < steps % 5; i++) y = node("add", [y, y]); // other lengths of code
  const program = defineProgram({
    inputs: [{ name: "x", role: "constant", shape: [4], dtype: "real" }],
    outputs: { y: node("negate", [y]) },
  });
  const heap = Heap.create();
  const { total } = planFor(program, { precision: "float64", heap }).bytes;
  heap.allocate(pageBytes * Math.ceil((heap.memory.buffer.byteLength + total) / pageBytes) - heap.used - total);
  const engine = createEngine(program, { precision: "float64", heap });
  expect(heap.used).toBe(heap.memory.buffer.byteLength);
  engine.input("x").set([1, 1, 1, 1]);
  engine.run();
  expect(Math.abs(engine.output("y")[0]!)).toBe(2 ** (steps % 5));
});
