import { describe, expect, test } from "vitest";
import { add, exp, input, matmul, negate, relu, sigmoid, square, sumAll, tanh } from "../../../shared/graph/build.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import type { Node } from "../../../shared/graph/graph.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import { createEngine, planFor } from "../../../shared/kernels/engine.ts";
import type { Engine } from "../../../shared/kernels/engine-interface.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { createReferenceEngine } from "../../../shared/kernels/reference.ts";
import { drawOf, seed, type Draw } from "../../support/draw.ts";
import { furthest } from "../../support/furthest.ts";
import { randomProgram } from "../../support/random-graphs.ts";
import { mlpStep } from "../../support/train-steps.ts";

function feed(engine: Engine, draw: Draw): Engine {
  for (const { name, dtype } of engine.program.inputs) {
    const view = engine.input(name);
    for (let i = 0; i < view.length; i++)
      view[i] = dtype === "index" ? draw.integer(0, 9) : Math.fround(draw.unit() - 0.5);
  }
  engine.run();
  return engine;
}

const outputsOf = (engine: Engine): Record<string, number[]> =>
  Object.fromEntries(Object.keys(engine.program.outputs).map((name) => [name, [...engine.output(name)]]));

describe("random programs", () => {
  test.each(["odd", "large"] as const)(
    `give the same bits with and without fusion, reuse in place and checkpointing, sizes: %s (seed ${seed})`,
    (size) => {
      for (let round = 0; round < (size === "odd" ? 40 : 15); round++) {
        const from = seed + round;
        const program = randomProgram(drawOf(from, size), 12 + (round % 30));
        const expected = outputsOf(feed(createReferenceEngine(program), drawOf(from, size)));
        const heap = Heap.create();
        for (const precision of ["float64", "float32"] as const) {
          const plain = createEngine(program, { precision, heap, fusion: false, inPlace: false });
          const bits = outputsOf(feed(plain, drawOf(from, size)));
          for (const name of Object.keys(bits)) {
            const where = `${name} in ${precision}, seed ${from}`;
            expect(furthest(bits[name]!, expected[name]!), where).toBeLessThan(precision === "float64" ? 1e-11 : 1e-3);
          }
          for (const fusion of [true, false])
            for (const inPlace of [true, false])
              for (const checkpointing of [true, false]) {
                const engine = createEngine(program, { precision, heap, fusion, inPlace, checkpointing });
                feed(engine, drawOf(from, size));
                feed(engine, drawOf(from, size)); // a second run over what the first left behind
                expect(
                  outputsOf(engine),
                  JSON.stringify({ seed: from, precision, fusion, inPlace, checkpointing }),
                ).toEqual(bits);
              }
        }
      }
    },
  );
});

describe("memory", () => {
  test("sixteen layers keep at most eight activations when checkpointed, and give the same gradients", () => {
    const [batch, width] = [64, 128];
    const program = mlpStep(
      batch,
      Array.from({ length: 17 }, () => width),
    );
    const heap = Heap.create();
    const activation = batch * width * 4;
    const kept = (checkpointing: boolean): number =>
      planFor(program, { precision: "float32", heap, checkpointing }).bytes.activations;
    expect(kept(false)).toBeGreaterThanOrEqual(15 * activation); // what flows back needs every layer's relu
    expect(kept(true)).toBeLessThanOrEqual((8 + 2) * activation); // and two of what is on its way through a layer
    const [plain, checkpointed] = [false, true].map((checkpointing) =>
      outputsOf(feed(createEngine(program, { precision: "float32", heap, checkpointing }), drawOf(seed, "odd"))),
    );
    expect(checkpointed, `seed ${seed}`).toEqual(plain);
  });

  test("a recurrent net of n steps keeps n states, and about 2√n when checkpointed", () => {
    const [steps, batch, width] = [400, 8, 16];
    const x = input("x", [batch, width]);
    const w = input("w", [width, width]);
    let state = x;
    for (let i = 0; i < steps; i++) state = tanh(add(matmul(state, w), x));
    const numerator = sumAll(state);
    const program = defineProgram({
      inputs: [
        { name: "w", role: "parameter", shape: [width, width], dtype: "real" },
        { name: "x", role: "batch", shape: [batch, width], dtype: "real" },
      ],
      outputs: { "objective/loss/numerator": numerator, "gradient/w": gradient(numerator, [w])[0]! },
    });
    const heap = Heap.create();
    const kept = (checkpointing: boolean): number =>
      planFor(program, { precision: "float32", heap, checkpointing }).bytes.activations / (batch * width * 4);
    expect(kept(false)).toBeLessThanOrEqual(steps + 20); // the terms of the gradient's sum do not pile up
    expect(kept(true)).toBeLessThanOrEqual(2 * Math.sqrt(steps) + 30);
  });

  test("a plan states its bytes, and the engine takes no more", () => {
    const program = mlpStep(10);
    const heap = Heap.create();
    createEngine(program, { precision: "float32", heap }); // the module's own first needs
    const { bytes } = planFor(program, { precision: "float32", heap });
    expect(bytes.parameters).toBe(199_210 * 4);
    expect(bytes.total).toBe(bytes.resident + bytes.activations + bytes.scratch + bytes.code);
    const before = heap.used;
    createEngine(program, { precision: "float32", heap });
    expect(heap.used - before).toBe(bytes.total);
  });

  test("a run allocates nothing: neither in the heap nor in JavaScript", () => {
    const heap = Heap.create();
    const engine = createEngine(mlpStep(4, [8, 6, 3]), { precision: "float32", heap });
    for (let i = 0; i < 20_000; i++) engine.run(); // until the compilers have settled
    const used = heap.used;
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 100_000; i++) engine.run();
    expect(heap.used).toBe(used);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(1_000_000); // 10 bytes a run would pass this
  });

  test("an elementwise chain over any number of elements needs no more than its ends and a few slots", () => {
    const x = input("x", [100_000]);
    const y = [sigmoid, tanh, square, relu, exp, negate].reduce<Node>((node, f) => add(f(node), 1), x);
    const program = defineProgram({
      inputs: [{ name: "x", role: "batch", shape: [100_000], dtype: "real" }],
      outputs: { "prediction/y": y },
    });
    const { bytes, instructions } = planFor(program, { precision: "float32", heap: Heap.create() });
    expect(bytes.activations).toBe(0);
    expect(bytes.scratch).toBeLessThanOrEqual(4 * 2048);
    expect(instructions.length).toBe(1);
  });
});

test("the gradient of something that is no parameter is refused by name", () => {
  const x = input("x", [2]);
  const inputs = [{ name: "x", role: "parameter" as const, shape: [2], dtype: "real" as const }];
  const program = defineProgram({ inputs, outputs: { "gradient/y": square(x) } });
  expect(() => planFor(program, { precision: "float32", heap: Heap.create() })).toThrow(
    'Unknown parameter "y": expected one of x',
  );
});
