import { describe, expect, test } from "vitest";
import { arena, drawReals, misalignments, precisions } from "../../support/guarded-arena.ts";
import { drawOf, seed } from "../../support/draw.ts";

/** The product as gemm.ts defines it: blocks of 256 in k, each summed in ascending k, every operation rounded. */
function productOf(
  m: number,
  n: number,
  k: number,
  a: (i: number, p: number) => number,
  b: (p: number, j: number) => number,
  round: (x: number) => number,
): number[] {
  const c: number[] = [];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let total = 0;
      for (let from = 0; from < k; from += 256) {
        let sum = 0;
        for (let p = from; p < Math.min(k, from + 256); p++) sum = round(sum + round(a(i, p) * b(p, j)));
        total = from === 0 ? sum : round(total + sum);
      }
      c.push(total);
    }
  }
  return c;
}

const shapes = [
  [0, 3, 2], [3, 0, 2], [2, 3, 0], [1, 1, 1], [1, 5, 300], [5, 1, 300], [16, 1, 13], [13, 1, 16], [10, 10, 784], [40, 10, 10], [10, 20, 50],
  [7, 3, 4], [3, 13, 5], [2, 24, 9], [6, 12, 257], [33, 17, 256], [70, 9, 513], [130, 31, 20], [10, 100, 70], [49, 100, 3], [9, 520, 300], [2, 1030, 7],
] as const; // prettier-ignore
const layouts = [
  { name: "A·B", transposeA: 0, transposeB: 0 },
  { name: "Aᵀ·B", transposeA: 1, transposeB: 0 },
  { name: "A·Bᵀ", transposeA: 0, transposeB: 1 },
  { name: "Aᵀ·Bᵀ", transposeA: 1, transposeB: 1 },
];

describe.each(precisions)(`a matrix product in %s (SEED=${seed})`, (precision) => {
  test.each(layouts)("$name is the plain loop, bit for bit, at any address", ({ transposeA, transposeB }) => {
    const { unit } = drawOf(seed, "odd");
    for (const misalignment of misalignments) {
      const { real, space, scratch, run, values, round } = arena(precision, misalignment);
      for (const [m, n, k] of shapes) {
        for (const batch of [1, 2]) {
          const a = drawReals(unit, batch * m * k, round);
          const b = drawReals(unit, batch * k * n, round);
          const c = space(batch * m * n);
          const room = scratch(run("matmulScratch", m, n, k, transposeA, transposeB));
          run("matmul", batch, m, n, k, transposeA, transposeB, real(a), real(b), c, room);
          const expected = Array.from({ length: batch }, (_, s) => {
            const [ofA, ofB] = [s * m * k, s * k * n];
            const elementA = (i: number, p: number): number => a[ofA + (transposeA ? p * m + i : i * k + p)]!;
            const elementB = (p: number, j: number): number => b[ofB + (transposeB ? j * k + p : p * n + j)]!;
            return productOf(m, n, k, elementA, elementB, round);
          }).flat();
          expect(values(c, batch * m * n), `${batch} × [${m}, ${k}]·[${k}, ${n}] at +${misalignment}`).toEqual(
            expected,
          );
        }
      }
    }
  });

  test("gives a row the same bits alone and among others", () => {
    const { real, space, scratch, run, values, round } = arena(precision);
    const { unit } = drawOf(seed, "odd");
    const [m, n, k] = [70, 21, 600];
    const a = drawReals(unit, m * k, round);
    const b = real(drawReals(unit, k * n, round));
    const together = space(m * n);
    run("matmul", 1, m, n, k, 0, 0, real(a), b, together, scratch(run("matmulScratch", m, n, k, 0, 0)));
    for (const i of [0, 1, 37, 64, 69]) {
      const alone = space(n);
      const room = scratch(run("matmulScratch", 1, n, k, 0, 0));
      run("matmul", 1, 1, n, k, 0, 0, real(a.slice(i * k, (i + 1) * k)), b, alone, room);
      expect(values(alone, n)).toEqual(values(together + i * n * (precision === "float32" ? 4 : 8), n));
    }
  });

  test("stays within its scratch when both k and n are long", () => {
    const { real, space, scratch, run, values, round } = arena(precision);
    const { unit } = drawOf(seed, "odd");
    const [m, n, k] = [1, 519, 20_000];
    const a = drawReals(unit, m * k, round);
    const b = drawReals(unit, k * n, round);
    const c = space(m * n);
    run("matmul", 1, m, n, k, 0, 0, real(a), real(b), c, scratch(run("matmulScratch", m, n, k, 0, 0)));
    const elementB = (p: number, j: number): number => b[p * n + j]!;
    expect(values(c, m * n)).toEqual(productOf(m, n, k, (_, p) => a[p]!, elementB, round));
  });

  test("keeps infinities and NaN where they belong: in their own row or column", () => {
    const { real, space, scratch, run, values } = arena(precision);
    const [m, n, k] = [9, 11, 5];
    const a = new Float64Array(m * k).fill(1);
    const b = new Float64Array(k * n).fill(1);
    a[2 * k + 1] = NaN;
    b[3 * n + 10] = Infinity;
    const c = space(m * n);
    run("matmul", 1, m, n, k, 0, 0, real(a), real(b), c, scratch(run("matmulScratch", m, n, k, 0, 0)));
    values(c, m * n).forEach((value, at) => {
      expect(value).toBe(Math.floor(at / n) === 2 ? NaN : at % n === 10 ? Infinity : k);
    });
  });
});
