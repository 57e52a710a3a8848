import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { input, multiply, sumAll } from "../../../shared/graph/build.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import type { Node } from "../../../shared/graph/graph.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import type { ProgramInput } from "../../../shared/graph/program.ts";
import { multiHeadAttention } from "../../../shared/models/attention.ts";
import { conv2d, gelu } from "../../../shared/models/layers.ts";
import type { Place } from "../../../shared/models/model.ts";
import { trace } from "../../../shared/models/trace.ts";
import { batchNormalization, groupNormalization, layerNormalization } from "../../../shared/models/normalization.ts";
import { gruCell, lstmCell, simpleCell, unroll } from "../../../shared/models/recurrent.ts";
import { distance } from "../../support/finite-differences.ts";
import { runProgram } from "../../support/run-program.ts";

interface Tensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
type Tensors = Readonly<Record<string, Tensor>>;
interface Case {
  readonly name: keyof typeof layers;
  readonly inputs: Tensors;
  readonly parameters: Tensors;
  readonly output: Tensor;
  readonly gradients: Tensors;
  readonly buffers: Tensors;
}
const file = new URL("../../golden/models/layers.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] };

const layers = {
  "batch-normalization": (at: Place, x: Node) => batchNormalization(at, x),
  "group-normalization": (at: Place, x: Node) => groupNormalization(at, x, 3),
  "layer-normalization": (at: Place, x: Node) => layerNormalization(at, x),
  "multi-head-attention": (at: Place, x: Node, mask?: Node) => multiHeadAttention(at, x, 3, mask && { mask }),
  "simple-cell": (at: Place, x: Node) => unroll(simpleCell(at, 4, 3), x, 3),
  "gru-cell": (at: Place, x: Node) => unroll(gruCell(at, 4, 3), x, 3),
  "lstm-cell": (at: Place, x: Node) => unroll(lstmCell(at, 4, 3), x, 3),
  conv2d: (at: Place, x: Node) => conv2d(at, x, 6, 3, { stride: 2, padding: 1, groups: 2 }),
  gelu: (_: Place, x: Node) => gelu(x),
};

/** Runs a layer on named tensors; the output is differentiated against 1, 2, 3, … / size. */
function run(
  layer: (at: Place, x: Node, mask?: Node) => Node,
  { inputs, parameters }: Pick<Case, "inputs" | "parameters">,
  present?: number[],
) {
  const x = input("x", inputs["x"]!.shape);
  const mask = inputs["mask"] && input("mask", inputs["mask"].shape);
  const [batch] = x.shape as [number];
  const there = input("present", [batch]);
  let y: Node = x;
  const model = { name: "layer", build: (at: Place) => ((y = layer(at, x, mask)), {}) };
  const traced = trace({ model, heads: {}, features: {}, batch, training: true, present: there });
  const size = y.shape.reduce((a, b) => a * b, 1);
  const seed = input("seed", y.shape);
  const asked = traced.parameters.filter(({ scope }) => scope !== "buffer");
  const slopes = gradient(sumAll(multiply(y, seed)), [x, ...asked.map(({ node }) => node)]);
  const declared: ProgramInput[] = [
    ...[x, there, seed, ...(mask ? [mask] : [])].map(
      (node) => ({ name: String(node.attributes["name"]), role: "batch", shape: node.shape, dtype: "real" }) as const,
    ),
    ...traced.parameters.map(
      ({ name, shape, scope }) => ({ name, role: "parameter", shape, dtype: "real", scope }) as const,
    ),
  ];
  const program = defineProgram({
    inputs: declared,
    outputs: {
      output: y,
      "gradient/x": slopes[0]!,
      ...Object.fromEntries(asked.map(({ name }, i) => [`gradient/${name}`, slopes[i + 1]!])),
      ...Object.fromEntries(Object.entries(traced.moved).map(([name, node]) => [`buffer/${name}`, node])),
    },
  });
  const values = Object.fromEntries(
    [...Object.entries(inputs), ...Object.entries(parameters)].map(([name, { data }]) => [name, data]),
  );
  return runProgram(program, {
    ...Object.fromEntries(
      traced.parameters.map(({ name, shape, role }) => [
        name,
        new Float64Array(shape[0]!).fill(role.kind === "constant" ? role.value : 0),
      ]),
    ),
    ...values,
    present: present ?? new Array<number>(batch).fill(1),
    seed: Array.from({ length: size }, (_, i) => (i + 1) / size),
  });
}

describe("values, gradients and running statistics are PyTorch's", () => {
  test.each(cases)("$name", (golden) => {
    const seen = run(layers[golden.name], golden);
    expect(distance(seen["output"]!, golden.output.data)).toBeLessThan(1e-12);
    for (const [name, { data }] of Object.entries(golden.gradients)) {
      expect(distance(seen[`gradient/${name}`]!, data), name).toBeLessThan(1e-11);
    }
    for (const [name, { data }] of Object.entries(golden.buffers)) {
      expect(distance(seen[`buffer/${name}`]!, data), name).toBeLessThan(1e-12);
    }
  });
});

describe("batch normalization", () => {
  const golden = cases.find(({ name }) => name === "batch-normalization")!;
  const x = golden.inputs["x"]!;
  const row = x.data.length / x.shape[0]!;

  test.each([0, Infinity, NaN])("does not see rows that are not there, were they %d", (value) => {
    const padded = {
      shape: [x.shape[0]! + 2, ...x.shape.slice(1)],
      data: [...x.data, ...new Array<number>(2 * row).fill(value)],
    };
    const seen = run(layers["batch-normalization"], { ...golden, inputs: { x: padded } }, [1, 1, 1, 1, 0, 0]);
    expect(distance(seen["output"]!.slice(0, x.data.length), golden.output.data)).toBeLessThan(1e-12);
    expect(distance(seen["buffer/variance"]!, golden.buffers["variance"]!.data)).toBeLessThan(1e-12);
    expect(seen["gradient/x"]!.every(Number.isFinite)).toBe(true);
  });

  test("leaves its statistics where no row is there", () => {
    const seen = run(layers["batch-normalization"], golden, [0, 0, 0, 0]);
    expect([seen["buffer/mean"], seen["buffer/variance"]]).toEqual([
      [0, 0, 0, 0, 0],
      [1, 1, 1, 1, 1],
    ]);
  });
});

test("an ended sequence keeps its last state", () => {
  const golden = cases.find(({ name }) => name === "gru-cell")!;
  const withEnds = (at: Place, x: Node, mask?: Node): Node => unroll(gruCell(at, 4, 3), x, 3, mask);
  const mask = { shape: [2, 5], data: [1, 1, 1, 1, 1, 1, 1, 0, 0, 0] };
  const seen = run(withEnds, { ...golden, inputs: { ...golden.inputs, mask } })["output"]!;
  expect(seen.slice(0, 15)).toEqual(
    golden.output.data.slice(0, 15).map((value) => expect.closeTo(value, 12) as number),
  );
  expect(seen.slice(18, 21)).toEqual(seen.slice(27, 30));
});
