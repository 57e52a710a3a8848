import { describe, expect, test } from "vitest";
import * as g from "../../../shared/graph/build.ts";
import { costOf } from "../../../shared/graph/cost.ts";
import { decodeProgram } from "../../../shared/graph/decoding.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import type { Program, ProgramInput } from "../../../shared/graph/program.ts";
import { defineProgram, encodeProgram, graphOf } from "../../../shared/graph/define-program.ts";
import { createReferenceEngine } from "../../../shared/kernels/reference.ts";
import { evaluate } from "../../support/evaluate.ts";

const inputs: ProgramInput[] = [
  { name: "w", role: "parameter", shape: [3, 1], dtype: "real", scope: "shared" },
  { name: "b", role: "parameter", shape: [1], dtype: "real", scope: "local" },
  { name: "x", role: "batch", shape: [5, 3], dtype: "real" },
  { name: "y", role: "batch", shape: [5, 1], dtype: "real" },
  { name: "rows", role: "key", shape: [5], dtype: "index" },
];

/** Least squares with its gradient: Σ (xw + b − y)². */
function leastSquares(): Program {
  const [w, b] = [g.parameter("w", [3, 1]), g.parameter("b", [1])];
  const residual = g.subtract(g.add(g.matmul(g.input("x", [5, 3]), w), b), g.input("y", [5, 1]));
  const loss = g.sumAll(g.square(residual));
  const [dw, db] = gradient(loss, [w, b]);
  return defineProgram({ inputs, outputs: { loss, "gradient/w": dw!, "gradient/b": db! } });
}

const decoded = (program: Program): Program => decodeProgram(encodeProgram(program));

describe("a program", () => {
  test("has its inputs first, used or not, and its outputs by name in order", () => {
    const program = leastSquares();
    expect(program.nodes.slice(0, 5).map(({ attributes }) => attributes["name"])).toEqual(["w", "b", "x", "y", "rows"]);
    expect(Object.keys(program.outputs)).toEqual(["gradient/b", "gradient/w", "loss"]);
    program.nodes.forEach((node, i) => {
      expect(node.inputs.every((from) => from < i)).toBe(true);
    });
  });

  test("survives its own text, and so does its hash", () => {
    const program = leastSquares();
    expect(decoded(program)).toEqual(program);
    expect(encodeProgram(decoded(program))).toEqual(encodeProgram(program));
  });

  test("has one text and one hash, however its outputs were ordered and whoever built it", () => {
    const [first, second] = [leastSquares(), leastSquares()];
    expect(second.hash).toBe(first.hash);
    const x = g.input("x", [2]);
    const declared: ProgramInput[] = [{ name: "x", role: "batch", shape: [2], dtype: "real" }];
    const one = defineProgram({ inputs: declared, outputs: { a: g.exp(x), b: g.negate(x) } });
    const other = defineProgram({ inputs: declared, outputs: { b: g.negate(x), a: g.exp(x) } });
    expect(other.hash).toBe(one.hash);
  });

  test("has the text and the hash it had when the format was fixed", () => {
    const x = g.input("x", [2]);
    const program = defineProgram({
      inputs: [{ name: "x", role: "batch", shape: [2], dtype: "real" }],
      outputs: { y: g.multiply(g.exp(x), g.constant([0.1, -0], [2])), total: g.sumAll(x) },
    });
    expect(new TextDecoder().decode(encodeProgram(program))).toBe(
      '{"format":"tributary-program/1","inputs":[{"name":"x","role":"batch","shape":[2],"dtype":"real"}],' +
        '"nodes":[["sum",[0],{"axis":0}],["reshape",[1],{"shape":[]}],["exp",[0]],' +
        '["constant",[],{"data":[0.1,"-0"],"dtype":"real","shape":[2]}],["multiply",[3,4]]],"outputs":{"total":2,"y":5}}',
    );
    expect(program.hash).toBe("sha256:7c93dfe8cd617ab5d9337a7cb1384aacbc69563d39f3f72585f82253de782df5");
  });

  test("keeps −0, ±∞ and NaN among its constants", () => {
    const values = [-0, Infinity, -Infinity, NaN, 5e-324, 0.1, 1e308];
    const program = decoded(defineProgram({ inputs: [], outputs: { y: g.constant(values, [7]) } }));
    const engine = createReferenceEngine(program);
    engine.run();
    Array.from(engine.output("y")).forEach((value, i) => {
      expect(value).toBe(values[i]);
    });
  });

  test("gives its graph back, to be built upon and differentiated", () => {
    const program = leastSquares();
    const { inputs, outputs } = graphOf(decoded(program));
    const again = gradient(outputs["loss"]!, [inputs["w"]!]);
    const values = { w: [1, 2, 3], b: [1], x: Array.from({ length: 15 }, (_, i) => i), y: [1, 2, 3, 4, 5] };
    const engine = createReferenceEngine(program);
    for (const [name, data] of Object.entries(values)) engine.input(name).set(data);
    engine.run();
    expect(evaluate([outputs["loss"]!, ...again], values)).toEqual([
      Array.from(engine.output("loss")),
      Array.from(engine.output("gradient/w")),
    ]);
  });

  test("refuses a graph that reads what is not declared, or reads it as something else", () => {
    const sum = g.add(g.input("x", [2]), g.input("z", [2]));
    const define =
      (...declared: ProgramInput[]) =>
      () =>
        defineProgram({ inputs: declared, outputs: { sum } });
    const x: ProgramInput = { name: "x", role: "batch", shape: [2], dtype: "real" };
    expect(define(x)).toThrow('The graph reads "z", which is not declared');
    expect(define({ ...x, shape: [3] }, { ...x, name: "z" })).toThrow('Expected "x" to be real [3], got real [2]');
    expect(define(x, x, { ...x, name: "z" })).toThrow('Two inputs are named "x"');
  });
});

describe("an engine", () => {
  test("refuses a name it does not know, and says which it knows", () => {
    const engine = createReferenceEngine(leastSquares());
    expect(() => engine.input("z")).toThrow('Unknown program input "z": expected one of w, b, x, y, rows');
    expect(() => engine.output("z")).toThrow(
      'Unknown program output "z": expected one of gradient/b, gradient/w, loss',
    );
  });
});

describe("the cost of a program", () => {
  test("counts a dense layer's multiplications and additions: 2·M·N·K", () => {
    const inputs: ProgramInput[] = [
      { name: "x", role: "batch", shape: [10, 784], dtype: "real" },
      { name: "w", role: "parameter", shape: [784, 200], dtype: "real" },
    ];
    const y = g.matmul(g.input("x", [10, 784]), g.parameter("w", [784, 200]));
    const cost = costOf(defineProgram({ inputs, outputs: { y } }));
    expect(cost.flops).toBe(2 * 10 * 784 * 200);
    expect(cost.parameterBytes).toBe(4 * 784 * 200);
    expect(cost.inputBytes).toBe(4 * 10 * 784);
    expect(cost.activationBytes).toBe(4 * 10 * 200);
  });

  test("counts a result as long as it is needed, and an alias not at all", () => {
    const x = g.input("x", [1000]);
    let chain = x;
    for (let i = 0; i < 9; i++) chain = g.reshape(g.exp(chain), i % 2 === 0 ? [10, 100] : [1000]);
    const program = defineProgram({
      inputs: [{ name: "x", role: "batch", shape: [1000], dtype: "real" }],
      outputs: { chain },
    });
    expect(costOf(program).activationBytes).toBe(2 * 4000); // one result and the one it is made from
    expect(costOf(program, "float64").activationBytes).toBe(2 * 8000);
  });
});
