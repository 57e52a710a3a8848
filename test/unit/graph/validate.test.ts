import { describe, expect, test } from "vitest";
import { TributaryError } from "../../../shared/errors.ts";
import * as g from "../../../shared/graph/build.ts";
import { decodeProgram } from "../../../shared/graph/decoding.ts";
import type { Program } from "../../../shared/graph/program.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import type { ProgramLimits } from "../../../shared/graph/validate.ts";
import { validateProgram } from "../../../shared/graph/validate.ts";

const x = { name: "x", role: "batch", shape: [4], dtype: "real" };

/** What is said of a program given as plain JSON. */
function refusal(claims: Record<string, unknown>, limits: Partial<ProgramLimits> = {}): string {
  const text = JSON.stringify({ format: "tributary-program/1", inputs: [x], nodes: [], outputs: {}, ...claims });
  return said(() => decodeProgram(new TextEncoder().encode(text), limits));
}
function said(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof TributaryError && error.code === "invalid-program") return error.message;
    throw error;
  }
  return "accepted";
}

describe("a program from elsewhere", () => {
  test("that is right is accepted", () => {
    expect(refusal({ nodes: [["exp", [0]]], outputs: { y: 1 } })).toBe("accepted");
  });

  test.each([
    ["an unknown operation", { nodes: [["eval", [0]]] }, 'node 1: "eval" is not in the table of operations'],
    ["an operation named like a method", { nodes: [["constructor", [0]]] }, '"constructor" is not in the table'],
    ["a wrong number of inputs", { nodes: [["exp", [0, 0]]] }, "node 1: exp: Expected 1 inputs, got 2"],
    [
      "a forward reference",
      {
        nodes: [
          ["exp", [2]],
          ["exp", [0]],
        ],
      },
      "node 1: exp: Expected inputs that are earlier nodes, got 2",
    ],
    ["a reference to itself", { nodes: [["exp", [1]]] }, "Expected inputs that are earlier nodes, got 1"],
    ["a negative reference", { nodes: [["exp", [-1]]] }, "nodes.0"],
    [
      "shapes that do not fit",
      { nodes: [["reshape", [0], { shape: [5] }]] },
      "node 1: reshape: Expected a shape of 4 elements for [4], got [5]",
    ],
    [
      "a non-finite attribute",
      { nodes: [["reshape", [0], { shape: ["Infinity"] }]] },
      "reshape: Expected shape to be a list of at most 8 integers ≥ 0",
    ],
    [
      "a fractional attribute",
      { nodes: [["sum", [0], { axis: 0.5 }]] },
      "sum: Expected axis to be an integer ≥ 0, got 0.5",
    ],
    [
      "an attribute named like a method",
      { nodes: [["sum", [0], { axis: "toString" }]] },
      'Expected axis to be an integer ≥ 0, got "toString"',
    ],
    ["an unknown attribute", { nodes: [["exp", [0], { code: "1" }]] }, 'exp: Unknown attribute "code": expected none'],
    ["a missing attribute", { nodes: [["sum", [0]]] }, "sum: Expected axis to be an integer ≥ 0, got nothing"],
    [
      "sizes that overflow",
      { inputs: [{ ...x, shape: [2 ** 40, 2 ** 40, 2 ** 40] }] },
      'input "x": input: Expected at most 2147483647 elements',
    ],
    [
      "sizes that overflow to zero",
      { inputs: [{ ...x, shape: [2 ** 52, 2 ** 52, 0] }] },
      "Expected at most 2147483647 elements",
    ],
    [
      "an input among the nodes",
      { nodes: [["input", [], { name: "z", shape: [1], dtype: "real" }]] },
      "Expected inputs among the program's inputs",
    ],
    ["two inputs of one name", { inputs: [x, x] }, 'Two inputs are named "x"'],
    ["a scope on a batch", { inputs: [{ ...x, scope: "local" }] }, "Expected a scope of parameters only, got a batch"],
    [
      "an index parameter",
      { inputs: [{ ...x, role: "parameter", dtype: "index" }] },
      "Expected a parameter to be real",
    ],
    ["an unknown dtype", { inputs: [{ ...x, dtype: "float16" }] }, "inputs.0.dtype"],
    ["an output that is no node", { outputs: { y: 7 } }, 'output "y": Expected a node below 1, got 7'],
    ["another format", { format: "tributary-program/2" }, "format"],
    ["an unknown key", { code: "process.exit()" }, "code"],
    [
      "a constant of another length",
      { nodes: [["constant", [], { data: [1, 2], shape: [3], dtype: "real" }]] },
      "got 2 numbers",
    ],
  ])("with %s is refused", (_, claims, message) => {
    expect(refusal(claims)).toContain(message);
  });

  test("is refused with all its problems at once, each said once", () => {
    const problems = refusal({
      nodes: [
        ["eval", [0]],
        ["exp", [1]],
        ["sum", [0], { axis: 3 }],
      ],
      outputs: { y: 9 },
    });
    expect(problems.split("\n")).toEqual([
      'node 1: "eval" is not in the table of operations',
      "node 3: sum: Expected an axis of [4], got axis 3",
      'output "y": Expected a node below 4, got 9',
    ]);
  });

  test("is refused beyond the bounds on nodes, memory, arithmetic and bytes", () => {
    const nodes = Array.from({ length: 20 }, (_, i) => ["exp", [i]]);
    expect(refusal({ nodes }, { nodes: 10 })).toBe("Expected at most 10 nodes, got 21");
    const large = {
      nodes: [
        ["reshape", [0], { shape: [4, 1] }],
        ["expand", [1], { axis: 1, size: 100_000_000 }],
      ],
      outputs: { y: 2 },
    };
    expect(refusal(large, { memoryBytes: 1e9 })).toBe("Expected at most 1000000000 bytes of memory, got 3200000032");
    const costly = {
      inputs: [{ ...x, shape: [1000, 1000] }],
      nodes: [["matmul", [0, 0], { transposeA: false, transposeB: false }]],
    };
    expect(refusal(costly, { flops: 1e9 })).toBe(
      "Expected at most 1000000000 floating-point operations, got 2000000000",
    );
    expect(refusal({}, { encodedBytes: 10 })).toMatch(/^Expected at most 10 bytes, got \d+$/);
  });

  test("that is no JSON, or no UTF-8, is refused", () => {
    expect(said(() => decodeProgram(new TextEncoder().encode("{")))).toContain("Expected a program in JSON");
    expect(said(() => decodeProgram(Uint8Array.of(0xff, 0xfe)))).toContain("Expected a program in JSON");
    expect(said(() => decodeProgram(new TextEncoder().encode("[".repeat(100_000))))).toContain(
      "Expected a program in JSON",
    );
  });
});

describe("validateProgram", () => {
  const program = defineProgram({
    inputs: [{ name: "x", role: "batch", shape: [4], dtype: "real" }],
    outputs: { y: g.exp(g.input("x", [4])) },
  });
  const tampered = (change: Partial<Program>): string =>
    said(() => {
      validateProgram({ ...program, ...change });
    });

  test("accepts what defineProgram made", () => {
    expect(tampered({})).toBe("accepted");
  });

  test("recomputes shapes and the hash, and refuses what only claims them", () => {
    const lying = program.nodes.with(1, { ...program.nodes[1]!, shape: [400] });
    expect(tampered({ nodes: lying })).toBe("node 1: Expected exp real [4], got exp real [400]");
    expect(tampered({ hash: "sha256:0" })).toBe(`Expected the hash ${program.hash}, got sha256:0`);
    const other = program.nodes.with(1, { ...program.nodes[1]!, operation: "negate" });
    expect(tampered({ nodes: other })).toMatch(/^Expected the hash/);
  });
});
