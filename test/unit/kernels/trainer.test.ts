import { describe, expect, test } from "vitest";
import {
  add,
  divide,
  input,
  matmul,
  multiply,
  notEqual,
  relu,
  reshape,
  select,
  softmaxCrossEntropy,
  square,
  subtract,
  sum,
  sumAll,
} from "../../../shared/graph/build.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import type { Node } from "../../../shared/graph/graph.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import type { Program, ProgramInput } from "../../../shared/graph/program.ts";
import { furthest } from "../../support/furthest.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { createEngine } from "../../../shared/kernels/engine.ts";
import { withoutAbsent } from "../../../shared/objectives/objective.ts";
import { createReferenceEngine } from "../../../shared/kernels/reference.ts";
import {
  createTrainer,
  type ColumnView,
  type LocalTrainer,
  type OptimizerSpec,
} from "../../../shared/kernels/trainer.ts";

const FEATURES = 5;
const CLASSES = 3;
const ROWS = 23;

/** A small network with a frozen parameter, a running mean (buffer) and a local head; padded rows are selected away. */
function network(batch: number, normalizer: number): Program {
  const inputs: ProgramInput[] = [
    { name: "head", role: "parameter", scope: "local", shape: [4, CLASSES], dtype: "real" },
    { name: "frozen", role: "parameter", scope: "shared", shape: [4], dtype: "real" },
    { name: "weight", role: "parameter", scope: "shared", shape: [FEATURES, 4], dtype: "real" },
    { name: "bias", role: "parameter", scope: "shared", shape: [4], dtype: "real" },
    { name: "mean", role: "parameter", scope: "buffer", shape: [FEATURES], dtype: "real" },
    { name: "feature/x", role: "batch", shape: [batch, FEATURES], dtype: "real" },
    { name: "target/y", role: "batch", shape: [batch], dtype: "index" },
    { name: "weight/loss", role: "batch", shape: [batch], dtype: "real" },
  ];
  const p = Object.fromEntries(inputs.map(({ name, shape, dtype }) => [name, input(name, shape, dtype)])) as Record<
    string,
    Node
  >;
  const hidden = relu(add(add(matmul(p["feature/x"]!, p["weight"]!), p["bias"]!), p["frozen"]!));
  const losses = softmaxCrossEntropy(matmul(hidden, p["head"]!), p["target/y"]!);
  const weights = p["weight/loss"]!;
  const numerator = sumAll(select(weights, multiply(weights, losses), 0));
  const trained = ["weight", "bias", "head"];
  const gradients = gradient(
    divide(numerator, normalizer),
    trained.map((name) => p[name]!),
  );
  const batchMean = divide(sum(p["feature/x"]!, 0), batch);
  return defineProgram({
    inputs,
    outputs: {
      "objective/loss/numerator": numerator,
      "objective/loss/denominator": sumAll(weights),
      "metric/loss/error/squares": sumAll(square(subtract(losses, 1))),
      "buffer/mean": add(multiply(p["mean"]!, 0.9), multiply(reshape(batchMean, [FEATURES]), 0.1)),
      ...Object.fromEntries(trained.map((name, i) => [`gradient/${name}`, gradients[i]!])),
    },
  });
}

const noise = (i: number): number => ((i * 7919 + 13) % 1009) / 504.5 - 1;

const table = {
  x: Float64Array.from({ length: ROWS * FEATURES }, (_, i) => noise(i)),
  y: Uint8Array.from({ length: ROWS }, (_, i) => (i * 5) % CLASSES),
  w: Float64Array.from({ length: ROWS }, (_, i) => 0.5 + (i % 3)),
};

function columnsIn(heap: Heap): ColumnView[] {
  const [x, y, w] = [heap.allocate(table.x.byteLength), heap.allocate(ROWS), heap.allocate(table.w.byteLength)];
  heap.float64(x, table.x.length).set(table.x);
  heap.bytes(y, ROWS).set(table.y);
  heap.float64(w, ROWS).set(table.w);
  return [
    { input: "feature/x", dtype: "float64", offset: x, rowSize: FEATURES, scale: 2, shift: 0.5 },
    { input: "target/y", dtype: "uint8", offset: y, rowSize: 1 },
    { input: "weight/loss", dtype: "float64", offset: w, rowSize: 1 },
  ];
}

/** The same by hand: the reference engine, and each optimizer as its paper writes it. */
function plainTraining(
  program: Program,
  spec: OptimizerSpec,
  initial: LocalTrainer,
  order: readonly number[],
  micro: number,
  rate: number,
) {
  const engine = createReferenceEngine(program);
  const size = program.inputs.find(({ name }) => name === "target/y")!.shape[0]!;
  const parameters = new Map(
    initial.slices.map(({ name, offset, size: n }) => [
      name,
      Float64Array.from(initial.parameters.subarray(offset, offset + n)),
    ]),
  );
  const memory = new Map(
    [...parameters].map(([name, { length }]) => [name, [new Float64Array(length), new Float64Array(length)] as const]),
  );
  let numerator = 0;
  let step = 0;
  for (let start = 0; start < order.length; start += size * micro) {
    const gradients = new Map([...parameters].map(([name, { length }]) => [name, new Float64Array(length)]));
    for (let m = 0; m < micro; m++) {
      for (let b = 0; b < size; b++) {
        const row = order[start + m * size + b] ?? -1;
        for (let f = 0; f < FEATURES; f++)
          engine.input("feature/x")[b * FEATURES + f] = row < 0 ? 0 : table.x[row * FEATURES + f]! * 2 + 0.5;
        engine.input("target/y")[b] = row < 0 ? 0 : table.y[row]!;
        engine.input("weight/loss")[b] = row < 0 ? 0 : table.w[row]!;
      }
      for (const [name, values] of parameters) engine.input(name).set(values);
      engine.run();
      numerator += engine.output("objective/loss/numerator")[0]!;
      for (const name of ["weight", "bias", "head"])
        engine.output(`gradient/${name}`).forEach((g, i) => (gradients.get(name)![i]! += g));
      parameters.get("mean")!.set(engine.output("buffer/mean"));
    }
    step++;
    for (const name of ["weight", "bias", "head"]) {
      const [theta, [first, second]] = [parameters.get(name)!, memory.get(name)!];
      gradients.get(name)!.forEach((raw, i) => {
        const g = raw + (spec.kind === "adamw" ? 0 : spec.weightDecay * theta[i]!);
        if (spec.kind === "sgd") {
          first[i] = spec.momentum * first[i]! + g;
          theta[i]! -= rate * (spec.nesterov ? g + spec.momentum * first[i] : first[i]);
        } else {
          first[i] = spec.beta1 * first[i]! + (1 - spec.beta1) * g;
          second[i] = spec.beta2 * second[i]! + (1 - spec.beta2) * g * g;
          const [c1, c2] = spec.biasCorrection ? [1 - spec.beta1 ** step, 1 - spec.beta2 ** step] : [1, 1];
          const decay = spec.kind === "adamw" ? rate * spec.weightDecay * theta[i]! : 0;
          theta[i] = theta[i]! - decay - (rate * (first[i] / c1)) / (Math.sqrt(second[i] / c2) + spec.epsilon);
        }
      });
    }
  }
  return { parameters, numerator };
}

const plain = { kind: "sgd", momentum: 0, nesterov: false, weightDecay: 0 } as const;
const moments = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
const optimizers: readonly [string, OptimizerSpec][] = [
  ["sgd", plain],
  ["sgd with momentum and decay", { ...plain, momentum: 0.9, weightDecay: 0.01 }],
  ["Nesterov", { ...plain, momentum: 0.8, nesterov: true }],
  ["Adam", { kind: "adam", ...moments, biasCorrection: true, weightDecay: 0.01 }],
  ["AdamW", { kind: "adamw", ...moments, biasCorrection: true, weightDecay: 0.1 }],
  ["Adam without bias correction", { kind: "adam", ...moments, biasCorrection: false, weightDecay: 0 }],
];

const order = Array.from({ length: ROWS }, (_, i) => (i * 7) % ROWS);

function started(precision: "float32" | "float64", program: Program, optimizer?: OptimizerSpec) {
  const heap = Heap.create();
  const trainer = createTrainer(program, { precision, heap, ...(optimizer && { optimizer }) });
  for (let i = 0; i < trainer.parameters.length; i++) trainer.parameters[i] = noise(i + 100);
  return { heap, trainer, columns: columnsIn(heap) };
}

describe("training", () => {
  test.each(optimizers)("%s equals a plain loop over the reference engine", (_, spec) => {
    for (const [micro, program] of [
      [1, network(4, 4)],
      [3, network(2, 6)],
    ] as const) {
      const { trainer, columns } = started("float64", program, spec);
      const expected = plainTraining(program, spec, trainer, order, micro, 0.05);
      const steps = Math.ceil(ROWS / (trainer.batchSize * micro));
      const trained = trainer.train(columns, Int32Array.from(order), {
        microBatchesPerStep: micro,
        learningRates: new Float64Array(steps).fill(0.05),
        firstStep: 0,
      });
      expect(trained.steps).toBe(steps);
      expect(trained.nonFinite).toBe(0);
      expect(Math.abs(trained.sums["objective/loss/numerator"]![0]! - expected.numerator)).toBeLessThan(
        1e-12 * Math.abs(expected.numerator),
      );
      for (const { name, offset, size } of trainer.slices) {
        const [got, want] = [trainer.parameters.subarray(offset, offset + size), expected.parameters.get(name)!];
        got.forEach((value, i) => {
          expect(Math.abs(value - want[i]!), name).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(want[i]!)));
        });
      }
    }
  });
});

describe("micro-batches", () => {
  test("give the step of one large batch: 1 × 6 rows, 2 × 3 and 3 × 2", () => {
    const results = [
      [1, 6],
      [2, 3],
      [3, 2],
    ].map(([micro, batch]) => {
      const { trainer, columns } = started("float64", network(batch!, 6), { ...plain, momentum: 0.9 });
      const trained = trainer.train(columns, Int32Array.from(order), {
        microBatchesPerStep: micro!,
        learningRates: new Float64Array(4).fill(0.1),
        firstStep: 0,
      });
      const model = trainer.slices
        .filter(({ scope }) => scope !== "buffer")
        .flatMap(({ offset, size }) => [...trainer.parameters.subarray(offset, offset + size)]);
      return [...model, ...trained.sums["objective/loss/numerator"]!];
    });
    for (const other of results.slice(1)) expect(furthest(other, results[0]!)).toBeLessThan(1e-13);
  });
});

describe("accumulating", () => {
  test("adds every sum over all rows and leaves the parameters alone", () => {
    const { trainer, columns } = started("float64", network(4, 4));
    const before = trainer.parameters.slice();
    const { sums, nonFinite } = trainer.accumulate(columns, Int32Array.from(order));
    const single = started("float64", network(1, 4));
    const alone = order.map((row) => {
      const one = single.trainer.accumulate(single.columns, Int32Array.of(row)).sums;
      return Object.fromEntries(Object.entries(one).map(([name, values]) => [name, values.slice()]));
    });
    expect(nonFinite).toBe(0);
    expect(trainer.parameters).toEqual(before);
    for (const name of ["objective/loss/numerator", "objective/loss/denominator", "gradient"]) {
      const total = alone.map((one) => one[name]!).reduce((a, b) => a.map((value, i) => value + b[i]!));
      expect(furthest(sums[name]!, total), name).toBeLessThan(1e-13);
    }
  });

  test("of two shards adds up to that of both", () => {
    const { trainer, columns } = started("float64", network(4, 4));
    const of = (rows: readonly number[]): Float64Array =>
      Float64Array.from(trainer.accumulate(columns, Int32Array.from(rows)).sums["gradient"]!);
    const [all, left, right, none] = [order, order.slice(0, 9), order.slice(9), []].map(of);
    expect(
      furthest(
        left!.map((value, i) => value + right![i]!),
        all!,
      ),
    ).toBeLessThan(1e-13);
    expect(none!.every((value) => value === 0)).toBe(true);
  });
});

describe("a trainer", () => {
  test("says how many numbers have left the finite ones", () => {
    const { trainer, columns } = started("float32", network(4, 4), plain);
    const trained = trainer.train(columns, Int32Array.from(order), {
      microBatchesPerStep: 1,
      learningRates: new Float64Array(6).fill(1e38),
      firstStep: 0,
    });
    expect(trained.nonFinite).toBeGreaterThan(0);
    const values = [...trainer.parameters, ...Object.values(trained.sums).flatMap((sum) => [...sum])];
    expect(trained.nonFinite).toBe(values.filter((value) => !Number.isFinite(value)).length);
  });

  test("takes nothing more from the heap, epoch after epoch", () => {
    const { heap, trainer, columns } = started("float32", network(4, 4), plain);
    const options = { microBatchesPerStep: 1, learningRates: new Float64Array(6).fill(0.1), firstStep: 0 };
    trainer.train(columns, Int32Array.from(order), options);
    const used = heap.used;
    for (let i = 0; i < 10; i++) trainer.train(columns, Int32Array.from(order), options);
    trainer.accumulate(columns, Int32Array.from(order));
    expect(heap.used).toBe(used);
  });

  test("starts afresh when its optimizer is reset", () => {
    const { trainer, columns } = started("float64", network(4, 4), {
      kind: "adam",
      ...moments,
      biasCorrection: true,
      weightDecay: 0,
    });
    const model = trainer.parameters.slice();
    const epoch = (): Float32Array | Float64Array => {
      trainer.parameters.set(model);
      trainer.resetOptimizer();
      trainer.train(columns, Int32Array.from(order), {
        microBatchesPerStep: 1,
        learningRates: new Float64Array(6).fill(0.1),
        firstStep: 0,
      });
      return trainer.parameters.slice();
    };
    expect(epoch()).toEqual(epoch());
  });

  test("reads the columns it is given, whichever it was given before", () => {
    const { heap, trainer, columns } = started("float64", network(4, 4));
    const others = columnsIn(heap);
    const x = others.find(({ input: name }) => name === "feature/x")!;
    heap.float64(x.offset, ROWS * FEATURES).fill(0.25);
    const sumsOf = (given: readonly ColumnView[]): number[] =>
      Object.values(trainer.accumulate(given, Int32Array.of(0, 1, 2)).sums).flatMap((sum) => [...sum]);
    const [first, second] = [sumsOf(columns), sumsOf(others)];
    expect(second).not.toEqual(first);
    expect(sumsOf(columns)).toEqual(first);
    expect(sumsOf([...others])).toEqual(second);
  });

  test("refuses columns that do not fit, and too few learning rates", () => {
    const { trainer, columns } = started("float64", network(4, 4), plain);
    const [x, y, w] = columns as [ColumnView, ColumnView, ColumnView];
    expect(() => trainer.accumulate([x, y], Int32Array.of(0))).toThrow(
      "Expected a column for every batch input, got none for weight/loss",
    );
    expect(() => trainer.accumulate([{ ...x, rowSize: 4 }, y, w], Int32Array.of(0))).toThrow(
      'Expected rows of 5 numbers for the input "feature/x", got 4',
    );
    expect(() => trainer.accumulate([x, y, w, { ...w, input: "weight/other" }], Int32Array.of(0))).toThrow(
      'Unknown batch input "weight/other"',
    );
    const options = { microBatchesPerStep: 1, learningRates: new Float64Array(1), firstStep: 0 };
    expect(() => trainer.train(columns, Int32Array.from(order), options)).toThrow(
      "Expected a learning rate for each of 6 steps, got 1",
    );
  });
});

describe("rows of weight 0", () => {
  /** Σ wᵢ·(xᵢ·v)² over the rows that count, and its gradient; the features of absent rows are selected away first. */
  function squares(batch: number): Program {
    const [v, x, w] = [input("v", [3, 1]), input("feature/x", [batch, 3]), input("weight/loss", [batch])];
    const kept = withoutAbsent(notEqual(w, 0), x);
    const total = sumAll(multiply(w, square(reshape(matmul(kept, v), [batch]))));
    return defineProgram({
      inputs: [
        { name: "v", role: "parameter", shape: [3, 1], dtype: "real" },
        { name: "feature/x", role: "batch", shape: [batch, 3], dtype: "real" },
        { name: "weight/loss", role: "batch", shape: [batch], dtype: "real" },
      ],
      outputs: { "objective/loss/numerator": total, "gradient/v": gradient(total, [v])[0]! },
    });
  }
  const rows = [1, 2, 3, NaN, Infinity, -Infinity, 4, 5, 6, 1e300, NaN, 0];
  const weights = [1, 0, 2, 0];

  test.each(["float32", "float64"] as const)("change nothing, whatever is in them, in %s", (precision) => {
    const heap = Heap.create();
    const column = (name: string, rowSize: number, values: readonly number[]): ColumnView => {
      const offset = heap.allocate(8 * values.length);
      heap.float64(offset, values.length).set(values);
      return { input: name, dtype: "float64", offset, rowSize };
    };
    const columns = [column("feature/x", 3, rows), column("weight/loss", 1, weights)];
    const trainer = createTrainer(squares(4), { precision, heap });
    trainer.parameters.set([1, -1, 2]);
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [0, 2],
      [1, 0, -1, 2, 3],
    ]) {
      const { sums, nonFinite } = trainer.accumulate(columns, Int32Array.from(order));
      expect([...sums["objective/loss/numerator"]!]).toEqual([25 + 2 * 121]);
      expect([...sums["gradient"]!]).toEqual([2 * 5 + 4 * 11 * 4, 2 * 5 * 2 + 4 * 11 * 5, 2 * 5 * 3 + 4 * 11 * 6]);
      expect(nonFinite).toBe(0);
    }
  });

  test.each(["float32", "float64"] as const)("stay as they were written in an engine's inputs, in %s", (precision) => {
    const engine = createEngine(squares(4), { precision, heap: Heap.create() });
    engine.input("v").set([1, -1, 2]);
    engine.input("feature/x").set(rows);
    engine.input("weight/loss").set(weights);
    for (const expected of [25 + 2 * 121, 25 + 2 * 121, 121]) {
      if (expected === 121) engine.input("weight/loss").set([0, 0, 1, 0]);
      engine.run();
      expect(engine.output("objective/loss/numerator")[0]).toBe(expected);
    }
    expect([...engine.input("feature/x")]).toEqual(rows.map((x) => (precision === "float32" ? Math.fround(x) : x)));
  });
});
