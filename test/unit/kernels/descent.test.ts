import { describe, expect, test } from "vitest";
import { planFor } from "../../../shared/kernels/engine.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import type { Instruction } from "../../../shared/kernels/plan/code.ts";
import { descentOf } from "../../../shared/kernels/training/descent.ts";
import { add, input, matmul, square, sumAll } from "../../../shared/graph/build.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import { arena, drawReals, misalignments, precisions } from "../../support/guarded-arena.ts";
import { drawOf, seed } from "../../support/draw.ts";
import { mlpStep } from "../../support/train-steps.ts";

const shapes = [
  [0, 3, 2], [3, 0, 2], [3, 2, 0], [1, 1, 1], [13, 2, 16], [784, 10, 10], [10, 200, 10], [40, 33, 10], [7, 9, 300], [12, 40, 520], [1, 5, 3], [5, 1, 3],
] as const; // prettier-ignore

describe.each(precisions)(`a product as a step of descent in %s (SEED=${seed})`, (precision) => {
  test.each([
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ])("with transposes %i, %i adds (−rate·op(b)) or (−rate·op(a)) block by block onto c", (transposeA, transposeB) => {
    const { unit } = drawOf(seed, "odd");
    for (const misalignment of misalignments) {
      const { real, space, scratch, run, values, round } = arena(precision, misalignment);
      for (const [m, n, k] of shapes) {
        const [a, b, before] = [
          drawReals(unit, m * k, round),
          drawReals(unit, k * n, round),
          drawReals(unit, m * n, round),
        ];
        const c = real(before);
        const room = scratch(run("matmulScratch", m, n, k, transposeA, transposeB));
        run(
          "matmulDescend",
          m,
          n,
          k,
          transposeA,
          transposeB,
          0.05,
          real(a),
          real(b),
          c,
          space(Math.min(m, n) * k),
          room,
        );
        const rate = round(-0.05);
        const ofA = (i: number, p: number): number => a[transposeA ? p * m + i : i * k + p]!;
        const ofB = (p: number, j: number): number => b[transposeB ? j * k + p : p * n + j]!;
        const expected = before.slice();
        for (let at = 0; at < m * n; at++) {
          const [i, j] = [Math.floor(at / n), at % n];
          for (let from = 0; from < k; from += 256) {
            let sum = 0;
            for (let p = from; p < Math.min(k, from + 256); p++) {
              const [x, y] = m < n ? [round(rate * ofA(i, p)), ofB(p, j)] : [ofA(i, p), round(rate * ofB(p, j))];
              sum = round(sum + round(x * y));
            }
            expected[at] = round(expected[at]! + sum);
          }
        }
        expect(values(c, m * n), `[${m}, ${k}]·[${k}, ${n}] at +${misalignment}`).toEqual([...expected]);
      }
    }
  });
});

describe("descent inside a program", () => {
  const heap = Heap.create();
  const named = (instructions: readonly Instruction[], name: string): number =>
    instructions.filter((one) => one.name === name).length;

  test("takes the step of every weight whose gradient is a product", () => {
    const plan = planFor(mlpStep(4, [6, 5, 3]), { precision: "float32", heap });
    const { instructions, stepped } = descentOf(plan, heap, 64);
    expect([...stepped].sort()).toEqual(["1/weight", "2/weight"]);
    expect(named(instructions, "matmulDescend")).toBe(2);
    expect(named(instructions, "matmul")).toBe(named(plan.instructions, "matmul") - 2);
  });

  test("leaves a weight alone that a later instruction reads, and a gradient that is more than one product", () => {
    const [w, u, x] = [input("w", [3, 2]), input("u", [3, 2]), input("x", [4, 3])];
    const numerator = sumAll(add(square(matmul(x, w)), square(matmul(x, u))));
    const [gw, gu] = gradient(numerator, [w, u]);
    const parameter = { role: "parameter", scope: "shared", shape: [3, 2], dtype: "real" } as const;
    const program = defineProgram({
      inputs: [
        { name: "w", ...parameter },
        { name: "u", ...parameter },
        { name: "x", role: "batch", shape: [4, 3], dtype: "real" },
      ],
      outputs: { "gradient/w": gw!, "gradient/u": add(gu!, u), "metric/m/after": sumAll(square(add(gw!, w))) },
    });
    const { stepped } = descentOf(planFor(program, { precision: "float64", heap }), heap, 64);
    expect([...stepped]).toEqual([]);
  });
});
